// Reading: everything new in one request, and stretches of a channel again.
import type { Input } from '../../protocol/api.ts'
import { ensure } from '../../protocol/errors.ts'
import type { Context } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { catchUp, entryRange } from '../org/catch-up.ts'
import { type Caller, deviceKey } from './kit.ts'

export async function sync(
  context: Context,
  input: Input<'sync'>,
  caller: Caller,
): Promise<Uint8Array> {
  context.rate.spend(`reads:${deviceKey(caller)}`, LIMITS.reads)
  const { org, device } = caller
  if (input.parcels.length > 0) {
    await org.store.group.run(
      () => input.parcels.forEach((id) => org.store.mailbox.dropParcel(device.id, id)),
      () => {},
    )
  }
  return catchUp(org, device, input, (log) => context.headOf(org, log))
}

export function range(context: Context, input: Input<'range'>, caller: Caller): Uint8Array {
  context.rate.spend(`reads:${deviceKey(caller)}`, LIMITS.reads)
  const frames = entryRange(caller.org, caller.device.person, input.log, input.from, input.to)
  ensure(frames !== null, 'not_found')
  return frames
}
