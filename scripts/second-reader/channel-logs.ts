// Random logs of channels and of answers, over a directory that goes on meanwhile.
import { REASON } from '../../protocol/entry-fields.ts'
import { decodeEntry, type EntryOf } from '../../protocol/entry.ts'
import { type ChannelTypeName, KIND, type MessageKind, ROLE } from '../../protocol/kinds.ts'
import { encodeOperationData } from '../../protocol/operation-data.ts'
import { trimEntry } from '../../protocol/payload.ts'
import { xwingPublic } from '../../protocol/sodium.ts'
import { answerBy } from '../../test/helpers/every-entry.ts'
import type { TestDevice } from '../../test/helpers/signers.ts'
import { ACTS, announce, outside } from './channel-acts.ts'
import { damaged } from './damage.ts'
import type { Dice } from './dice.ts'
import { asInput, tryInDirectory } from './directory-logs.ts'
import { id } from './make-entries.ts'
import type { Make } from './objects.ts'
import { RandomChannel } from './random-channel.ts'
import { RandomDirectory, staff, type Step } from './random-directory.ts'

export function tryInChannel(here: RandomChannel): void {
  const { dice } = here
  if (dice.chance(0.12)) {
    tryInDirectory(here.directory)
    return
  }
  // Stale segments get their epoch soon, or nothing after a removal would ever be accepted.
  const stale = here.log.state.segments.some((_, seg) => here.log.state.isStale(seg))
  const offer = (stale && dice.chance(0.5) ? announce : dice.pick(ACTS))(here)
  const { bytes, ak, alone = false } = offer
  if (!alone && dice.chance(0.08)) here.offer(here.spoil(bytes))
  else here.offer(bytes, ak, alone)
}

/** A device that only ever waited is revoked: nobody loses a key by that. */
function refusal({ directory }: RandomChannel): void {
  const { world, dice } = directory
  const { devices } = world.directory
  const waiting = directory.phones.filter(({ id: name }) => {
    const device = devices.get(name)
    return device?.from === null && device.until === null
  })
  if (waiting.length === 0) return
  const fields = {
    what: 2,
    subject: dice.pick(waiting).id,
    voidFrom: 0,
    reason: REASON.lost,
  } as const
  directory.offer(world.entry(KIND.revoke, fields, directory.actor ?? world.owner))
}

/** The device of a manager. */
function leadOf(here: RandomChannel): TestDevice | undefined {
  const { members } = here.log.state
  const lead = here.directory.able(ROLE.guest).find(({ person }) => members.get(person)?.role === 3)
  return lead as TestDevice | undefined
}

/** Somebody leaves the organisation, the channel hears of it, and they go on as if nothing had happened. */
function departure(here: RandomChannel): void {
  const { dice, directory, log } = here
  const lead = leadOf(here)
  const others = directory
    .able(ROLE.guest)
    .filter(({ person }) => log.state.members.has(person) && person !== lead?.person)
  if (lead === undefined || others.length === 0) return
  const leaver = dice.pick(others)
  const { world } = directory
  const fields = { what: 1, subject: leaver.person, voidFrom: 0, reason: REASON.left } as const
  directory.offer(world.entry(KIND.revoke, fields, world.owner, { second: directory.second() }))
  const data = encodeOperationData({ kind: 'title', dkVer: 1, title: new Uint8Array(9) })
  if (dice.chance(0.7)) here.offer(log.operation(KIND.title, lead, { data }))
  here.actor = leaver
  for (let left = dice.between(1, 4); left > 0; left--) {
    const { bytes, ak, alone } = dice.pick(ACTS)(here)
    here.offer(bytes, ak, alone)
  }
  here.actor = null
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
  const lead = leadOf(here)
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
  const tries = dice.between(10, 30)
  for (let left = tries; left > 0; left--) {
    tryInChannel(here)
    if (dice.chance(1 / tries)) departure(here)
    if (dice.chance(1 / tries)) refusal(here)
  }
  return channelInput(here)
}

/** Somebody of the second segment leaves the channel: messages that reach that segment wait for new keys. */
function removal(here: RandomChannel, lead: TestDevice): void {
  const { log } = here
  for (const [seg] of log.state.segments.entries()) {
    const { entry, ak } = log.announcement(lead, { seg })
    here.offer(entry, ak)
  }
  const gone = [...log.state.members.values()].find(({ seg, role }) => seg === 1 && role === 1)
  if (gone === undefined || log.keys.length < 2) return
  const say = () => log.message(lead, 'Lage', { mid: id<never>(here.dice) })
  here.offer(say())
  here.offer(log.operation(KIND.remove, lead, { subjects: [gone.person] }))
  here.offer(say())
  for (const seg of [0, 1]) here.offer(trimEntry(decodeEntry(say()) as EntryOf<MessageKind>, seg))
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
  const lead = leadOf(here)
  if (lead !== undefined) {
    for (let at = outside(here); at.length > 0; at = at.slice(256))
      here.offer(here.log.operation(KIND.add, lead, { subjects: at.slice(0, 256) }))
    removal(here, lead)
  }
  for (let left = 60; left > 0; left--) tryInChannel(here)
  return channelInput(here)
}

export const CHANNEL_MAKERS = { channel, answers, crowded } satisfies Record<string, Make>
