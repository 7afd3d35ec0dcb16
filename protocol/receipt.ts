// A receipt: "this device holds and has opened the log up to n". One signature acknowledges many
// messages; only the latest counts. Sent at intervals it is the heartbeat that bounds a frozen view.
import { type Decoded, decode, encode, fixed, oneOf, struct, u16, u64 } from './codec.ts'
import { VERSION, version } from './entry.ts'
import { ensure } from './errors.ts'
import { checkGaps, gapList, isGap } from './gaps.ts'
import { deviceId, hash32, logId, orgId } from './ids.ts'
import { OUTSIDE } from './kinds.ts'
import { sign, verify } from './labels.ts'
import { MAX_GAPS } from './limits.ts'
import { SIGNATURE_BYTES } from './sodium.ts'

const fields = {
  ver: version,
  kind: oneOf(1, [OUTSIDE.receipt]),
  org: orgId,
  log: logId,
  device: deviceId,
  era: u16,
  upto: u64,
  h: hash32,
  /** What of it could not be opened or verified, or never came: not delivered. */
  gaps: gapList,
  t: u64,
}
const unsigned = struct(fields)
const receipt = struct({ ...fields, sig: fixed(SIGNATURE_BYTES) })
export type Receipt = Decoded<typeof receipt>
/** Without gaps 165 bytes. */
export const MAX_RECEIPT = 165 + 16 * MAX_GAPS

/** Throws `malformed` for gaps that are not in order or reach beyond `upto`. */
export function signReceipt(
  value: Omit<Receipt, 'ver' | 'kind' | 'era' | 'sig'>,
  secretKey: Uint8Array,
): Uint8Array {
  checkGaps(value.gaps, value.upto)
  const whole = { ver: VERSION, kind: OUTSIDE.receipt, era: 0, ...value } as const
  return encode(receipt, { ...whole, sig: sign('receipt', encode(unsigned, whole), secretKey) })
}

/** Does not check the signature. */
export function decodeReceipt(bytes: Uint8Array): Receipt {
  const value = decode(receipt, bytes, MAX_RECEIPT)
  checkGaps(value.gaps, value.upto)
  return value
}

export function verifyReceipt(value: Receipt, signPk: Uint8Array): void {
  const { sig, ...rest } = value
  ensure(rest.era === 0, 'malformed', 'era')
  ensure(verify('receipt', sig, encode(unsigned, rest), signPk), 'bad_signature', 'receipt')
}

/** Whether the device says that it holds entry `n`. */
export function covers({ upto, gaps }: Pick<Receipt, 'upto' | 'gaps'>, n: number): boolean {
  return upto >= n && !isGap(gaps, n)
}
