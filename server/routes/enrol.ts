// From a card to a device. Neither route needs a signature of a device: the card itself is the proof.
import type { Input, Output } from '../../protocol/api.ts'
import { equal, toHex } from '../../protocol/bytes.ts'
import type { decodeEntry } from '../../protocol/entry.ts'
import { ensure } from '../../protocol/errors.ts'
import { checkCardUsable } from '../../protocol/directory-rights.ts'
import { asId, type DeviceId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import { hash, hashId } from '../../protocol/labels.ts'
import { decodePrekey, verifyPrekey } from '../../protocol/prekey.ts'
import type { Context } from '../context.ts'
import { ensureGoing } from './restore.ts'
import { LIMITS } from '../limits.ts'
import { type Accepted, acceptBatch } from '../org/accept.ts'
import { ensureUnexpired } from '../org/box-time.ts'
import type { Organisation } from '../org/organisation.ts'
import type { CardRow } from '../store/cards.ts'
import { placesOf, write } from './kit.ts'

/** What the card is for: its blob, which only the card opens. */
export function showCard(context: Context, input: Input<'card'>, address: string): Output<'card'> {
  return failuresCounted(context, address, () => {
    const { org, row } = findCard(context, input.lookup)
    const card = org.directory.cards.get(row.card)
    if (card !== undefined) checkCardUsable(org.directory, card)
    if (card !== undefined) ensureUnexpired(org.directory, card, context.steady.look())
    ensure(row.blob !== null, 'card_used')
    return { org: org.id, card: row.blob }
  })
}

/** Uses the card up and admits the device, in one transaction. The same request again gets the same answer. */
export async function enrol(
  context: Context,
  input: Input<'enrol'>,
  address: string,
): Promise<Output<'enrol'>> {
  checkEnrolmentRate(context, address)
  const { org, row } = failuresCounted(context, address, () => findCard(context, input.lookup))
  ensure(equal(org.id, input.org), 'wrong_organisation')
  ensureGoing(context, org, [])
  ensure(
    row.foundingPk !== null ? input.items.length >= 1 : input.items.length === 1,
    'malformed',
    'entries',
  )
  const accepted = await write(context, org, {
    work: (on) =>
      acceptBatch(on, input.items, context.steady.look(), (done) => admit(on, input, row, done)),
    effects: (done, on) => {
      on.settle()
      context.live.deliver(on, done)
    },
  })
  context.log.info({ org: toHex(org.id), card: toHex(row.card) }, 'enrolled')
  return placesOf(context, org, accepted)
}

/** The new device comes with its first prekey, so that nobody finds it without one. */
function admit(org: Organisation, input: Input<'enrol'>, row: CardRow, done: Accepted[]): void {
  const device = enrolledDevice(
    done.map((one) => one.entry),
    row,
  )
  const signPk = org.directory.devices.get(device)?.signPk
  ensure(signPk !== undefined, 'device_unknown')
  const prekey = decodePrekey(input.prekey)
  ensure(equal(prekey.device, device) && equal(prekey.org, org.id), 'bad_signature', 'prekey')
  verifyPrekey(prekey, signPk)
  org.store.mailbox.putPrekey(device, prekey.pkid, input.prekey)
}

/** The one device entry of the batch, signed by this very card. */
function enrolledDevice(entries: ReturnType<typeof decodeEntry>[], row: CardRow): DeviceId {
  const devices = entries.filter((entry) => entry.kind === KIND.device)
  const [entry] = devices
  ensure(entry !== undefined && devices.length === 1, 'malformed', 'one device')
  ensure(equal(entry.prefix.signer, row.card), 'bad_signature', 'another card')
  return asId<DeviceId>(hashId<DeviceId>('dev', entry.fields.signPk))
}

function findCard(context: Context, lookup: Uint8Array): { org: Organisation; row: CardRow } {
  const stored = hash('card-stored', lookup)
  for (const org of context.orgs.values()) {
    const row = org.store.cards.byLookup(stored)
    if (row !== null) return { org, row }
  }
  ensure(false, 'card_unknown')
}

function checkEnrolmentRate(context: Context, address: string): void {
  context.rate.check(`enrol:${address}`, LIMITS.failedEnrolments)
  context.rate.check('enrol', LIMITS.failedEnrolmentsInAll)
}

function failuresCounted<T>(context: Context, address: string, work: () => T): T {
  checkEnrolmentRate(context, address)
  try {
    return work()
  } catch (error) {
    context.rate.take(`enrol:${address}`, LIMITS.failedEnrolments)
    context.rate.take('enrol', LIMITS.failedEnrolmentsInAll)
    throw error
  }
}
