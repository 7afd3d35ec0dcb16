// What the box signs: the head of a log, and reports about itself. Neither changes rights or keys;
// two heads with one index and different hashes prove that the box showed different histories.
import { blob, type Decoded, decode, encode, fixed, oneOf, struct, u16, u64 } from './codec.ts'
import { VERSION, version } from './entry.ts'
import { ensure } from './errors.ts'
import { hash32, logId, orgId } from './ids.ts'
import { OUTSIDE } from './kinds.ts'
import { sign, verify } from './labels.ts'
import { SIGNATURE_BYTES } from './sodium.ts'

const headFields = {
  ver: version,
  kind: oneOf(1, [OUTSIDE.head]),
  org: orgId,
  log: logId,
  era: u16,
  n: u64,
  h: hash32,
  t: u64,
}
const unsignedHead = struct(headFields)
const boxHead = struct({ ...headFields, sig: fixed(SIGNATURE_BYTES) })
export type BoxHead = Decoded<typeof boxHead>
export const BOX_HEAD_BYTES = 148

export function signHead(
  value: Pick<BoxHead, 'org' | 'log' | 'n' | 'h' | 't'>,
  boxSecret: Uint8Array,
): Uint8Array {
  const whole = { ver: VERSION, kind: OUTSIDE.head, era: 0, ...value } as const
  return encode(boxHead, { ...whole, sig: sign('head', encode(unsignedHead, whole), boxSecret) })
}

export function openHead(bytes: Uint8Array, boxPk: Uint8Array): BoxHead {
  const value = decode(boxHead, bytes, BOX_HEAD_BYTES)
  const { sig, ...rest } = value
  ensure(rest.era === 0, 'malformed', 'era')
  ensure(verify('head', sig, encode(unsignedHead, rest), boxPk), 'bad_signature', 'head of the box')
  return value
}

/** Kinds of reports; their data is JSON-free and defined where each is used. */
export const REPORT = { uplink: 1, ladder: 2, sms: 3 } as const
const REPORT_DATA_BYTES = 1024
const MAX_REPORT_BYTES = 101 + REPORT_DATA_BYTES
const reportFields = {
  ver: version,
  kind: oneOf(1, [OUTSIDE.report]),
  org: orgId,
  about: oneOf(1, Object.values(REPORT)),
  seq: u64,
  t: u64,
  data: blob(2, REPORT_DATA_BYTES),
}
const unsignedReport = struct(reportFields)
const report = struct({ ...reportFields, sig: fixed(SIGNATURE_BYTES) })
export type BoxReport = Decoded<typeof report>

export function signReport(
  value: Omit<BoxReport, 'ver' | 'kind' | 'sig'>,
  boxSecret: Uint8Array,
): Uint8Array {
  const whole = { ver: VERSION, kind: OUTSIDE.report, ...value } as const
  return encode(report, { ...whole, sig: sign('report', encode(unsignedReport, whole), boxSecret) })
}

/** Always to be shown as "reported by the box". */
export function openReport(bytes: Uint8Array, boxPk: Uint8Array): BoxReport {
  const value = decode(report, bytes, MAX_REPORT_BYTES)
  const { sig, ...rest } = value
  ensure(
    verify('report', sig, encode(unsignedReport, rest), boxPk),
    'bad_signature',
    'report of the box',
  )
  return value
}
