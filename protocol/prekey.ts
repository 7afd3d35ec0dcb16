// A prekey: a device's short-lived public sealing key, signed by the device, kept outside any log.
import { type Decoded, decode, encode, fixed, struct, u32, u64 } from './codec.ts'
import { suite, SUITE, VERSION, version } from './entry.ts'
import { ensure } from './errors.ts'
import { deviceId, orgId } from './ids.ts'
import { sign, verify } from './labels.ts'
import { SIGNATURE_BYTES, XWING_PUBLIC_BYTES } from './sodium.ts'
import { checkXwingPublic } from './xwing-key.ts'

const fields = {
  ver: version,
  suite,
  org: orgId,
  device: deviceId,
  pkid: u32,
  notBefore: u64,
  notAfter: u64,
  publicKey: fixed(XWING_PUBLIC_BYTES),
}
const unsigned = struct(fields)
const prekey = struct({ ...fields, sig: fixed(SIGNATURE_BYTES) })
export type Prekey = Decoded<typeof prekey>
export const PREKEY_BYTES = 1334

export function signPrekey(
  value: Omit<Prekey, 'ver' | 'suite' | 'sig'>,
  secretKey: Uint8Array,
): Uint8Array {
  const bytes = encode(unsigned, { ver: VERSION, suite: SUITE, ...value })
  return encode(prekey, {
    ver: VERSION,
    suite: SUITE,
    ...value,
    sig: sign('prekey', bytes, secretKey),
  })
}

/** Does not check the signature: the caller first has to find the device's key in the directory. */
export function decodePrekey(bytes: Uint8Array): Prekey {
  return decode(prekey, bytes, PREKEY_BYTES)
}

/** Throws unless its owner has signed it and it can be sealed to. */
export function verifyPrekey(value: Prekey, signPk: Uint8Array): void {
  const { sig, ...rest } = value
  ensure(verify('prekey', sig, encode(unsigned, rest), signPk), 'bad_signature', 'prekey')
  checkXwingPublic(value.publicKey)
}
