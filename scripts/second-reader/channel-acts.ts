// What anybody may try in a channel, and the logs that come of it.
import { decodeEntry, type EntryOf } from '../../protocol/entry.ts'
import type { Hash, PersonId } from '../../protocol/ids.ts'
import { type ChannelTypeName, KIND, type MessageKind, ROLE } from '../../protocol/kinds.ts'
import type { SegmentKey } from '../../protocol/message-keys.ts'
import { encodeOperationData, type OperationData } from '../../protocol/operation-data.ts'
import { trimEntry } from '../../protocol/payload.ts'
import { xwingPublic } from '../../protocol/sodium.ts'
import { answerBy } from '../../test/helpers/every-entry.ts'
import type { TestDevice } from '../../test/helpers/signers.ts'
import { damaged } from './damage.ts'
import type { Dice } from './dice.ts'
import { asInput, tryInDirectory } from './directory-logs.ts'
import { h32, id, operationData } from './make-entries.ts'
import type { Make } from './objects.ts'
import { RandomChannel } from './random-channel.ts'
import { RandomDirectory, staff, type Step } from './random-directory.ts'

type Offer = { bytes: Uint8Array; ak?: Uint8Array; alone?: boolean }
type Act = (here: RandomChannel) => Offer | null

const members = (here: RandomChannel): PersonId[] => [...here.log.state.members.keys()]
const outside = (here: RandomChannel): PersonId[] =>
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
    respkey: { kind: 'respkey', channel: id(dice), epoch: id(dice), publicKey: dice.bytes(1216) },
  }
  const data = dice.chance(0.9) ? encodeOperationData(values[kind]) : operationData(dice)
  const who = dice.chance(0.03) ? members(here).slice(0, 1) : []
  const options = { subjects: who, data, dir: here.place(), context: here.context() }
  return { bytes: log.operation(KIND[kind], here.signer(dice.chance(0.8)), options) }
}

const announce: Act = (here) => {
  const { dice, log } = here
  const seg = dice.below(Math.max(1, log.state.segments.length))
  const { n: dirN, h: dirH } = here.place()
  const fields: Record<string, unknown> = { dirN, dirH }
  if (dice.chance(0.05)) fields['prevEpoch'] = id(dice)
  if (dice.chance(0.05)) fields['nwraps'] = dice.below(12)
  if (dice.chance(0.02)) fields['seg'] = dice.below(20)
  if (dice.chance(0.02)) fields['membN'] = Math.max(0, log.state.memb.n + dice.pick([1, -1]))
  if (dice.chance(0.02)) fields['membHead'] = h32(dice)
  const { entry, ak } = log.announcement(here.signer(dice.chance(0.8)), {
    seg,
    fields,
    context: here.context(),
  })
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
  if (log.keys.length === 0) return null
  const current = log.state.segments.map((_, seg): SegmentKey => {
    const epoch = log.state.currentEpoch(seg)
    if (epoch === null || dice.chance(0.03)) return dice.pick(log.keys)
    const gen = dice.chance(0.9) ? epoch.gen : dice.below(epoch.gen + 3)
    return { epoch: epoch.id, gen, ak: log.keyAt(epoch.id, gen) }
  })
  if (dice.chance(0.03)) return current.toReversed()
  if (dice.chance(0.02)) return [...current, dice.pick(log.keys)]
  return current
}

const send: Act = (here) => {
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
  const mid = id<never>(dice)
  const bytes = log.message(by, 'Lage', { kind, keys, seq, mid, context: here.context() })
  const entry = decodeEntry(bytes) as EntryOf<MessageKind>
  if (dice.chance(0.15)) return { bytes: entry.header, alone: true }
  if (dice.chance(0.3)) return { bytes: trimEntry(entry, dice.below(keys.length)) }
  return { bytes }
}

const again: Act = (here) => ({ bytes: here.create })

const ACTS: readonly Act[] = [
  ...[
    send,
    send,
    send,
    send,
    send,
    send,
    announce,
    announce,
    announce,
    extend,
    extend,
    extend,
    again,
  ],
  (here) => operation(here, 'add'),
  (here) => operation(here, 'add'),
  (here) => operation(here, 'remove'),
  (here) => operation(here, 'role'),
  (here) => withData(here, here.dice.pick(['policy', 'title', 'respkey'])),
]

