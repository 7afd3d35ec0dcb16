// What the box holds for single devices, outside any log: prekeys, wraps of epoch keys, receipts and
// parcels.
import { asId, type DeviceId, type EpochId, type LogId } from '../../protocol/ids.ts'
import type { Db } from './database.ts'
import { plain, type Prepare, preparing } from './statements.ts'

const PUT_PREKEY = `INSERT INTO prekeys (device, pkid, bytes) VALUES (?, ?, ?)
  ON CONFLICT (device) DO UPDATE SET pkid = excluded.pkid, bytes = excluded.bytes WHERE excluded.pkid >= prekeys.pkid`
const GET_PREKEY = 'SELECT bytes FROM prekeys WHERE device = ?'
const PUT_WRAP = `INSERT OR REPLACE INTO wraps (device, log, epoch, gen, sealer, bytes)
  VALUES (?, ?, ?, ?, ?, ?)`
const WRAPS_AFTER =
  'SELECT id, log, epoch, gen, bytes FROM wraps WHERE device = ? AND id > ? ORDER BY id LIMIT ?'
const PUT_RECEIPT = `INSERT INTO receipts (log, device, upto, bytes) VALUES (?, ?, ?, ?)
  ON CONFLICT (log, device) DO UPDATE SET upto = excluded.upto, bytes = excluded.bytes WHERE excluded.upto >= receipts.upto`
const RECEIPTS = 'SELECT bytes FROM receipts WHERE log = ?'
const PUT_PARCEL = 'INSERT INTO parcels (device, bytes) VALUES (?, ?)'
const PARCELS = 'SELECT id, bytes FROM parcels WHERE device = ? ORDER BY id LIMIT ?'
const COUNT_PARCELS = 'SELECT count(*) AS count FROM parcels WHERE device = ?'
const DROP_PARCEL = 'DELETE FROM parcels WHERE device = ? AND id = ?'

export type WrapRow = { id: number; log: LogId; epoch: EpochId; gen: number; bytes: Uint8Array }

export type NewWrap = Omit<WrapRow, 'id'> & { device: DeviceId }

export class Mailbox {
  readonly #statement: Prepare

  constructor(db: Db) {
    this.#statement = preparing(db)
  }

  /** An older prekey never replaces a newer one. */
  putPrekey(device: DeviceId, pkid: number, bytes: Uint8Array): void {
    this.#statement(PUT_PREKEY).run(device, pkid, bytes)
  }

  prekey(device: DeviceId): Uint8Array | null {
    const row = this.#statement(GET_PREKEY).get(device) as { bytes: Uint8Array } | undefined
    return row === undefined ? null : plain(row.bytes)
  }

  /** The row's id, by which readers follow. Nobody replaces a wrap that somebody else has sealed. */
  putWrap({ device, log, epoch, gen, bytes }: NewWrap, sealer: DeviceId): number {
    const { lastInsertRowid } = this.#statement(PUT_WRAP).run(
      device,
      log,
      epoch,
      gen,
      sealer,
      bytes,
    )
    return Number(lastInsertRowid)
  }

  wrapsAfter(device: DeviceId, after: number, limit: number): WrapRow[] {
    type Raw = { id: number; log: Uint8Array; epoch: Uint8Array; gen: number; bytes: Uint8Array }
    const rows = this.#statement(WRAPS_AFTER).all(device, after, limit) as Raw[]
    return rows.map(({ id, log, epoch, gen, bytes }) => ({
      id,
      log: asId<LogId>(plain(log)),
      epoch: asId<EpochId>(plain(epoch)),
      gen,
      bytes: plain(bytes),
    }))
  }

  putReceipt(log: LogId, device: DeviceId, upto: number, bytes: Uint8Array): void {
    this.#statement(PUT_RECEIPT).run(log, device, upto, bytes)
  }

  receipts(log: LogId): Uint8Array[] {
    return (this.#statement(RECEIPTS).all(log) as { bytes: Uint8Array }[]).map((row) =>
      plain(row.bytes),
    )
  }

  putParcel(device: DeviceId, bytes: Uint8Array): number {
    return Number(this.#statement(PUT_PARCEL).run(device, bytes).lastInsertRowid)
  }

  parcelCount(device: DeviceId): number {
    return (this.#statement(COUNT_PARCELS).get(device) as { count: number }).count
  }

  parcels(device: DeviceId, limit: number): { id: number; bytes: Uint8Array }[] {
    const rows = this.#statement(PARCELS).all(device, limit) as { id: number; bytes: Uint8Array }[]
    return rows.map((row) => ({ id: row.id, bytes: plain(row.bytes) }))
  }

  dropParcel(device: DeviceId, id: number): void {
    this.#statement(DROP_PARCEL).run(device, id)
  }
}
