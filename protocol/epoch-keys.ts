// The keys of an epoch: AK_0 is random, AK_{g+1} follows from AK_g. Each is sealed once to each device
// that may read from there on; the signed commitment makes sure that all hold the same one.
import { concat, equal, u16be } from './bytes.ts'
import { decode, type Decoded, encode, fixed, struct, u32 } from './codec.ts'
import { coreHash } from './epoch-core.ts'
import { type Context, FLAG_RECORDED, signEntry, unsignedEntry } from './entry.ts'
import { type Announce, REC_WRAP_BYTES } from './entry-fields.ts'
import { ensure } from './errors.ts'
import { deviceId, type DeviceId, type EpochId, type Hash, type LogId, NO_HASH } from './ids.ts'
import { KIND } from './kinds.ts'
import { kdf, kdf64 } from './labels.ts'
import { EPOCH_WRAP_BYTES } from './limits.ts'
import type { Prekey } from './prekey.ts'
import {
  aeadOpen,
  aeadSeal,
  KEY_BYTES,
  randomBytes,
  XWING_CIPHERTEXT_BYTES,
  xwingDecapsulate,
  xwingEncapsulate,
  xwingEncapsulateWith,
  xwingPublic,
} from './sodium.ts'

const wrap = struct({
  device: deviceId,
  pkid: u32,
  ct: fixed(XWING_CIPHERTEXT_BYTES),
  sealed: fixed(48),
})
export type EpochWrap = Decoded<typeof wrap>

type NewEpoch = {
  context: Context
  fields: Omit<Announce, 'akCommit' | 'records' | 'nonce'>
  /** The organisation's records key, where the channel is recorded. */
  records: { id: Uint8Array; publicKey: Uint8Array } | null
}

/** A new epoch: its signed announce and AK_0, which comes from the random generator here and nowhere else. */
export function announceEpoch(
  epoch: NewEpoch,
  secretKey: Uint8Array,
): { entry: Uint8Array; ak: Uint8Array } {
  const { context, records } = epoch
  const ak = randomBytes(KEY_BYTES)
  const fields = { ...epoch.fields, nonce: randomBytes(16), akCommit: NO_HASH }
  const flags = records === null ? 0 : FLAG_RECORDED
  const open = records === null ? null : { key: records.id, wrap: new Uint8Array(REC_WRAP_BYTES) }
  const shape = unsignedEntry(KIND.announce, flags, context, { ...fields, records: open })
  const core = coreHash(shape, records !== null)
  const akCommit = keyCommitment(ak, core, 0)
  const recordsWrap =
    records === null ? null : { key: records.id, wrap: sealToRecords(ak, core, records.publicKey) }
  const entry = signEntry(
    KIND.announce,
    context,
    { ...fields, akCommit, records: recordsWrap },
    secretKey,
    flags,
  )
  return { entry, ak }
}

/** KDF(AK_g, "akc", H("core", core0) ‖ g): what every holder of the key can check. */
export function keyCommitment(ak: Uint8Array, core: Hash, gen: number): Hash {
  return kdf(ak, 'akc', core, u16be(gen)) as Hash
}

/** AK_{g+1} = KDF(AK_g, "fwd", epoch ‖ g+1); there is no way back. */
export function forwardKey(ak: Uint8Array, epoch: EpochId, gen: number): Uint8Array {
  return kdf(ak, 'fwd', epoch, u16be(gen + 1))
}

export function keyAtGeneration(
  held: { gen: number; ak: Uint8Array },
  epoch: EpochId,
  gen: number,
): Uint8Array {
  ensure(gen >= held.gen, 'no_key', 'older generation')
  let ak = held.ak
  for (let g = held.gen; g < gen; g++) ak = forwardKey(ak, epoch, g)
  return ak
}

function wrapContext(core: Hash, device: DeviceId, pkid: number, gen: number): Uint8Array {
  return concat(core, device, Uint8Array.of(pkid >>> 24, pkid >>> 16, pkid >>> 8, pkid), u16be(gen))
}

/** AK_g sealed to one prekey; 1,188 bytes. The caller has verified the prekey against the directory. */
export function sealEpochKey(ak: Uint8Array, core: Hash, gen: number, to: Prekey): Uint8Array {
  const { ciphertext: ct, secret } = xwingEncapsulate(to.publicKey)
  const context = wrapContext(core, to.device, to.pkid, gen)
  const sealed = aeadSeal(kdf(secret, 'xw', context), context, ak)
  return encode(wrap, { device: to.device, pkid: to.pkid, ct, sealed })
}

export function decodeEpochWrap(bytes: Uint8Array): EpochWrap {
  return decode(wrap, bytes, EPOCH_WRAP_BYTES)
}

/** Throws `cannot_open` for a wrap that is not for this seed, `epoch_commit` for a key nobody announced. */
export function openEpochKey(
  value: EpochWrap,
  core: Hash,
  gen: number,
  commit: Hash,
  seed: Uint8Array,
): Uint8Array {
  const context = wrapContext(core, value.device, value.pkid, gen)
  const ak = aeadOpen(kdf(xwingDecapsulate(value.ct, seed), 'xw', context), context, value.sealed)
  ensure(equal(keyCommitment(ak, core, gen), commit), 'epoch_commit')
  return ak
}

/**
 * AK_0 sealed to the records key. The coins follow from AK_0, so that every founding member recomputes
 * all 1,168 bytes: leaving the records out or falsifying them is noticed before a word is sent.
 */
export function sealToRecords(ak0: Uint8Array, core: Hash, recordsPk: Uint8Array): Uint8Array {
  const { ciphertext, secret } = xwingEncapsulateWith(recordsPk, kdf64(ak0, 'rec-coins', core))
  return concat(ciphertext, aeadSeal(kdf(secret, 'rec-wrap', core), core, ak0))
}

export function openFromRecords(
  sealed: Uint8Array,
  core: Hash,
  recordsSeed: Uint8Array,
): Uint8Array {
  const secret = xwingDecapsulate(sealed.subarray(0, XWING_CIPHERTEXT_BYTES), recordsSeed)
  return aeadOpen(kdf(secret, 'rec-wrap', core), core, sealed.subarray(XWING_CIPHERTEXT_BYTES))
}

export function checkRecordsWrap(
  ak0: Uint8Array,
  core: Hash,
  recordsPk: Uint8Array,
  sealed: Uint8Array,
): void {
  ensure(equal(sealToRecords(ak0, core, recordsPk), sealed), 'records_mismatch')
}

/** The seed of the key that answers to the alerts of `audience` are sealed to. */
export function responseSeed(ak0: Uint8Array, audience: LogId): Uint8Array {
  return kdf(ak0, 'resp', audience)
}

export function responsePublic(ak0: Uint8Array, audience: LogId): Uint8Array {
  return xwingPublic(responseSeed(ak0, audience))
}
