// What devices leave for each other outside the logs: prekeys, receipts, parcels.
import type { Input, Output } from '../../protocol/api.ts'
import { equal } from '../../protocol/bytes.ts'
import { ensure } from '../../protocol/errors.ts'
import type { PersonId } from '../../protocol/ids.ts'
import { decodePrekey, verifyPrekey } from '../../protocol/prekey.ts'
import { decodeReceipt, verifyReceipt } from '../../protocol/receipt.ts'
import type { Context } from '../context.ts'
import { LIMITS, PARCELS_PER_DEVICE } from '../limits.ts'
import type { Organisation } from '../org/organisation.ts'
import { type Caller, deviceKey, write } from './kit.ts'

export async function putPrekey(
  context: Context,
  input: Input<'prekey'>,
  caller: Caller,
): Promise<Output<'prekey'>> {
  context.rate.spend(`writes:${deviceKey(caller)}`, LIMITS.writes)
  const { org, device } = caller
  const prekey = decodePrekey(input.prekey)
  ensure(equal(prekey.device, device.id) && equal(prekey.org, org.id), 'bad_signature', 'prekey')
  verifyPrekey(prekey, device.signPk)
  await write(context, org, {
    work: (on) => on.store.mailbox.putPrekey(device.id, prekey.pkid, input.prekey),
  })
  return {}
}

/** The newest prekey of each device; devices without one are left out. */
export function findPrekeys(
  context: Context,
  input: Input<'prekeys'>,
  caller: Caller,
): Output<'prekeys'> {
  context.rate.spend(`prekeys:${deviceKey(caller)}`, LIMITS.prekeys, input.devices.length)
  const { mailbox } = caller.org.store.committed
  return { prekeys: input.devices.flatMap((device) => mailbox.prekey(device) ?? []) }
}

export async function putReceipts(
  context: Context,
  input: Input<'receipt'>,
  caller: Caller,
): Promise<Output<'receipt'>> {
  context.rate.spend(`writes:${deviceKey(caller)}`, LIMITS.writes)
  const { org, device } = caller
  const receipts = input.receipts.map((bytes) => ({ bytes, value: decodeReceipt(bytes) }))
  for (const { value } of receipts) {
    ensure(equal(value.device, device.id) && equal(value.org, org.id), 'bad_signature', 'receipt')
    verifyReceipt(value, device.signPk)
    const readable =
      org.channels.get(value.log)?.members.has(device.person) ?? equal(value.log, org.directory.log)
    ensure(readable, 'not_found')
    const here = org.store.committed.logs.hashAt(value.log, value.upto)
    ensure(here !== undefined && equal(here, value.h), 'unknown_head')
  }
  await write(context, org, {
    work: (on) => {
      for (const { bytes, value } of receipts)
        on.store.mailbox.putReceipt(value.log, device.id, value.upto, bytes)
    },
    effects: () => context.live.heard(org.id, device.id),
  })
  return {}
}

export function findReceipts(
  context: Context,
  input: Input<'receipts'>,
  caller: Caller,
): Output<'receipts'> {
  context.rate.spend(`reads:${deviceKey(caller)}`, LIMITS.reads)
  const channel = caller.org.channels.get(input.log)
  ensure(channel?.members.has(caller.device.person) === true, 'not_found')
  return { receipts: caller.org.store.committed.mailbox.receipts(input.log) }
}

/**
 * For another device of the same person, or of somebody they share a channel with; those leave half of the room, so that
 * nobody keeps a person from handing over to their own device.
 */
export async function putParcel(
  context: Context,
  input: Input<'parcel'>,
  caller: Caller,
): Promise<Output<'parcel'>> {
  context.rate.spend(`writes:${deviceKey(caller)}`, LIMITS.writes)
  const { org, device } = caller
  const to = org.directory.devices.get(input.to)
  const own = to !== undefined && equal(to.person, device.person)
  ensure(to !== undefined && (own || doShare(org, to.person, device.person)), 'not_found')
  const most = own ? PARCELS_PER_DEVICE : PARCELS_PER_DEVICE / 2
  ensure(org.store.mailbox.parcelCount(to.id) < most, 'rate_limited')
  await write(context, org, {
    work: (on) => on.store.mailbox.putParcel(to.id, input.bytes),
    effects: (id) => context.live.deliverParcel(org.id, to.id, id, input.bytes),
    ordinary: true,
  })
  return {}
}

function doShare(org: Organisation, a: PersonId, b: PersonId): boolean {
  return [...org.channels.values()].some(({ members }) => members.has(a) && members.has(b))
}
