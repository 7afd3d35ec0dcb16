// The routes of the box: path, what goes in, what comes out. Both sides read this one table.
import { blob, type Codec, fixed, list, oneOf, struct, text, u16, u32, u64 } from './codec.ts'
import { fromUtf8 } from './bytes.ts'
import { BOX_HEAD_BYTES } from './box-report.ts'
import { stub } from './chain.ts'
import { deviceId, epochId, hash32, ID_BYTES, logId, orgId } from './ids.ts'
import {
  EPOCH_WRAP_BYTES,
  FILE_PART_CHUNKS,
  MAX_BATCH,
  MAX_ENTRY,
  MAX_REQUEST,
  MAX_WRAPS,
  SEALED_CHUNK_BYTES,
  SYNC_PAGE,
} from './limits.ts'
import { PREKEY_BYTES } from './prekey.ts'
import { MAX_RECEIPT } from './receipt.ts'
import { XWING_CIPHERTEXT_BYTES } from './sodium.ts'

export const MAX_PART = FILE_PART_CHUNKS * SEALED_CHUNK_BYTES
const lookup = fixed(ID_BYTES)
const prekey = fixed(PREKEY_BYTES)
const wraps = list(2, MAX_WRAPS, fixed(EPOCH_WRAP_BYTES))

/** One entry, with what the box keeps beside the log: a card's lookup hash and blob, an epoch's wraps. */
/** Stubs of 49 bytes: with them the box recomputes the chain, in requests of at most a mebibyte. */
export const MAX_REST = 10_000
const item = struct({ entry: blob(4, MAX_ENTRY), card: blob(2, 1024), wraps })
const items = list(2, MAX_BATCH, item)
const place = struct({ log: logId, n: u64 })
export const placed = struct({
  places: list(2, MAX_BATCH, place),
  heads: list(2, MAX_BATCH, fixed(BOX_HEAD_BYTES)),
})

/** A new device asks what its card is for. */
export const cardQuery = struct({ lookup })
export const cardAnswer = struct({ org: orgId, card: blob(2, 1024) })
/** The device entry signed by the card (for the founding card: all founding entries) and a first prekey. */
export const enrolment = struct({ org: orgId, lookup, items, prekey })
/** All or nothing. */
export const submission = struct({ items })
export const wrapDelivery = struct({ log: logId, epoch: epochId, gen: u16, wraps })
/** What the device holds of each log, the last wrap it got, the parcels it has stored. Answered with frames. */
export const syncQuery = struct({
  have: list(4, 20_000, place),
  wrapsSeen: u64,
  parcels: list(2, 1000, u64),
})
export const prekeyUpload = struct({ prekey })
export const prekeyQuery = struct({ devices: list(2, 2048, deviceId) })
export const prekeyAnswer = struct({ prekeys: list(2, 2048, prekey) })
/** As long as its device has gaps. */
const receipt = blob(2, MAX_RECEIPT)
export const receiptUpload = struct({ receipts: list(2, 1000, receipt) })
export const receiptQuery = struct({ log: logId })
export const receiptAnswer = struct({ receipts: list(2, 0xffff, receipt) })
export const parcelUpload = struct({
  to: deviceId,
  bytes: blob(4, 70_000 + XWING_CIPHERTEXT_BYTES),
})
/** The newest checkpoint of a device, from byte `at` of its snapshot on. */
export const checkpointQuery = struct({ by: deviceId, at: u32 })
export const checkpointAnswer = struct({
  n: u64,
  entry: blob(2, 1024),
  total: u32,
  bytes: blob(4, SYNC_PAGE),
})
/** Entries of the directory from index `from` on, as many as a page holds. Answered with frames. */
export const directoryQuery = struct({ from: u64 })
/** `size` is that of the sealed bytes. Answered with the parts that are there, part i at bit i % 8 of byte i / 8. */
export const fileOpening = struct({ log: logId, file: hash32, size: u64 })
export const fileOpened = struct({ parts: blob(2, 512) })
/** Sixteen sealed chunks, or fewer at the end. */
export const filePart = struct({ log: logId, file: hash32, part: u16, bytes: blob(4, MAX_PART) })
export const filePlace = struct({ log: logId, file: hash32, part: u16 })
export const filePiece = struct({ bytes: blob(4, MAX_PART) })
export const fileName = struct({ log: logId, file: hash32 })
export const pushKeyAnswer = struct({ key: fixed(65) })
/** As a browser gives it (RFC 8030, RFC 8291); an empty endpoint takes it back. `chat`: also for conversations. */
export const subscription = struct({
  endpoint: text(2, 1024),
  p256dh: fixed(65),
  auth: fixed(16),
  chat: oneOf(1, [0, 1]),
})
/**
 * Entries `from`, `from` + 1, … of a log, as a device holds them, for a box that lost them; the stubs of those behind
 * them, and the head at which they all end, as the box itself has signed it.
 */
