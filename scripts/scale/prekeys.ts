// Sealing keys for devices that exist as entries only: without one nobody seals to a device.
import { PREKEY_LIFE } from '../../protocol/limits.ts'
import { signPrekey } from '../../protocol/prekey.ts'
import { randomBytes, signPairFromSeed, xwingPublic } from '../../protocol/sodium.ts'
import type { Crowd } from '../bench/stage.ts'

export async function givePrekeys({ box, core, devices }: Crowd): Promise<void> {
  const { org } = core.replica.identity
  const { store } = box.context.orgs.get(org) ?? {}
  if (store === undefined) throw new TypeError('no organisation')
  const notBefore = Date.now()
  const made = devices.map(({ device, seed }) => {
    const publicKey = xwingPublic(randomBytes(32))
    const value = { org, device, pkid: 1, notBefore, notAfter: notBefore + PREKEY_LIFE, publicKey }
    return { device, bytes: signPrekey(value, signPairFromSeed(seed).secretKey) }
  })
  await store.group.run(
    () => made.forEach(({ device, bytes }) => store.mailbox.putPrekey(device, 1, bytes)),
    () => {},
  )
}
