// Being woken while the app is closed.
import * as push from '../../../client/push.ts'
import { drop, put } from '../../../client/store.ts'
import { utf8 } from '../../../protocol/bytes.ts'
import type { Device } from '../device.ts'
import { PUSH_CHAT, PUSH_PROVEN } from '../local.ts'

export function pushKey({ core }: Device): Promise<Uint8Array> {
  return push.pushKey(core)
}

type Told = { endpoint: string; p256dh: Uint8Array; auth: Uint8Array }

/** The choice for conversations stays as it was. */
export async function subscribe({ core }: Device, told: Told): Promise<void> {
  const muted = (await core.store.get('local', PUSH_CHAT)) !== null
  await push.putSubscription(core, { ...told, chat: muted ? 0 : 1 })
}

/** Conversations are quiet on this device or not; alerts never are. */
export async function muteChat({ core }: Device, { mute }: { mute: boolean }): Promise<void> {
  const row = mute ? put('local', PUSH_CHAT, utf8('muted')) : drop('local', PUSH_CHAT)
  await core.store.commit([row])
}

export function testPush({ core }: Device): Promise<void> {
  return push.testPush(core)
}

/** A push has arrived here. */
export async function pushArrived({ core }: Device): Promise<void> {
  await core.store.commit([put('local', PUSH_PROVEN, utf8(String(core.clock.now())))])
}
