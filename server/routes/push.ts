// Where a device can be woken: told by the device, and tried when it asks.
import type { Input, Output } from '../../protocol/api.ts'
import { ensure } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { ensurePoint, readEndpoint } from '../push/endpoint.ts'
import { type Caller, deviceKey, write } from './kit.ts'

/** The key that a browser ties its subscription to. */
export function showPushKey(context: Context): Output<'pushKey'> {
  return { key: context.push.publicKey }
}

/** An empty endpoint: this device does not want to be woken any more. */
export async function putSubscription(
  context: Context,
  input: Input<'pushPut'>,
  caller: Caller,
): Promise<Output<'pushPut'>> {
  context.rate.spend(`writes:${deviceKey(caller)}`, LIMITS.writes)
  const { endpoint, p256dh, auth, chat } = input
  const { org, device } = caller
  if (endpoint !== '') {
    readEndpoint(endpoint, context.push.local)
    ensurePoint(p256dh)
  }
  await write(context, org, {
    work: ({ store }) => {
      if (endpoint === '') store.subscriptions.drop(device.id)
      else store.subscriptions.put(device.id, { endpoint, p256dh, auth, chat: chat === 1 })
    },
  })
  return {}
}

/** Sends one push to the device that asks, so that it sees whether they arrive. */
export function testPush(
  context: Context,
  _: Input<'pushTest'>,
  { org, device }: Caller,
): Output<'pushTest'> {
  context.rate.spend(`push:${deviceKey({ org, device })}`, LIMITS.pushTests)
  const subscription = org.store.committed.subscriptions.of(device.id)
  ensure(subscription !== null, 'not_found', 'subscription')
  context.push.send(org, device.id, subscription)
  return {}
}
