// History for a further device of the same person: the epoch keys that the first one holds, sealed to
// the second. The messages themselves come from the box with their original signatures, so that
// whoever hands over keys cannot forge history.
import { concat } from './bytes.ts'
import { type Decoded, decode, encode, fixed, list, oneOf, struct, u16, u32, u64 } from './codec.ts'
import { suite, SUITE, VERSION, version } from './entry.ts'
import { ensure } from './errors.ts'
import { deviceId, epochId, logId, orgId } from './ids.ts'
import { OUTSIDE } from './kinds.ts'
import { kdf, sign, verify } from './labels.ts'
import { MAX_HISTORY } from './limits.ts'
import type { Prekey } from './prekey.ts'
import {
  aeadOpen,
  aeadSeal,
  SIGNATURE_BYTES,
  XWING_CIPHERTEXT_BYTES,
  xwingDecapsulate,
  xwingEncapsulate,
} from './sodium.ts'

const heldKey = struct({ channel: logId, epoch: epochId, gen: u16, ak: fixed(32) })
export type HeldKey = Decoded<typeof heldKey>
const keys = (count: number) => list(2, count, heldKey)

const headFields = {
  ver: version,
  kind: oneOf(1, [OUTSIDE.history]),
  suite,
  flags: oneOf(1, [0]),
  org: orgId,
  from: deviceId,
  to: deviceId,
  pkid: u32,
  t: u64,
  count: u16,
}
const historyHead = struct(headFields)
export type HistoryHead = Decoded<typeof historyHead>
const HEAD_BYTES = 66
const KEY_RECORD_BYTES = 66

function sizeOf(count: number): number {
  return HEAD_BYTES + XWING_CIPHERTEXT_BYTES + count * KEY_RECORD_BYTES + 16 + SIGNATURE_BYTES
}

type Sending = Pick<HistoryHead, 'org' | 'from' | 't'> & { to: Prekey }

/** At most MAX_HISTORY keys, else `too_large`; the caller sends several for more. */
export function sealHistory(sending: Sending, held: HeldKey[], secretKey: Uint8Array): Uint8Array {
  const { org, from, t, to } = sending
  const head = encode(historyHead, {
    ver: VERSION,
    kind: OUTSIDE.history,
    suite: SUITE,
    flags: 0,
    org,
    from,
    to: to.device,
    pkid: to.pkid,
    t,
    count: held.length,
  })
  const { ciphertext, secret } = xwingEncapsulate(to.publicKey)
  const plain = encode(keys(MAX_HISTORY), held).subarray(2)
  const unsigned = concat(head, ciphertext, aeadSeal(kdf(secret, 'hist-key', head), head, plain))
  return concat(unsigned, sign('hist', unsigned, secretKey))
}

/** The head alone, to find the signer and the seed; nothing of it is verified yet. */
export function readHistoryHead(bytes: Uint8Array): HistoryHead {
  ensure(
    bytes.length >= HEAD_BYTES && bytes.length <= sizeOf(MAX_HISTORY),
    'malformed',
    'history size',
  )
  const head = decode(historyHead, bytes.subarray(0, HEAD_BYTES), HEAD_BYTES)
  ensure(bytes.length === sizeOf(head.count), 'malformed', 'history size')
  return head
}

export function openHistory(bytes: Uint8Array, signPk: Uint8Array, seed: Uint8Array): HeldKey[] {
  const { count } = readHistoryHead(bytes)
  const unsigned = bytes.subarray(0, bytes.length - SIGNATURE_BYTES)
  ensure(
    verify('hist', bytes.subarray(unsigned.length), unsigned, signPk),
    'bad_signature',
    'history',
  )
  const head = bytes.subarray(0, HEAD_BYTES)
  const ct = bytes.subarray(HEAD_BYTES, HEAD_BYTES + XWING_CIPHERTEXT_BYTES)
  const sealed = unsigned.subarray(HEAD_BYTES + XWING_CIPHERTEXT_BYTES)
  const plain = aeadOpen(kdf(xwingDecapsulate(ct, seed), 'hist-key', head), head, sealed)
  return decode(keys(count), concat(head.subarray(HEAD_BYTES - 2), plain), sizeOf(count))
}
