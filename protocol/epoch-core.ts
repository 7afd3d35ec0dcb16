// What identifies an epoch. The box computes these too; it holds none of the keys.
import type { Entry } from './entry.ts'
import { PREFIX_BYTES } from './entry.ts'
import { ANNOUNCE_CORE_BYTES } from './entry-fields.ts'
import { type EpochId, type Hash, ID_BYTES } from './ids.ts'
import { hash, hashId } from './labels.ts'

/** H("epoch-id", everything before the signature)[16]: other keys, another epoch. */
export function epochIdOf(announce: Entry): EpochId {
  return hashId<EpochId>('epoch-id', announce.signed)
}

/**
 * H("core", core0): the announce up to its key commitment, which could not cover itself. Every key of
 * the epoch is bound to it. `unsigned` are the announce's bytes before the signature.
 */
export function coreHash(unsigned: Uint8Array, recorded: boolean): Hash {
  const core = PREFIX_BYTES + ANNOUNCE_CORE_BYTES + (recorded ? ID_BYTES : 0)
  return hash('core', unsigned.subarray(0, core))
}
