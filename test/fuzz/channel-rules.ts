// What must hold whatever was accepted into a channel, stated anew and without the product's own table.
import { equal } from '../../protocol/bytes.ts'
import { type Head, nextHead, stubOf } from '../../protocol/chain.ts'
import type { Channel } from '../../protocol/channel.ts'
import type { Entry } from '../../protocol/entry.ts'
import { asId, type DeviceId, type Hash } from '../../protocol/ids.ts'
import {
  CHANNEL_ROLE,
  CHANNEL_TYPE,
  isMessageKind,
  isOperationKind,
  KIND,
  ROLE,
} from '../../protocol/kinds.ts'
import { hash } from '../../protocol/labels.ts'
import { must } from '../../scripts/fuzz/target.ts'

type Facts = {
  head: Head
  memb: { n: number; head: Hash }
  dirN: number
  roles: Map<string, number>
  seq: number
  epochs: Map<string, number>
  alerts: number
  respKeys: number
  recorded: boolean
  stale: boolean
  /** The signer: role in the channel (0: not in it) and in the directory. */
  own: number
  role: number
  person: string
  /** Is there a manager left who has not left the organisation? */
  managed: boolean
  belongs: boolean
}

const hex = (bytes: Uint8Array): string => bytes.toHex()

export function factsOf(state: Channel, entry: Entry): Facts {
  const { directory } = state
  const signer = asId<DeviceId>(entry.prefix.signer)
  const device = directory.devices.get(signer)
  const member = device === undefined ? undefined : state.members.get(device.person)
  const epoch = member === undefined ? null : state.currentEpoch(member.seg)
  const managers = [...state.members.values()].filter(({ role }) => role === CHANNEL_ROLE.manager)
  return {
    head: state.head,
    memb: state.memb,
    dirN: state.dirN,
    roles: new Map([...state.members.values()].map(({ person, role }) => [hex(person), role])),
    seq: state.seqs.get(signer) ?? 0,
    epochs: new Map([...state.epochs.values()].map(({ id, gen }) => [hex(id), gen])),
    alerts: state.alerts.size,
    respKeys: state.respKeys.length,
    recorded: state.recorded,
    stale: member === undefined || state.isStale(member.seg, state.dirN),
    own: member?.role ?? 0,
    role: device === undefined ? 0 : (directory.roleNow(device.person) ?? 0),
    person: device === undefined ? '' : hex(device.person),
    managed: managers.some(({ person }) => directory.roleNow(person) !== null),
    belongs: device !== undefined && epoch !== null && state.isSender(device, epoch),
  }
}

/** Throws unless what `entry` has changed is what its signer may change. */
export function judgeChannel(state: Channel, before: Facts, after: Facts, entry: Entry): void {
  const next = nextHead(before.head, stubOf(entry))
  must(after.head.n === next.n && equal(after.head.h, next.h), 'the head follows from the entry')
  must(before.own > 0, 'only members put anything into a channel')
  must(after.dirN >= before.dirN, 'the directory place does not go back')
  if ('dirN' in entry.fields)
    must(entry.fields.dirN >= before.dirN, 'nothing relies on an older directory')
  judgeMembers(state)
  if (isOperationKind(entry.kind)) judgeOperation(state, before, after, entry)
  else must(equal(after.memb.head, before.memb.head), 'only operations move the membership')
  if (isMessageKind(entry.kind)) judgeMessage(state, before, after, entry)
  if (entry.kind === KIND.announce) judgeAnnounce(state, before, after)
  if (entry.kind === KIND.extension) judgeExtension(state, before, after, entry)
  must(isMessageKind(entry.kind) || after.alerts === before.alerts, 'only messages ring')
}

