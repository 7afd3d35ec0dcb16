// Rows of a damaged table: from its beginning up to the damage, and from its end down to it.
import Database from 'better-sqlite3'
import { ensure } from '../../protocol/errors.ts'
import type { Db } from './database.ts'
import type { Prepare } from './statements.ts'

/** `at`: the number of the row, in tables that number theirs. */
export type Row = Record<string, unknown>

/** By what a table is ordered, where its rows have no number of their own. */
const KEYS: Readonly<Record<string, string>> = {
  receipts: 'log, device',
  file_parts: 'file, part',
  subscriptions: 'device',
}

/** Without an index, which may be damaged where the rows are not. `columns`: of the rows; all. */
export function readable(db: Db, table: string, columns = '*'): Row[] {
  const key = KEYS[table]
  const [order, what] = key === undefined ? ['rowid', `rowid AS at, ${columns}`] : [key, columns]
  const name = (row: Row): string =>
    key === undefined
      ? String(row['at'])
      : key
          .split(', ')
          .map((one) => text(row[one]))
          .join(' ')
  const found = new Map<string, Row>()
  const read = (way: 'ASC' | 'DESC'): boolean => {
    const keys = order.split(', ').map((one) => `${one} ${way}`)
    const sql = `SELECT ${what} FROM ${table} NOT INDEXED ORDER BY ${keys.join(', ')}`
    return untilDamage(() => {
      for (const row of db.prepare(sql).iterate() as Iterable<Row>) {
        if (found.has(name(row))) return
        found.set(name(row), row)
      }
    })
  }
  if (read('ASC')) return [...found.values()]
  const fromFront = [...found.values()]
  read('DESC')
  return [...fromFront, ...[...found.values()].slice(fromFront.length).toReversed()]
}

/** Throws where SQLite cannot read it. */
export function rowAt(statement: Prepare, table: string, at: number): Row {
  const row = statement(`SELECT * FROM ${table} NOT INDEXED WHERE rowid = ?`).get(at)
  ensure(row !== undefined, 'database_damaged', `${table} ${at}`)
  return row as Row
}

const text = (value: unknown): string =>
  value instanceof Uint8Array ? value.toHex() : String(value)

/** False where SQLite has found damage. */
function untilDamage(work: () => void): boolean {
  try {
    work()
    return true
  } catch (error) {
    if (error instanceof Database.SqliteError) return false
    throw error
  }
}
