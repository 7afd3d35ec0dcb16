// This device's prekeys: a fresh one each week, and how long the old secrets stay.
import { PREKEY_GRACE, PREKEY_LIFE } from '../protocol/limits.ts'
import { signPrekey } from '../protocol/prekey.ts'
import { randomBytes, xwingPublic } from '../protocol/sodium.ts'
import type { Core } from './core.ts'
import { prekeyRow, writeRow } from './rows.ts'
import { drop, put, type Write } from './store.ts'

/** A prekey a week. The old secret stays for wraps that were made before, then goes. */
export async function renewPrekey(core: Core): Promise<void> {
  const { replica, clock } = core
  const newest = Math.max(0, ...replica.prekeys.keys())
  const current = replica.prekeys.get(newest)
  if (current !== undefined && clock.now() - current.madeAt < PREKEY_LIFE) {
    const older = [...replica.prekeys].filter(([pkid]) => pkid !== newest)
    if (older.some(([, { replacedAt }]) => replacedAt === 0))
      await uploadPrekey(core, newest, current.seed)
    return
  }
  const made = { seed: randomBytes(32), madeAt: clock.now(), replacedAt: 0 }
  await core.commit([put('prekeys', pkidKey(newest + 1), writeRow(prekeyRow, made))])
  replica.prekeys.set(newest + 1, made)
  await uploadPrekey(core, newest + 1, made.seed)
}

/** The newest once more, for a box that may have lost it. */
export async function showPrekey(core: Core): Promise<void> {
  const newest = Math.max(0, ...core.replica.prekeys.keys())
  const current = core.replica.prekeys.get(newest)
  if (current !== undefined) await uploadPrekey(core, newest, current.seed)
}

/** Until the box has confirmed it the older one counts as current, and this is done again. */
async function uploadPrekey(core: Core, pkid: number, seed: Uint8Array): Promise<void> {
  await core.line.call('prekey', { prekey: prekeyFor(core, pkid, seed) }, core.signer)
  await retirePrekeys(core, pkid)
}

function prekeyFor(core: Core, pkid: number, seed: Uint8Array): Uint8Array {
  const { identity, pair } = core.replica
  const notBefore = core.clock.now()
  const value = {
    org: identity.org,
    device: identity.device,
    pkid,
    notBefore,
    notAfter: notBefore + PREKEY_LIFE,
  }
  return signPrekey({ ...value, publicKey: xwingPublic(seed) }, pair.secretKey)
}

/** Only after the box has confirmed the newer one. */
async function retirePrekeys(core: Core, newest: number): Promise<void> {
  const now = core.clock.now()
  const writes: Write[] = []
  for (const [pkid, secret] of core.replica.prekeys) {
    if (pkid === newest) continue
    if (secret.replacedAt === 0) {
      secret.replacedAt = now
      writes.push(put('prekeys', pkidKey(pkid), writeRow(prekeyRow, secret)))
    } else if (now - secret.replacedAt > PREKEY_GRACE) {
      core.replica.prekeys.delete(pkid)
      writes.push(drop('prekeys', pkidKey(pkid)))
    }
  }
  await core.commit(writes)
}

export function pkidKey(pkid: number): Uint8Array {
  return Uint8Array.of(pkid >>> 24, pkid >>> 16, pkid >>> 8, pkid)
}
