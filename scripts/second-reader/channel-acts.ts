// What anybody may try in a channel.
import { concat } from '../../protocol/bytes.ts'
import { decodeEntry, type EntryOf, signEntry } from '../../protocol/entry.ts'
import { type Hash, NO_HASH, type PersonId } from '../../protocol/ids.ts'
import { CHANNEL_ROLE, KIND, type MessageKind } from '../../protocol/kinds.ts'
import { hashId } from '../../protocol/labels.ts'
import type { SegmentKey } from '../../protocol/message-keys.ts'
import { encodeOperationData, type OperationData } from '../../protocol/operation-data.ts'
import { trimEntry } from '../../protocol/payload.ts'
import { xwingPublic } from '../../protocol/sodium.ts'
import { h32, id, operationData } from './make-entries.ts'
import { publicKeyOf } from './public-keys.ts'
import type { RandomChannel } from './random-channel.ts'

type Offer = { bytes: Uint8Array; ak?: Uint8Array; alone?: boolean }
type Act = (here: RandomChannel) => Offer

const members = (here: RandomChannel): PersonId[] => [...here.log.state.members.keys()]
export const outside = (here: RandomChannel): PersonId[] =>
  here.directory.people.filter((one) => !here.log.state.members.has(one))

function subjects(here: RandomChannel, from: PersonId[], others: PersonId[]): PersonId[] {
  const { dice } = here
  const right = from.length > 0 && dice.chance(0.9)
  const all = right ? from : others
  if (all.length === 0 || dice.chance(0.02)) return dice.chance(0.5) ? [] : [id(dice)]
  return dice.chance(0.7) ? [dice.pick(all)] : dice.some(all, 0.4).slice(0, 100)
}

function operation(here: RandomChannel, kind: 'add' | 'remove' | 'role'): Offer {
  const { dice, log } = here
  const [inside, others] = [members(here), outside(here)]
  const by = here.signer(dice.chance(0.8))
  const alone = kind === 'remove' && dice.chance(0.3)
  const who = alone
    ? [by.person]
    : kind === 'add'
      ? subjects(here, others, inside)
      : subjects(here, inside, others)
  const fields: { membN?: number; membPrev?: Hash; subjects?: PersonId[] } = {}
  if (dice.chance(0.02)) fields.membN = log.state.memb.n + dice.pick([0, 2])
  if (dice.chance(0.02)) fields.membPrev = h32(dice)
  if (dice.chance(0.02)) fields.subjects = [...who, ...who]
  if (dice.chance(0.02)) fields.subjects = who.toReversed()
  const data = dice.chance(0.03) ? operationData(dice) : new Uint8Array(0)
  const role = dice.pick([1, 1, 2, 3] as const)
  const options = { subjects: who, role, data, dir: here.place(), context: here.context(), fields }
  return { bytes: log.operation(KIND[kind], by, options) }
}

function withData(here: RandomChannel, kind: 'policy' | 'title' | 'respkey'): Offer {
  const { dice, log } = here
  const title = dice.bytes(dice.below(80))
  const values: Record<typeof kind, OperationData> = {
    policy: { kind: 'policy', recorded: dice.pick([0, 1]) },
    title: { kind: 'title', dkVer: dice.below(3), title },
    respkey: { kind: 'respkey', channel: id(dice), epoch: id(dice), publicKey: publicKeyOf(dice) },
  }
  const data = dice.chance(0.9) ? encodeOperationData(values[kind]) : operationData(dice)
  const who = dice.chance(0.03) ? members(here).slice(0, 1) : []
  const options = { subjects: who, data, dir: here.place(), context: here.context() }
  return { bytes: log.operation(KIND[kind], here.signer(dice.chance(0.8)), options) }
}

export const announce: Act = (here) => {
  const { dice, log } = here
  const seg = dice.below(Math.max(1, log.state.segments.length))
  const { n: dirN, h: dirH } = here.place()
  const fields: Record<string, unknown> = { dirN, dirH }
  if (dice.chance(0.05)) fields['prevEpoch'] = id(dice)
  if (dice.chance(0.05)) fields['nwraps'] = dice.below(12)
  if (dice.chance(0.02)) fields['seg'] = dice.below(20)
  if (dice.chance(0.02)) fields['membN'] = Math.max(0, log.state.memb.n + dice.pick([1, -1]))
  if (dice.chance(0.02)) fields['membHead'] = h32(dice)
  const by = here.signer(dice.chance(0.8))
  const said = { seg, fields, context: here.context() }
  // Sealed to another records key than that of the directory, to one that is not asked for, or to none.
  const publicKey = xwingPublic(dice.bytes(32))
  const records = dice.pick([null, { id: hashId('rec-key', publicKey), publicKey }])
  const { entry, ak } = log.announcement(by, dice.chance(0.06) ? { ...said, records } : said)
  return { bytes: entry, ak }
}

