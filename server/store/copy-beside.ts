// What stands beside the logs, from a damaged database into a new one: row by row, as far as it fits there.
import Database from 'better-sqlite3'
import { isSound } from './checkpoints.ts'
import type { Db } from './database.ts'
import { readable, type Row } from './readable.ts'
import { type Prepare, preparing } from './statements.ts'

/** Those that others refer to first. */
const TABLES = [
  'cards',
  'prekeys',
  'wraps',
  'receipts',
  'parcels',
  'files',
  'file_parts',
  'subscriptions',
]

/** `directory`: how many of its entries stand; a snapshot of later says what has not happened yet. */
export function copyBeside(old: Db, fresh: Db, directory: number): void {
  const statement = preparing(fresh)
  for (const table of TABLES) for (const row of readable(old, table)) put(statement, table, row)
  for (const row of readable(old, 'checkpoints'))
    if (Number(row['n']) <= directory && isSound(row as Parameters<typeof isSound>[0]))
      put(statement, 'checkpoints', row)
}

/** What a turned bit has made of it may contradict another row, or what the table takes. */
function put(statement: Prepare, table: string, row: Row): void {
  const columns = Object.entries(row).filter(([name]) => name !== 'at')
  const names = columns.map(([name]) => name)
  const places = names.map(() => '?').join(', ')
  const insert = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${places})`
  try {
    statement(insert).run(...columns.map(([, value]) => value))
  } catch (error) {
    if (!(error instanceof Database.SqliteError) || !/CONSTRAINT/.test(error.code)) throw error
  }
}
