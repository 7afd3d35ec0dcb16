// Each statement is prepared once per database, at its first use.
import type { Statement } from 'better-sqlite3'
import type { Db } from './database.ts'

export type Prepare = (sql: string) => Statement

export function preparing(db: Db): Prepare {
  const prepared = new Map<string, Statement>()
  return (sql) => {
    const known = prepared.get(sql) ?? db.prepare(sql)
    prepared.set(sql, known)
    return known
  }
}

/** SQLite gives Buffers; plain views keep `Buffer`'s other methods out of the protocol. */
export function plain<T extends Uint8Array>(bytes: T): T {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) as T
}
