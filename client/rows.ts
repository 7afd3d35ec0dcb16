// The rows of a device's store, each with its codec. Local only: nothing here travels.
import {
  blob,
  type Decoded,
  fixed,
  list,
  oneOf,
  struct,
  text,
  u16,
  u32,
  u64,
  u8,
} from '../protocol/codec.ts'
import {
  asId,
  deviceId,
  type DeviceId,
  epochId,
  hash32,
  logId,
  messageId,
  orgId,
  personId,
  type LogId,
} from '../protocol/ids.ts'
import { BOX_HEAD_BYTES } from '../protocol/box-report.ts'
import { concat, u64be } from '../protocol/bytes.ts'
import { ensure } from '../protocol/errors.ts'
import { gapList } from '../protocol/gaps.ts'
import { EPOCH_WRAP_BYTES, MAX_ENTRY, MAX_REQUEST } from '../protocol/limits.ts'

export { readRow, writeRow } from './checked-rows.ts'

const MAX_ROW = MAX_REQUEST

/** Who this device is. `state` 0: keys are made, the box has not confirmed the enrolment yet. */
export const identityRow = struct({
  state: oneOf(1, [0, 1]),
  org: orgId,
  device: deviceId,
  person: personId,
  signSeed: fixed(32),
  rootPk: fixed(32),
  boxPk: fixed(32),
  dkVer: u16,
  dk: fixed(32),
  /** The directory place that the card vouched for. */
  dirN: u64,
  dirH: hash32,
  orgName: text(1, 120),
  box: text(2, 2048),
})
export type Identity = Decoded<typeof identityRow>

/** How far the reading of what came before a checkpoint has to go, and what has to come out of it. */
export const auditRow = struct({ target: u64, hash: hash32, failed: oneOf(1, [0, 1]) })
export type Audit = Decoded<typeof auditRow>

/** While joining: what has to be sent again, byte for byte, until the box confirms it. */
export const joiningRow = struct({
  lookup: fixed(16),
  request: blob(4, MAX_ROW),
  rootSeed: blob(1, 32),
})

/**
 * How an entry of a log stands on this device. `late`: an answer that came when its signer was known to be
 * removed: given before or after, nobody can tell.
 */
export const STANDING = { ok: 1, refused: 2, stub: 3, locked: 4, late: 5 } as const
export type Standing = (typeof STANDING)[keyof typeof STANDING]
export const entryRow = struct({
  standing: oneOf(1, Object.values(STANDING)),
  h: hash32,
  /** The header and payload as received, or a stub. */
  bytes: blob(4, MAX_ENTRY),
})
export type EntryRow = Decoded<typeof entryRow>

export const keyRow = struct({ channel: logId, gen: u16, ak: fixed(32) })
export const prekeyRow = struct({ seed: fixed(32), madeAt: u64, replacedAt: u64 })
export const wrapRow = struct({ log: logId, wrap: fixed(EPOCH_WRAP_BYTES) })
/** A wrap that streams behind its announce or extension, and when it was made. */
export const laterRow = struct({
  log: logId,
  epoch: epochId,
  gen: u16,
  wrap: fixed(EPOCH_WRAP_BYTES),
  t: u64,
})
export type LaterWrap = Decoded<typeof laterRow>
export const problemRow = struct({ code: text(1, 40), detail: text(2, 400), t: u64 })

/** sealed is empty until the drain has sealed it; failure is an error code once the box has refused. */
export const outboxRow = struct({
  log: logId,
  kind: u8,
  mid: messageId,
  ttl: u32,
  plain: blob(4, MAX_ROW),
  sealed: blob(4, MAX_ROW),
  failure: text(1, 40),
})
export type OutboxRow = Decoded<typeof outboxRow>
/** The last receipt that was sent for a channel. */
export const receiptRow = struct({ upto: u64, gaps: gapList })
/** The newest head of a log that the box has signed and that agrees with this device's chain. */
export const headRow = struct({ n: u64, head: fixed(BOX_HEAD_BYTES) })
/** Signed bytes that contradict this device's chain, and the index they speak of. */
export const contraryRow = struct({ n: u64, signed: blob(4, MAX_ENTRY) })
export const countRow = struct({ value: u64 })
/** Logs that the box has turned back, and where the directory stood when that was noticed. */
export const distrustRow = struct({ n: u64, logs: list(2, 65_535, logId) })
export type Distrust = Decoded<typeof distrustRow>
/** Logs of which a restored box lacks what this device holds, for good, and where they stood here. */
export const lostRow = struct({ logs: list(2, 65_535, struct({ log: logId, n: u64 })) })

/** A name or title that was told inside a channel. */
export const nameRow = struct({ name: text(2, 1024) })
/** A part of something large. */
export const pieceRow = struct({ bytes: blob(4, MAX_ROW) })

/** The place that a key begins with: of an entry, a problem, a piece of news. */
export function readPlace(key: Uint8Array): { log: LogId; n: number } {
  ensure(key.length >= PLACE_BYTES, 'database_damaged', 'a place')
  const n = new DataView(key.slice(16, PLACE_BYTES).buffer).getBigUint64(0)
  return { log: asId<LogId>(key.slice(0, 16)), n: Number(n) }
}
const PLACE_BYTES = 24

/** A release that a device says it runs; by device and place of the directory. */
export const runningRow = struct({ refN: u64, dkVer: u16, sealed: blob(1, 104) })
/** `of`: a log, or a device of which something stands there. */
export function placeKey(of: LogId | DeviceId, n: number): Uint8Array {
  return concat(of, u64be(n))
}
