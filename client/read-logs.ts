// All logs of a device as its store holds them, in order: entries by their rows, and of what stands on shelves as
// much as a start needs.
import { toHex } from '../protocol/bytes.ts'
import { ensure } from '../protocol/errors.ts'
import { asId, type LogId } from '../protocol/ids.ts'
import { type EntryRow, entryRow, placeKey, readPlace, readRow } from './rows.ts'
import { firstOn, readShelf, type Shelved, shelfKey, shelfOf } from './shelves.ts'
import type { Row, Store } from './store.ts'

export type Kept = { n: number; row: EntryRow | Shelved }
/** `shelves`: how many of them the log has. */
export type KeptLog = { log: LogId; shelves: number; kept: Kept[] }

/** Bytes of a log's id, with which its places begin. */
const LOG = 16

export async function readLogs(store: Store): Promise<KeptLog[]> {
  const [shelved, lasts] = await Promise.all([store.list('shelves'), store.lasts('entries', LOG)])
  const shelves = grouped(shelved)
  if (shelves.size === 0) {
    const logs = grouped(await store.list('entries'))
    return [...logs].map(([log, rows]) => keptLog(log, 0, rows.map(keptOf)))
  }
  return Promise.all(
    lasts.map((key) => {
      const log = toHex(key.subarray(0, LOG))
      return readLog(store, log, readPlace(key).n, shelves.get(log) ?? [])
    }),
  )
}

const keptLog = (log: string, shelves: number, kept: Kept[]): KeptLog => ({
  log: asId<LogId>(Uint8Array.fromHex(log)),
  shelves,
  kept,
})

async function readLog(store: Store, hex: string, head: number, rows: Row[]): Promise<KeptLog> {
  const log = asId<LogId>(Uint8Array.fromHex(hex))
  if (rows.length === 0) return keptLog(hex, 0, (await store.list('entries', log)).map(keptOf))
  const shelved = rows.flatMap((row, i) => onShelf(row, i))
  const filled = shelved.map(({ n, row }) => fill(store, log, n, row))
  const later: Promise<Row[]>[] = []
  for (let at = rows.length; at <= shelfOf(head); at++)
    later.push(store.list('entries', shelfKey(log, at)))
  const rest = (await Promise.all(later)).flat().map(keptOf)
  return keptLog(hex, rows.length, [...(await Promise.all(filled)), ...rest])
}

const onShelf = (row: Row, index: number): { n: number; row: Shelved }[] =>
  readShelf(row, index).map((one, i) => ({ n: firstOn(index) + i, row: one }))

/** What is no message stands on its shelf as a gap. */
async function fill(store: Store, log: LogId, n: number, row: Shelved): Promise<Kept> {
  if (row.kind !== 0) return { n, row }
  const stored = await store.get('entries', placeKey(log, n))
  ensure(stored !== null, 'database_damaged', 'entry')
  return { n, row: readRow(entryRow, stored) }
}

const keptOf = ({ key, value }: Row): Kept => ({
  n: readPlace(key).n,
  row: readRow(entryRow, value),
})

function grouped(rows: Row[]): Map<string, Row[]> {
  const logs = new Map<string, Row[]>()
  for (const row of rows) {
    const log = toHex(row.key.subarray(0, LOG))
    const known = logs.get(log)
    if (known === undefined) logs.set(log, [row])
    else known.push(row)
  }
  return logs
}
