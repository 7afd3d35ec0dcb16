// Handing history to a further device of the same person: the keys that this one holds, sealed to it.
import { equal } from '../protocol/bytes.ts'
import { ensure } from '../protocol/errors.ts'
import { sealHistory } from '../protocol/history-keys.ts'
import type { DeviceId } from '../protocol/ids.ts'
import { MAX_HISTORY } from '../protocol/limits.ts'
import type { Core } from './core.ts'
import { prekeyOf } from './recipient-keys.ts'

/** Returns how many epoch keys were handed over. Nothing is sealed to anybody else's device. */
export async function handHistory(core: Core, to: DeviceId): Promise<number> {
  const { identity, directory, pair, keys } = core.replica
  const device = directory.devices.get(to)
  ensure(
    device !== undefined && equal(device.person, identity.person),
    'not_allowed',
    'a device of somebody else',
  )
  ensure(
    device.from !== null && device.until === null,
    device.from === null ? 'device_pending' : 'device_revoked',
  )
  const prekey = await prekeyOf(core, device)
  const held = [...keys.entries()].map(([epoch, { channel, gen, ak }]) => ({
    epoch,
    channel,
    gen,
    ak,
  }))
  for (let at = 0; at < held.length; at += MAX_HISTORY) {
    const sending = { org: identity.org, from: identity.device, t: core.clock.now(), to: prekey }
    const bytes = sealHistory(sending, held.slice(at, at + MAX_HISTORY), pair.secretKey)
    await core.line.call('parcel', { to, bytes }, core.signer)
  }
  return held.length
}
