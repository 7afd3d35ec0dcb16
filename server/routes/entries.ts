// Appending to logs, and bringing the wraps of epoch keys that stream behind an announce.
import type { Input, Output } from '../../protocol/api.ts'
import { equal, toHex } from '../../protocol/bytes.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import { rootId } from '../../protocol/directory-rights.ts'
import { ensure } from '../../protocol/errors.ts'
import { KIND, type Kind, ROLE } from '../../protocol/kinds.ts'
import type { Context } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { acceptBatch, putWraps } from '../org/accept.ts'
import { type Caller, deviceKey, placesOf, write } from './kit.ts'
import { ensureGoing, noteStatement } from './restore.ts'

/** All or nothing; answered when it is on disk. */
export async function appendEntries(
  context: Context,
  input: Input<'entries'>,
  caller: Caller,
): Promise<Output<'entries'>> {
  context.rate.spend(`writes:${deviceKey(caller)}`, LIMITS.writes)
  ensure(input.items.length > 0, 'malformed', 'no entries')
  const kinds = input.items.map(({ entry }) => checkBearer(entry, caller))
  ensureGoing(
    context,
    caller.org,
    input.items.map(({ entry }) => entry),
  )
  spareDirectory(context, caller, kinds)
  const accepted = await write(context, caller.org, {
    work: (org) => acceptBatch(org, input.items, context.steady.look()),
    effects: (done, org) => {
      org.settle()
      context.live.deliver(org, done)
      context.push.wake(org, done)
      noteStatement(context, org, done)
      context.figures.accepted(done.filter(({ fresh }) => fresh).length)
    },
    ordinary: kinds.some((kind) => kind === KIND.text || IDLE.includes(kind)),
  })
  return placesOf(context, caller.org, accepted)
}

/** What can wait while the disk is full. */
const IDLE: readonly Kind[] = [KIND.absence, KIND.running]

/**
 * Administrators import whole rosters; nobody else has much to say there. What takes something away is never
 * counted, and each device has its own measure: whoever holds a lost one must not keep its owner from ending it.
 */
function spareDirectory(context: Context, { org, device }: Caller, kinds: Kind[]): void {
  const count = kinds.filter((kind) => kind === KIND.card || IDLE.includes(kind)).length
  if (count === 0 || (org.directory.roleNow(device.person) ?? 0) >= ROLE.admin) return
  const { burst } = LIMITS.directory
  context.rate.spend(`directory:${toHex(device.id)}`, LIMITS.directory, Math.min(count, burst))
}

/** One brings what one signed or co-signed; what the root on paper signed, any device brings. */
function checkBearer(bytes: Uint8Array, caller: Caller): Kind {
  const entry = decodeEntry(bytes)
  ensure(
    entry.kind !== KIND.found && entry.kind !== KIND.device,
    'not_allowed',
    'enrolment has its own way',
  )
  const { rootPk } = caller.org.directory
  const signers = [entry.prefix.signer, ...(entry.cosign === null ? [] : [entry.cosign.by])]
  const own = signers.some((id) => equal(id, caller.device.id))
  ensure(
    own || (rootPk !== null && equal(entry.prefix.signer, rootId(rootPk))),
    'not_allowed',
    'signed by somebody else',
  )
  return entry.kind
}

export async function bringWraps(
  context: Context,
  input: Input<'wraps'>,
  caller: Caller,
): Promise<Output<'wraps'>> {
  context.rate.spend(`writes:${deviceKey(caller)}`, LIMITS.writes)
  const { org } = caller
  const channel = org.channels.get(input.log)
  ensure(channel?.members.has(caller.device.person) === true, 'not_found')
  // Anybody else could fill the places of the real wraps with noise.
  const sealers = channel.epochs.get(input.epoch)?.sealers.get(input.gen) ?? []
  const own = sealers.some((id) => equal(id, caller.device.id))
  ensure(own, 'not_allowed', 'wraps of another device')
  await write(context, org, {
    work: (on) => {
      const state = on.channels.get(input.log)
      ensure(state !== undefined, 'not_found')
      return putWraps(on, state, { ...input, sealer: caller.device.id })
    },
    effects: (wraps) => context.live.deliverWraps(org.id, wraps),
  })
  return {}
}
