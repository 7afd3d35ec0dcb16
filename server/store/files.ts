// What the box knows of files: whose they are, how large, and which of their parts are on disk. The bytes
// lie beside the database (blobs.ts).
import type { DeviceId, Hash, LogId } from '../../protocol/ids.ts'
import type { Db } from './database.ts'
import { plain, type Prepare, preparing } from './statements.ts'

const OPEN = `INSERT INTO files (log, file, size, parts, device, touched) VALUES (?, ?, ?, ?, ?, ?)`
const FIND = 'SELECT id, size, parts, device FROM files WHERE log = ? AND file = ?'
const HELD = 'SELECT coalesce(sum(size), 0) AS bytes FROM files WHERE device = ?'
const HELD_IN_ALL = 'SELECT coalesce(sum(size), 0) AS bytes FROM files'
const PARTS = 'SELECT part FROM file_parts WHERE file = ? ORDER BY part'
const PART = 'SELECT hash FROM file_parts WHERE file = ? AND part = ?'
const PUT_PART = 'INSERT OR IGNORE INTO file_parts (file, part, hash) VALUES (?, ?, ?)'
const TOUCH = 'UPDATE files SET touched = ? WHERE id = ?'
const DROP = 'DELETE FROM files WHERE id = ?'
const ABANDONED = `SELECT id FROM files WHERE touched < ? AND parts >
  (SELECT count(*) FROM file_parts WHERE file_parts.file = files.id)`
const ALL = 'SELECT id FROM files'
const SIZE = 'SELECT size FROM files WHERE id = ?'

export type FileRow = { id: number; size: number; parts: number; device: DeviceId }

export class FileTable {
  readonly #statement: Prepare

  constructor(db: Db) {
    this.#statement = preparing(db)
  }

  /** The row's id, under which the bytes lie. `now` in milliseconds. */
  open(log: LogId, file: Hash, row: Omit<FileRow, 'id'>, now: number): number {
    const { size, parts, device } = row
    return Number(this.#statement(OPEN).run(log, file, size, parts, device, now).lastInsertRowid)
  }

  find(log: LogId, file: Hash): FileRow | null {
    const row = this.#statement(FIND).get(log, file) as FileRow | undefined
    return row === undefined ? null : { ...row, device: plain(row.device) }
  }

  /** Bytes that a device has announced or stored. */
  heldBy(device: DeviceId): number {
    return (this.#statement(HELD).get(device) as { bytes: number }).bytes
  }

  heldInAll(): number {
    return (this.#statement(HELD_IN_ALL).get() as { bytes: number }).bytes
  }

  parts(id: number): number[] {
    return (this.#statement(PARTS).all(id) as { part: number }[]).map(({ part }) => part)
  }

  partHash(id: number, part: number): Uint8Array | null {
    const row = this.#statement(PART).get(id, part) as { hash: Uint8Array } | undefined
    return row === undefined ? null : plain(row.hash)
  }

  /** Sealed bytes of all its parts. */
  sizeOf(id: number): number {
    return (this.#statement(SIZE).get(id) as { size: number }).size
  }

  /** Call when the bytes are on disk. */
  putPart(id: number, part: number, hash: Uint8Array, now: number): void {
    this.#statement(PUT_PART).run(id, part, hash)
    this.#statement(TOUCH).run(now, id)
  }

  drop(id: number): void {
    this.#statement(DROP).run(id)
  }

  /** Uploads that were never finished and have not moved since `before`. */
  abandoned(before: number): number[] {
    return (this.#statement(ABANDONED).all(before) as { id: number }[]).map(({ id }) => id)
  }

  all(): number[] {
    return (this.#statement(ALL).all() as { id: number }[]).map(({ id }) => id)
  }
}
