// One acceptable entry of each kind, each with the state that would take it next.
import { AnswerLog } from '../../protocol/answer-log.ts'
import { type Answer, sealAnswer } from '../../protocol/answer-keys.ts'
import { Channel, channelIdOf } from '../../protocol/channel.ts'
import { Directory } from '../../protocol/directory.ts'
import { decodeEntry, type Entry } from '../../protocol/entry.ts'
import { REASON, REVOKE } from '../../protocol/entry-fields.ts'
import { responsePublic } from '../../protocol/epoch-keys.ts'
import type { EpochId, LogId, MessageId, PersonId } from '../../protocol/ids.ts'
import { CHANNEL_ROLE, KIND, ROLE } from '../../protocol/kinds.ts'
import { hashId } from '../../protocol/labels.ts'
import { encodeOperationData } from '../../protocol/operation-data.ts'
import { sealTitle } from '../../protocol/profile.ts'
import { xwingPublic } from '../../protocol/sodium.ts'
import type { TestChannel } from './channel-world.ts'
import { creation, openChannel, readyChannel } from './channels.ts'
import { seed, seededBytes, seededId, seededPair } from './seed.ts'
import type { TestDevice, TestSigner } from './signers.ts'
import { staffedWorld, type World } from './world.ts'

export type Example = {
  name: string
  bytes: Uint8Array
  /** Throws unless the entry may stand next; changes nothing. */
  check: (entry: Entry) => void
}
type Staff = ReturnType<typeof staffedWorld>

const ALERT = {
  type: 'alert' as const,
  severity: 3 as const,
  answers: ['safe', 'need help', 'on my way'],
  text: 'Stromausfall im Werk Nord',
}

function directoryExamples({ world, owner, admin, member }: Staff): Example[] {
  const check = (entry: Entry) => world.directory.check(entry)
  const spare = world.card(member.person, member, { label: 'spare card' })
  const pending = world.enrol(world.card(admin.person, admin, { label: 'second card' }), 'pending')
  const person = seededId<PersonId>('Nina New')
  const device = world.deviceFields(spare, seededPair('new device'))
  const revoked = { what: REVOKE.person, subject: member.person, voidFrom: 3, reason: REASON.lost }
  const second = { second: admin }
  const trusted = world.personFields(person, 'Nina New', ROLE.admin)
  return [
    found(world),
    example(
      'person',
      world.entry(KIND.person, world.personFields(person, 'Nina New', ROLE.member), owner),
    ),
    example('person cosigned', world.entry(KIND.person, trusted, owner, second)),
    example(
      'card',
      world.entry(KIND.card, world.cardFields(world.newCard(member.person, 'new')), owner),
    ),
    example('device', world.entry(KIND.device, device, spare)),
    example('approve', world.entry(KIND.approve, { device: pending.id }, admin)),
    example('revoke', world.entry(KIND.revoke, revoked, owner)),
    example('tick', world.entry(KIND.tick, {}, owner)),
    example('box', world.entry(KIND.box, { boxPk: seed('new box') }, owner, second)),
    records(world),
    checkpoint(world),
    restored(world, second),
    example('running', world.entry(KIND.running, world.runningFields(member.id), member)),
    example('absence', world.entry(KIND.absence, world.absenceFields(member.person), member)),
  ].map((e) => ({ check, ...e }))
}

function example(name: string, bytes: Uint8Array): Omit<Example, 'check'> {
  return { name, bytes }
}

function found(world: World): Example {
  const fresh = new Directory(world.org, world.root.pair.publicKey)
  const bytes = world.entry(KIND.found, world.foundFields(), world.foundingCard, {
    ref: fresh.head,
  })
  return { name: 'found', bytes, check: (entry) => fresh.check(entry) }
}

/** Signed for one place of the log, so it is judged by a directory that stays there. */
function checkpoint(world: World): Example {
  const frozen = world.copy()
  const check = (entry: Entry) => frozen.directory.check(entry)
  return { name: 'checkpoint', bytes: frozen.checkpoint(world.owner), check }
}

/** As a checkpoint. */
function restored(world: World, second: { second: TestSigner }): Example {
  const frozen = world.copy()
  const check = (entry: Entry) => frozen.directory.check(entry)
  return { name: 'restore', bytes: frozen.restored(world.owner, second), check }
}

function records(world: World): Example {
  const recPk = xwingPublic(seed('new records key'))
  const recKey = hashId('rec-key', recPk)
  const names = seededBytes('sealed names', 100)
  const fields = { recKey, recPk, needed: 2, custodians: 3, names }
  // The world goes on to another records key, which this entry has not seen.
  const { directory } = world.copy()
  const bytes = world.entry(KIND.records, fields, world.root)
  return { name: 'records', bytes, check: (entry) => directory.check(entry) }
}