/** Counts agree with the list, and everybody in it is known. */
function judgeMembers(state: Channel): void {
  const counted = new Map<number, number>()
  for (const { person, seg } of state.members.values()) {
    must(state.directory.persons.has(person), 'members are in the directory')
    counted.set(seg, (counted.get(seg) ?? 0) + 1)
  }
  for (const [seg, { persons }] of state.segments.entries())
    must(persons === (counted.get(seg) ?? 0), 'a segment counts its members')
  for (const [person, spans] of state.spans.entries()) {
    const open = spans.filter(({ to }) => to === null).length
    must(open === (state.members.has(person) ? 1 : 0), 'who is in has one open span')
  }
}

function judgeOperation(state: Channel, before: Facts, after: Facts, entry: Entry): void {
  must(after.memb.n === before.memb.n + 1, 'operations are counted')
  must(
    equal(after.memb.head, hash('members', before.memb.head, entry.id)),
    'operations are chained',
  )
  const keeper = state.type === CHANNEL_TYPE.response && before.role >= ROLE.admin
  const standIn = !before.managed && before.role >= ROLE.admin
  const manages = before.own === CHANNEL_ROLE.manager || standIn
  const people = new Set([...before.roles.keys(), ...after.roles.keys()])
  for (const person of people) {
    const [was, is] = [before.roles.get(person) ?? 0, after.roles.get(person) ?? 0]
    if (was === is) continue
    must(state.type !== CHANNEL_TYPE.direct, 'who is in a direct channel never changes')
    const leaves = is === 0 && person === before.person
    const inOrOut = was === 0 || is === 0
    must(manages || leaves || (keeper && inOrOut), 'managers say who is in and as what')
    if (is === 0) must(state.isStale(0), 'who leaves makes the keys stale')
  }
  must(manages || after.recorded === before.recorded, 'managers decide about records')
  const audience = state.type === CHANNEL_TYPE.audience
  const publishes =
    manages || before.own >= CHANNEL_ROLE.publisher || before.role >= ROLE.coordinator
  must(
    after.respKeys === before.respKeys || (audience && publishes),
    'publishers of an audience give keys for answers',
  )
}

function judgeMessage(state: Channel, before: Facts, after: Facts, entry: Entry): void {
  must(!before.stale, 'nothing is said under keys that somebody lost')
  must(before.belongs, 'who speaks belongs to the epoch')
  must('seq' in entry.fields && after.seq > before.seq, 'numbers of a sender grow')
  const rings = entry.kind === KIND.alert || entry.kind === KIND.exercise
  const publishes = before.own >= CHANNEL_ROLE.publisher || before.role >= ROLE.coordinator
  must(state.type !== CHANNEL_TYPE.audience || publishes, 'publishers speak to an audience')
  must(!rings || state.type === CHANNEL_TYPE.audience, 'only audiences ring')
  must(after.alerts >= before.alerts, 'alerts are remembered')
}

function judgeAnnounce(state: Channel, before: Facts, after: Facts): void {
  must(after.epochs.size === before.epochs.size + 1, 'an announce makes one epoch')
  const made = [...after.epochs.keys()].filter((id) => !before.epochs.has(id))
  const current = state.segments.map(({ epoch }) => (epoch === null ? '' : hex(epoch)))
  must(current.includes(made[0] ?? '-'), 'the newest epoch is the current one')
  const epoch = [...state.epochs.values()].find(({ id }) => hex(id) === made[0])
  must((epoch?.records !== null) === state.recorded, 'records as the channel says')
}

function judgeExtension(state: Channel, before: Facts, after: Facts, entry: Entry): void {
  if (entry.kind !== KIND.extension) return
  const id = hex(entry.fields.epoch)
  const [was, is] = [before.epochs.get(id), after.epochs.get(id)]
  must(was !== undefined && is !== undefined, 'an extension is of a known epoch')
  must(is === was || is === was + 1, 'generations come one by one')
  must(before.belongs, 'who extends holds the key')
  must(state.type !== CHANNEL_TYPE.response || is === 0, 'response channels have one generation')
}
