// Reading: everything new in one request.
import type { Input } from '../../protocol/api.ts'
import type { Context } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { catchUp } from '../org/catch-up.ts'
import { type Caller, deviceKey, write } from './kit.ts'

export async function sync(
  context: Context,
  input: Input<'sync'>,
  caller: Caller,
): Promise<Uint8Array> {
  context.rate.spend(`reads:${deviceKey(caller)}`, LIMITS.reads)
  const { org, device } = caller
  context.push.cameBy(device.id)
  if (input.parcels.length > 0) {
    await write(context, org, {
      work: (on) => input.parcels.forEach((id) => on.store.mailbox.dropParcel(device.id, id)),
    })
  }
  return catchUp(org, device, input, (log) => context.headOf(org, log))
}
