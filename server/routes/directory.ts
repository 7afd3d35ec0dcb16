// The directory for those who begin late: a snapshot that a checkpoint signs, and the entries before it.
import type { Input, Output } from '../../protocol/api.ts'
import { ensure } from '../../protocol/errors.ts'
import { SYNC_PAGE } from '../../protocol/limits.ts'
import type { Context } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { directoryPage } from '../org/catch-up.ts'
import { type Caller, deviceKey } from './kit.ts'

export function showCheckpoint(
  context: Context,
  input: Input<'checkpoint'>,
  caller: Caller,
): Output<'checkpoint'> {
  context.rate.spend(`reads:${deviceKey(caller)}`, LIMITS.reads)
  const { checkpoints } = caller.org.store.committed
  const piece = checkpoints.newestOf(input.by, input.at, SYNC_PAGE)
  ensure(piece !== null, 'not_found')
  return piece
}

export function showDirectory(
  context: Context,
  input: Input<'directory'>,
  caller: Caller,
): Uint8Array {
  context.rate.spend(`reads:${deviceKey(caller)}`, LIMITS.reads)
  return directoryPage(caller.org, input.from)
}
