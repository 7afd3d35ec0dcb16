// What this device is: its keys by their fingerprints.
import { decodeHeader } from '../../../protocol/entry.ts'
import { idText } from '../../../protocol/ids.ts'
import { blake2b } from '../../../protocol/sodium.ts'
import { entryRow, placeKey, readRow } from '../../../client/rows.ts'
import { shownTime } from '../../../client/views.ts'
import type { Device } from '../device.ts'

export type KeysView = {
  device: string
  /** Fingerprints: 128 bits of BLAKE2b over a public key, in hexadecimal groups of four. */
  signing: string
  root: string
  org: string
  /** When the device entry was signed; null where this device no longer holds it. Milliseconds. */
  enrolled: number | null
}

export async function keysView({ core }: Device): Promise<KeysView> {
  const { identity, pair } = core.replica
  return {
    device: idText(identity.device),
    signing: fingerprint(pair.publicKey),
    root: fingerprint(identity.rootPk),
    org: idText(identity.org),
    enrolled: await enrolledAt(core),
  }
}

const FINGERPRINT_BYTES = 16

function fingerprint(key: Uint8Array): string {
  const hex = blake2b(32, key).subarray(0, FINGERPRINT_BYTES).toHex()
  return (hex.match(/.{4}/g) ?? []).join(' ')
}

async function enrolledAt({ replica, store }: Device['core']): Promise<number | null> {
  const n = replica.device?.joined ?? 0
  const row = n === 0 ? null : await store.get('entries', placeKey(replica.directory.log, n))
  return row === null ? null : shownTime(decodeHeader(readRow(entryRow, row).bytes).prefix.t)
}