const extend: Act = (here) => {
  const { dice, log } = here
  const seg = dice.below(Math.max(1, log.state.segments.length))
  const epoch = log.state.currentEpoch(seg)
  if (epoch === null) return announce(here)
  const { n: dirN, h: dirH } = here.place()
  const fields: Record<string, unknown> = { dirN, dirH }
  if (dice.chance(0.03)) fields['akgCommit'] = h32(dice)
  if (dice.chance(0.05)) fields['nwraps'] = dice.below(12)
  if (dice.chance(0.03))
    fields['epoch'] = dice.pick([id(dice), ...log.keys.map((key) => key.epoch)])
  if (dice.chance(0.02)) fields['membN'] = log.state.memb.n + 1
  const gen = epoch.gen + dice.pick([0, 1, 1, 1, 2])
  return { bytes: log.extension(here.signer(), { seg, gen, fields, context: here.context() }) }
}

/** The right keys mostly; otherwise of an older epoch, another generation, or segments in another order. */
function keysFor(here: RandomChannel): SegmentKey[] | null {
  const { dice, log } = here
  const stranger = { epoch: id<never>(dice), gen: 0, ak: dice.bytes(32) }
  if (log.keys.length === 0) return dice.chance(0.3) ? [stranger] : null
  const current = log.state.segments.map((_, seg): SegmentKey => {
    const epoch = log.state.currentEpoch(seg)
    if (epoch === null || dice.chance(0.03)) return dice.pick(log.keys)
    const gen = dice.chance(0.9) ? epoch.gen : dice.below(epoch.gen + 3)
    return { epoch: epoch.id, gen, ak: log.keyAt(epoch.id, gen) }
  })
  if (dice.chance(current.length > 1 ? 0.15 : 0)) return current.toReversed()
  if (dice.chance(0.02)) return [...current, dice.pick(log.keys)]
  return current
}

export const send: Act = (here) => {
  const { dice, log } = here
  const keys = keysFor(here)
  if (keys === null) return announce(here)
  const kind = dice.pick<MessageKind>([
    KIND.text,
    KIND.text,
    KIND.alert,
    KIND.exercise,
    KIND.control,
  ])
  const by = here.signer(dice.chance(0.6))
  const last = log.state.seqs.get(by.id) ?? 0
  const seq = last + dice.pick([1, 1, 1, 1, 5, 0])
  const rung = [...log.state.alerts.keys()]
  const mid = rung.length > 0 && dice.chance(0.15) ? dice.pick(rung) : id<never>(dice)
  const bytes = log.message(by, 'Lage', { kind, keys, seq, mid, context: here.context() })
  const entry = decodeEntry(bytes) as EntryOf<MessageKind>
  if (dice.chance(0.15)) return { bytes: entry.header, alone: true }
  if (dice.chance(0.3)) return { bytes: trimEntry(entry, dice.below(keys.length)) }
  return { bytes }
}

const again: Act = (here) => ({ bytes: here.create })

/** Well signed and about this channel, but of a kind that stands elsewhere. */
const foreign: Act = (here) => {
  const { dice, log, directory } = here
  const by = here.signer()
  const context = log.context(by, here.context())
  const { secretKey } = by.pair
  const fields = { person: by.person, seq: 1, respEpoch: id<never>(dice), bodyHash: h32(dice) }
  const answered = concat(signEntry(KIND.answer, context, fields, secretKey), dice.bytes(9))
  const moved = log.context(by, { refN: 1, refH: log.hashAt(1) ?? h32(dice) })
  const { n: dirN, h: dirH } = directory.world.directory.head
  const opening = { membN: 1, membPrev: NO_HASH, dirN, dirH, role: CHANNEL_ROLE.member }
  const create = { ...opening, subjects: [by.person], data: new Uint8Array(0) }
  return dice.pick([
    { bytes: answered },
    { bytes: signEntry(KIND.tick, context, {}, secretKey) },
    { bytes: signEntry(KIND.create, moved, create, secretKey) },
  ])
}

export const ACTS: readonly Act[] = [
  ...Array<Act>(6).fill(send),
  ...Array<Act>(3).fill(announce),
  ...Array<Act>(3).fill(extend),
  again,
  foreign,
  (here) => operation(here, 'add'),
  (here) => operation(here, 'add'),
  (here) => operation(here, 'remove'),
  (here) => operation(here, 'role'),
  (here) => withData(here, here.dice.pick(['policy', 'title', 'respkey'])),
]