function tryInChannel(here: RandomChannel): void {
  const { dice } = here
  if (dice.chance(0.12)) {
    tryInDirectory(here.directory)
    return
  }
  // Stale segments get their epoch soon, or nothing after a removal would ever be accepted.
  const stale = here.log.state.segments.some((_, seg) => here.log.state.isStale(seg))
  const offer = (stale && dice.chance(0.5) ? announce : dice.pick(ACTS))(here)
  if (offer === null) return
  const { bytes, ak, alone = false } = offer
  if (!alone && dice.chance(0.08)) here.offer(here.spoil(bytes))
  else here.offer(bytes, ak, alone)
}

type Alerted = { alert: never; respEpoch: never; respPk: Uint8Array }

function answer(here: RandomChannel, to: Alerted): Step {
  const { dice, directory } = here
  const by = dice.chance(0.9) ? here.signer() : (dice.pick(directory.phones) as TestDevice)
  const said = { seq: dice.chance(0.1) ? 0 : dice.below(9), choice: dice.below(3) }
  const where = { ...to }
  if (dice.chance(0.05)) where.respEpoch = id(dice)
  if (dice.chance(0.03)) where.alert = id(dice)
  const person = dice.chance(0.05) ? dice.pick(directory.people) : by.person
  const signer = dice.chance(0.03) ? { ...by, pair: dice.pick(directory.phones).pair } : by
  const bytes = answerBy(signer, where, directory.world, { ...said, person })
  const way = dice.below(12)
  if (way === 0) return { log: 'answers', bytes: here.spoil(bytes) }
  if (way === 1) return { log: 'answers', bytes: damaged(bytes, dice) }
  return { log: 'answers', bytes }
}

/** An audience with an alert, and answers to it while the audience lives on. */
function answers(dice: Dice): ReturnType<typeof channelInput> {
  const here = new RandomChannel(staff(new RandomDirectory(dice)), 'audience')
  const { log, directory } = here
  const to: Alerted = {
    alert: id<never>(dice),
    respEpoch: id<never>(dice),
    respPk: xwingPublic(dice.bytes(32)),
  }
  const [lead] = directory.phones.filter(
    ({ person }) => log.state.members.get(person)?.role === 3,
  ) as TestDevice[]
  // Now and then nobody could create the channel, and there is nothing to answer to.
  if (lead === undefined) return answers(dice)
  const { entry, ak } = log.announcement(lead)
  here.offer(entry, ak)
  const data = encodeOperationData({
    kind: 'respkey',
    channel: id(dice),
    epoch: to.respEpoch,
    publicKey: to.respPk,
  })
  here.offer(log.operation(KIND.respkey, lead, { data }))
  here.offer(log.message(lead, 'Alarm', { kind: KIND.alert, mid: to.alert }))
  if (!log.state.alerts.has(to.alert)) return answers(dice)
  for (let left = dice.between(6, 16); left > 0; left--) {
    if (dice.chance(0.3)) tryInChannel(here)
    directory.steps.push(answer(here, to))
  }
  return channelInput(here, { alert: to.alert })
}

const TYPES: readonly ChannelTypeName[] = ['group', 'direct', 'audience', 'audience', 'response']

function channelInput(here: RandomChannel, more: { alert?: Uint8Array } = {}) {
  const input = asInput(here.directory, here.dice)
  const pinned = here.directory.world.root.pair.publicKey
  return { ...input, pinned, channel: here.log.id, ...more }
}

function channel(dice: Dice) {
  const directory = staff(new RandomDirectory(dice))
  for (let left = dice.pick([0, 0, 4, 10]); left > 0; left--) tryInDirectory(directory)
  const here = new RandomChannel(directory, dice.pick(TYPES))
  for (let left = dice.between(10, 30); left > 0; left--) tryInChannel(here)
  return channelInput(here)
}

/** More people than a segment holds: publishers hold the keys of both, members those of one. */
function crowded(dice: Dice) {
  const directory = staff(new RandomDirectory(dice))
  const { world } = directory
  for (let i = 0; i < 515; i++) {
    const person = world.person(`crowd ${i}`, 'member')
    directory.steps.push({ log: 'directory', bytes: world.log.at(-1) as Uint8Array })
    directory.people.push(person)
  }
  const here = new RandomChannel(
    directory,
    dice.pick(['audience', 'audience', 'group', 'response']),
  )
  const [first] = directory.able(ROLE.coordinator)
  for (let all = outside(here); all.length > 0 && here.log.state.memb.n > 0; all = outside(here)) {
    const bytes = here.log.operation(KIND.add, first as TestDevice, { subjects: all.slice(0, 256) })
    if (here.offer(bytes) !== null) break
  }
  for (let left = 40; left > 0; left--) tryInChannel(here)
  return channelInput(here)
}

export const CHANNEL_MAKERS = { channel, answers, crowded } satisfies Record<string, Make>
