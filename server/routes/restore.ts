// What a box that was brought back from a backup takes, and when it stops.
import type { Input, Output } from '../../protocol/api.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import { ensure } from '../../protocol/errors.ts'
import { hasPayload, KIND } from '../../protocol/kinds.ts'
import type { Context } from '../context.ts'
import { LIMITS } from '../limits.ts'
import type { Accepted } from '../org/accept.ts'
import type { Organisation } from '../org/organisation.ts'
import { regrow } from '../org/regrow.ts'
import { type Caller, deviceKey, write } from './kit.ts'

/** Entries that the box had, from any device that holds them: its own signature under a later head says so. */
export async function resubmit(
  context: Context,
  input: Input<'resubmit'>,
  caller: Caller,
): Promise<Output<'resubmit'>> {
  context.rate.spend(`writes:${deviceKey(caller)}`, LIMITS.writes)
  ensure(context.restoring.has(caller.org.id), 'not_restoring')
  await write(context, caller.org, {
    work: (org) => regrow(org, input, context.box.publicKey),
    effects: (done, org) => {
      org.settle()
      // A place without its words says nothing: whoever lacks it asks.
      context.live.deliver(
        org,
        done.filter(({ entry }) => entry.payload !== null || !hasPayload(entry.kind)),
      )
    },
  })
  return {}
}

/** Throws `restoring` for everything but the statement that ends it. */
export function ensureGoing(context: Context, org: Organisation, entries: Uint8Array[]): void {
  if (!context.restoring.has(org.id)) return
  const [only, ...more] = entries
  const ends = only !== undefined && decodeEntry(only).kind === KIND.restore
  ensure(ends && more.length === 0, 'restoring')
}

/** Call after the commit. One that stood there before is none: it was about another loss. */
export function noteStatement(context: Context, org: Organisation, done: Accepted[]): void {
  const said = done.some(({ entry, fresh }) => fresh && entry.kind === KIND.restore)
  if (said) context.restoring.end(org.id)
}