function operationExamples(
  world: World,
  by: TestDevice,
  channel: TestChannel,
  stranger: PersonId,
): Example[] {
  const check = (entry: Entry) => channel.state.check(entry)
  const title = sealTitle(world.dk, world.org, 'Lage 2')
  const respkey = {
    channel: seededId<LogId>('response'),
    epoch: seededId<EpochId>('response epoch'),
  }
  const publicKey = xwingPublic(seed('response key'))
  const member = [...channel.state.members.keys()].filter((id) => id.join() !== by.person.join())
  const data = {
    policy: encodeOperationData({ kind: 'policy', recorded: 1 }),
    title: encodeOperationData({ kind: 'title', dkVer: 1, title }),
    respkey: encodeOperationData({ kind: 'respkey', ...respkey, publicKey }),
  }
  const role = CHANNEL_ROLE.publisher
  return [
    example('add', channel.operation(KIND.add, by, { subjects: [stranger] })),
    example('remove', channel.operation(KIND.remove, by, { subjects: member })),
    example('role', channel.operation(KIND.role, by, { subjects: member.slice(0, 1), role })),
    example('policy', channel.operation(KIND.policy, by, { data: data.policy })),
    example('title', channel.operation(KIND.title, by, { data: data.title })),
    example('respkey', channel.operation(KIND.respkey, by, { data: data.respkey })),
    example('announce', channel.announcement(by).entry),
    example('extension', channel.extension(by)),
    example('text', channel.message(by, 'Lage um 8 Uhr')),
    example('alert', channel.message(by, alertOf(channel), { kind: KIND.alert })),
    example('exercise', channel.message(by, alertOf(channel), { kind: KIND.exercise })),
    example('control', channel.message(by, 'control', { kind: KIND.control })),
  ].map((e) => ({ check, ...e }))
}

function alertOf(channel: TestChannel) {
  const epoch = channel.state.currentEpoch(0)
  return { ...ALERT, respChannel: channel.id, respEpoch: epoch?.id ?? seededId<EpochId>('none') }
}

function createExample(world: World, by: TestDevice, people: PersonId[]): Example {
  const bytes = creation(world, by, 'group', { people })
  const id = channelIdOf(decodeEntry(bytes))
  const state = new Channel(id, world.directory, () => undefined)
  return { name: 'create', bytes, check: (entry) => state.check(entry) }
}

function recordedExample(world: World, by: TestDevice): Example {
  const channel = openChannel(world, by, 'group', { recorded: 1 })
  const bytes = channel.announcement(by).entry
  return { name: 'announce recorded', bytes, check: (entry) => channel.state.check(entry) }
}

/** An audience with a response channel, an alert in it and whatever an answer needs. */
export function alertedAudience({ world, coordinator, member, guest }: Staff) {
  const response = readyChannel(world, coordinator, 'response')
  const people = [member.person, guest.person]
  const audience = readyChannel(world, coordinator, 'audience', { people })
  const respEpoch = response.keys[0]?.epoch as EpochId
  const respPk = responsePublic(response.keyAt(respEpoch, 0), audience.id)
  const where = { channel: response.id, epoch: respEpoch }
  audience.data('respkey', coordinator, { kind: 'respkey', ...where, publicKey: respPk })
  const alert = seededId<MessageId>('the alert')
  audience.send(
    coordinator,
    { ...ALERT, respChannel: response.id, respEpoch },
    { kind: KIND.alert, mid: alert },
  )
  return { response, audience, respEpoch, respPk, alert }
}

export function answerBy(
  device: TestDevice,
  to: { alert: MessageId; respEpoch: EpochId; respPk: Uint8Array },
  world: World,
  value: Partial<Omit<Answer, 'alert'>> & { seq?: number; person?: PersonId } = {},
): Uint8Array {
  const { seq = 1, person = device.person, ...rest } = value
  const context = { org: world.org, signer: device.id, t: world.now }
  const plain = { choice: 0, etaMinutes: 0, text: '', ...rest }
  return sealAnswer({ context, person, seq, ...to }, plain, device.pair.secretKey)
}

/** All kinds; the world they stand in comes along for those who want to go on with it. */
export function everyEntry(): { staff: Staff; examples: Example[] } {
  const staff = staffedWorld()
  const { world, owner, coordinator, member, guest, admin } = staff
  const directory = directoryExamples(staff)
  const plain = readyChannel(world, coordinator, 'audience', {
    people: [member.person, guest.person],
  })
  world.keepRecords()
  const alerted = alertedAudience(staff)
  const log = new AnswerLog(alerted.audience.state, alerted.alert)
  const answer = answerBy(member, alerted, world, {
    choice: 2,
    etaMinutes: 25,
    text: 'Bin unterwegs',
  })
  const examples = [
    createExample(world, owner, [member.person, guest.person]),
    ...operationExamples(world, coordinator, plain, admin.person),
    recordedExample(world, owner),
    { name: 'answer', bytes: answer, check: (entry: Entry) => log.check(entry) },
  ]
  return { staff, examples: [...directory, ...examples] }
}
