// Letting the box wake this device: the subscription that a browser gives, told to the box.
import type { Input } from '../protocol/api.ts'
import type { Core } from './core.ts'

export type Subscription = Input<'pushPut'>

/** What a browser ties its subscription to: 65 bytes. */
export async function pushKey(core: Core): Promise<Uint8Array> {
  return (await core.line.call('pushKey', {}, core.signer)).key
}

/** Telling it again changes nothing. An empty endpoint: not to be woken any more. */
export async function putSubscription(core: Core, subscription: Subscription): Promise<void> {
  await core.line.call('pushPut', subscription, core.signer)
}

/** One push to this device, now. */
export async function testPush(core: Core): Promise<void> {
  await core.line.call('pushTest', {}, core.signer)
}
