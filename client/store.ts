// Where a device keeps what must survive: ordered tables of bytes, written in atomic batches. SQLite in
// Node, IndexedDB in the browser, a Map in tests; the engine above knows only this.
import { concat } from '../protocol/bytes.ts'

export const TABLES = [
  'meta',
  'entries',
  'shelves',
  'keys',
  'prekeys',
  'seen',
  'wraps',
  'locked',
  'news',
  'problems',
  'alarms',
  'heads',
  'contrary',
  'names',
  'later',
  'outbox',
  'uploads',
  'snapshot',
  'audit',
  'running',
  'receipts',
  /** What its screens keep for themselves: drafts, own answers, settings. Nothing of it travels. */
  'local',
] as const
export type Table = (typeof TABLES)[number]

/** `value` null: delete. */
export type Write = { table: Table; key: Uint8Array; value: Uint8Array | null }
export type Row = { key: Uint8Array; value: Uint8Array }

export interface Store {
  get(table: Table, key: Uint8Array): Promise<Uint8Array | null>
  /** Rows whose key begins with `prefix`, ascending. */
  list(table: Table, prefix?: Uint8Array): Promise<Row[]>
  /** The highest key of a table, or null. */
  last(table: Table): Promise<Uint8Array | null>
  /** The highest key of each beginning of `length` bytes, ascending: no other key is looked at. */
  lasts(table: Table, length: number): Promise<Uint8Array[]>
  /** All or nothing, and on disk when it resolves. */
  commit(writes: Write[]): Promise<void>
  /** Runs `work` while no other process or tab works on the same store. */
  exclusive<T>(work: () => Promise<T>): Promise<T>
  /** Changes whenever another process has committed: what is in memory is old then. */
  foreignVersion(): number
  close(): Promise<void>
}

export const key = concat

export function put(table: Table, at: Uint8Array, value: Uint8Array): Write {
  return { table, key: at, value }
}

export function drop(table: Table, at: Uint8Array): Write {
  return { table, key: at, value: null }
}

/** One after the other: what `exclusive` means inside one process. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work, work)
    this.#last = next.catch(() => {})
    return next
  }
}
