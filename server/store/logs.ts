// Logs and their entries. A log is append-only and dense: entry n stands behind entry n - 1.
import type { Head, Stub } from '../../protocol/chain.ts'
import type { Entry } from '../../protocol/entry.ts'
import {
  asId,
  type DeviceId,
  type EntryId,
  type Hash,
  type LogId,
  type MessageId,
} from '../../protocol/ids.ts'
import { isMessageKind, type Kind } from '../../protocol/kinds.ts'
import type { Db } from './database.ts'
import { plain, type Prepare, preparing } from './statements.ts'

const INSERT_LOG = 'INSERT INTO logs (id, kind, parent, head_n, head_h) VALUES (?, ?, ?, 0, ?)'
const LOG_EXISTS = 'SELECT 1 FROM logs WHERE id = ?'
const HEAD = 'SELECT head_n AS n, head_h AS h FROM logs WHERE id = ?'
const LIST_LOGS = 'SELECT id, kind, parent, head_n AS n, head_h AS h FROM logs ORDER BY rowid'
const UPDATE_HEAD = 'UPDATE logs SET head_n = ?, head_h = ? WHERE id = ?'
const INSERT_ENTRY = `INSERT INTO entries (log, n, kind, id, subject, signer, mid, h, header, payload)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
const PLACE_BY_ID = 'SELECT n FROM entries WHERE log = ? AND id = ?'
const PLACE_BY_MID = 'SELECT n, id FROM entries WHERE log = ? AND signer = ? AND mid = ?'
const HASH_AT = 'SELECT h FROM entries WHERE log = ? AND n = ?'
const RANGE = `SELECT n, kind, id, subject, header, payload FROM entries
  WHERE log = ? AND n BETWEEN ? AND ? ORDER BY n LIMIT ?`
const STRUCTURE = `SELECT n, kind, id, subject, header, payload FROM entries WHERE log = ? AND (kind < 64 OR kind IN (65, 66)) ORDER BY n`
const ANSWERED =
  'SELECT n, kind, id, subject, header, payload FROM entries WHERE log = ? ORDER BY n'
const AFTER =
  'SELECT n, kind, id, subject, header, payload FROM entries WHERE log = ? AND n > ? ORDER BY n'
const FILL = 'UPDATE entries SET payload = ? WHERE log = ? AND n = ? AND payload IS NULL'
const HEADERS = 'SELECT header FROM entries WHERE log = ? AND n <= ? ORDER BY n'
const UPSERT_SEQ = `INSERT INTO seqs (log, device, seq) VALUES (?, ?, ?)
  ON CONFLICT (log, device) DO UPDATE SET seq = excluded.seq`
const FOUND_BY = `SELECT signer, mid, h FROM entries
  WHERE log = ? AND n BETWEEN ? AND ? ORDER BY n LIMIT ?`
const LIST_SEQS = 'SELECT device, seq FROM seqs WHERE log = ?'

export type LogKind = 'directory' | 'channel' | 'answers'
export type LogRow = { id: LogId; kind: LogKind; parent: LogId | null; head: Head }
export type EntryRow = { n: number; stub: Stub; header: Uint8Array; payload: Uint8Array | null }
export type FoundBy = { signer: Uint8Array; mid: Uint8Array | null; h: Uint8Array }
type RawEntry = {
  n: number
  kind: Kind
  id: EntryId
  subject: Uint8Array
  header: Uint8Array
  payload: Uint8Array | null
}

function toEntryRow(row: RawEntry): EntryRow {
  const { n, kind, id, subject, header, payload } = row
  const stub = { kind, subject: plain(subject), id: plain(id) }
  return { n, stub, header: plain(header), payload: payload === null ? null : plain(payload) }
}

export class LogTable {
  readonly #statement: Prepare

  constructor(db: Db) {
    this.#statement = preparing(db)
  }

  create(id: LogId, kind: LogKind, parent: LogId | null, emptyHash: Hash): void {
    this.#statement(INSERT_LOG).run(id, kind, parent, emptyHash)
  }

  exists(id: LogId): boolean {
    return this.#statement(LOG_EXISTS).get(id) !== undefined
  }

  head(id: LogId): Head | null {
    const row = this.#statement(HEAD).get(id) as Head | undefined
    return row === undefined ? null : { n: row.n, h: plain(row.h) }
  }

  list(): LogRow[] {
    type Raw = { id: Uint8Array; kind: LogKind; parent: Uint8Array | null; n: number; h: Hash }
    const rows = this.#statement(LIST_LOGS).all() as Raw[]
    return rows.map(({ id, kind, parent, n, h }) => ({
      id: asId(plain(id)),
      kind,
      parent: parent === null ? null : asId(plain(parent)),
      head: { n, h: plain(h) },
    }))
  }

  /** Appends at the head that the caller has computed; both change together. */
  append(log: LogId, head: Head, entry: Entry, stub: Stub): void {
    const mid = isMessageKind(entry.kind) && 'mid' in entry.fields ? entry.fields.mid : null
    this.#statement(INSERT_ENTRY).run(
      log,
      head.n,
      entry.kind,
      entry.id,
      stub.subject,
      entry.prefix.signer,
      mid,
      head.h,
      entry.header,
      entry.payload,
    )
    this.#statement(UPDATE_HEAD).run(head.n, head.h, log)
  }

  placeOf(log: LogId, id: EntryId): number | null {
    const row = this.#statement(PLACE_BY_ID).get(log, id) as { n: number } | undefined
    return row?.n ?? null
  }

  placeOfMessage(
    log: LogId,
    signer: Uint8Array,
    mid: MessageId,
  ): { n: number; id: EntryId } | null {
    const row = this.#statement(PLACE_BY_MID).get(log, signer, mid) as
      | { n: number; id: EntryId }
      | undefined
    return row === undefined ? null : { n: row.n, id: plain(row.id) }
  }

  hashAt(log: LogId, n: number): Hash | undefined {
    const row = this.#statement(HASH_AT).get(log, n) as { h: Hash } | undefined
    return row === undefined ? undefined : plain(row.h)
  }

  range(log: LogId, from: number, to: number, limit: number): EntryRow[] {
    return (this.#statement(RANGE).all(log, from, to, limit) as RawEntry[]).map(toEntryRow)
  }

  /** What stands beside each entry so that it is found and its place is known: as it was computed when it came. */
  foundBy(log: LogId, from: number, to: number, limit: number): FoundBy[] {
    return this.#statement(FOUND_BY).all(log, from, to, limit) as FoundBy[]
  }

  /** What decides about members and keys, and the alerts: all but ordinary messages. */
  structure(log: LogId): EntryRow[] {
    return (this.#statement(STRUCTURE).all(log) as RawEntry[]).map(toEntryRow)
  }

  all(log: LogId): EntryRow[] {
    return (this.#statement(ANSWERED).all(log) as RawEntry[]).map(toEntryRow)
  }

  after(log: LogId, n: number): EntryRow[] {
    return (this.#statement(AFTER).all(log, n) as RawEntry[]).map(toEntryRow)
  }

  /** A payload that was missing; one that is there stays. */
  fillPayload(log: LogId, n: number, payload: Uint8Array): void {
    this.#statement(FILL).run(payload, log, n)
  }

  /** The headers of entries 1 to `n`. */
  headers(log: LogId, n: number): Uint8Array[] {
    const rows = this.#statement(HEADERS).all(log, n) as { header: Uint8Array }[]
    return rows.map(({ header }) => plain(header))
  }

  noteSeq(log: LogId, device: DeviceId, seq: number): void {
    this.#statement(UPSERT_SEQ).run(log, device, seq)
  }

  seqs(log: LogId): { device: DeviceId; seq: number }[] {
    const rows = this.#statement(LIST_SEQS).all(log) as { device: Uint8Array; seq: number }[]
    return rows.map(({ device, seq }) => ({ device: asId<DeviceId>(plain(device)), seq }))
  }
}