export const bringing = struct({
  log: logId,
  from: u64,
  entries: list(2, 256, blob(4, MAX_ENTRY)),
  rest: list(2, MAX_REST, stub),
  head: fixed(BOX_HEAD_BYTES),
})
export const nothing = struct({})

export type Item = { entry: Uint8Array; card: Uint8Array; wraps: Uint8Array[] }
export const bareItem = (entry: Uint8Array): Item => ({ entry, card: new Uint8Array(0), wraps: [] })

type Route<In, Out> = { path: string; input: Codec<In>; output: Out; max: number }
function route<In, Out extends Codec<unknown> | 'frames'>(
  path: string,
  input: Codec<In>,
  output: Out,
  max = MAX_REQUEST,
): Route<In, Out> {
  return { path, input, output, max }
}

export const ROUTES = {
  card: route('/v1/card', cardQuery, cardAnswer, 64),
  enrol: route('/v1/enrol', enrolment, placed, 64 * 1024),
  entries: route('/v1/entries', submission, placed),
  resubmit: route('/v1/resubmit', bringing, nothing),
  wraps: route('/v1/wraps', wrapDelivery, nothing),
  sync: route('/v1/sync', syncQuery, 'frames'),
  checkpoint: route('/v1/checkpoint', checkpointQuery, checkpointAnswer, 64),
  directory: route('/v1/directory', directoryQuery, 'frames', 64),
  prekey: route('/v1/prekey', prekeyUpload, nothing, 2048),
  prekeys: route('/v1/prekeys', prekeyQuery, prekeyAnswer, 64 * 1024),
  receipt: route('/v1/receipt', receiptUpload, nothing, 512 * 1024),
  receipts: route('/v1/receipts', receiptQuery, receiptAnswer, 64),
  parcel: route('/v1/parcel', parcelUpload, nothing, 80 * 1024),
  fileOpen: route('/v1/file/open', fileOpening, fileOpened, 64),
  filePut: route('/v1/file/put', filePart, nothing, MAX_PART + 64),
  fileGet: route('/v1/file/get', filePlace, filePiece, 64),
  fileDrop: route('/v1/file/drop', fileName, nothing, 64),
  pushKey: route('/v1/push/key', nothing, pushKeyAnswer, 64),
  pushPut: route('/v1/push/put', subscription, nothing, 2048),
  pushTest: route('/v1/push/test', nothing, nothing, 64),
} as const
export type RouteName = keyof typeof ROUTES
export type Input<R extends RouteName> = (typeof ROUTES)[R] extends { input: Codec<infer T> }
  ? T
  : never
export type Output<R extends RouteName> =
  (typeof ROUTES)[R]['output'] extends Codec<infer T> ? T : never

export const LIVE_PATH = '/v1/live'
/** Answers `yes` to any page: whoever gets it trusts the certificate of the box. */
export const TRUSTED_PATH = '/v1/trusted'
export const SIGNATURE_HEADER = 'holdfast-signature'
export const WINDOW_HEADER = 'holdfast-window'

/** The box's refusal as JSON, or null when the bytes are something else. */
export function readRefusal(bytes: Uint8Array): { code: string; detail: string } | null {
  try {
    const value: unknown = JSON.parse(fromUtf8(bytes))
    const error: unknown =
      typeof value === 'object' && value !== null && 'error' in value ? value.error : null
    if (typeof error !== 'object' || error === null || !('code' in error) || !('detail' in error))
      return null
    return { code: String(error.code), detail: String(error.detail) }
  } catch {
    return null
  }
}
