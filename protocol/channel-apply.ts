// What an authorised operation changes in a channel.
import { equal } from './bytes.ts'
import type { Channel } from './channel.ts'
import type { Member } from './channel-state.ts'
import type { OperationEntry } from './channel-operations.ts'
import { decodeOperationData } from './operation-data.ts'
import { asId, type DeviceId, type PersonId } from './ids.ts'
import { CHANNEL_ROLE, CHANNEL_TYPE, type ChannelRole, KIND } from './kinds.ts'
import { hash } from './labels.ts'

export function applyOperation(channel: Channel, entry: OperationEntry, n: number): void {
  const { journal } = channel
  const { fields } = entry
  journal.assign(channel, 'memb', {
    n: fields.membN,
    head: hash('members', fields.membPrev, entry.id),
  })
  channel.noteDirectory(fields.dirN)
  applyData(channel, entry, n)
  for (const person of fields.subjects) applySubject(channel, entry, person, n)
}

function applyData(channel: Channel, entry: OperationEntry, n: number): void {
  const { journal } = channel
  const data = decodeOperationData(entry)
  const signer = asId<DeviceId>(entry.prefix.signer)
  if (data.kind === 'create') {
    journal.assign(channel, 'type', data.type)
    journal.assign(channel, 'creator', channel.directory.devices.get(signer)?.person ?? null)
  }
  if (data.kind === 'create' || data.kind === 'policy')
    journal.assign(channel, 'recorded', data.recorded === 1)
  if (data.kind === 'create' || data.kind === 'title') {
    journal.assign(channel, 'title', { dkVer: data.dkVer, sealed: data.title })
  }
  if (data.kind === 'respkey') {
    const { epoch, channel: answers, publicKey } = data
    journal.push(channel.respKeys, { epoch, channel: answers, publicKey, n, signer })
  }
}

function applySubject(channel: Channel, entry: OperationEntry, person: PersonId, n: number): void {
  switch (entry.kind) {
    case KIND.create:
    case KIND.add:
      return join(channel, person, roleFor(channel, entry, person), n)
    case KIND.remove:
      return leave(channel, person, n)
    case KIND.role:
      return changeRole(channel, person, entry.fields.role)
    default:
  }
}

function roleFor(channel: Channel, entry: OperationEntry, person: PersonId): ChannelRole {
  const creates = entry.kind === KIND.create && channel.type !== CHANNEL_TYPE.direct
  const byCreator = channel.creator !== null && equal(channel.creator, person)
  return creates && byCreator ? CHANNEL_ROLE.manager : entry.fields.role
}

function join(channel: Channel, person: PersonId, role: ChannelRole, n: number): void {
  const { journal } = channel
  const seg = channel.roomySegment()
  const segment = channel.segments[seg]
  if (segment === undefined)
    journal.push(channel.segments, { persons: 1, removedAt: 0, epoch: null })
  else journal.assign(segment, 'persons', segment.persons + 1)
  const sinceMemb = channel.memb.n
  const publisherSince = role >= CHANNEL_ROLE.publisher ? sinceMemb : null
  journal.set(channel.members, person, { person, role, seg, since: n, sinceMemb, publisherSince })
  journal.set(channel.spans, person, [
    ...(channel.spans.get(person) ?? []),
    { from: n, to: null, seg },
  ])
}

function leave(channel: Channel, person: PersonId, n: number): void {
  const { journal } = channel
  const member = channel.members.get(person)
  const segment = member === undefined ? undefined : channel.segments[member.seg]
  if (member === undefined || segment === undefined) return
  journal.assign(segment, 'persons', segment.persons - 1)
  endKeys(channel, member, false)
  journal.unset(channel.members, person)
  const spans = channel.spans.get(person) ?? []
  journal.set(
    channel.spans,
    person,
    spans.map((span) => (span.to === null ? { ...span, to: n } : span)),
  )
}

function changeRole(channel: Channel, person: PersonId, role: ChannelRole): void {
  const member = channel.members.get(person)
  if (member === undefined) return
  const publishes = role >= CHANNEL_ROLE.publisher
  if (member.publisherSince !== null && !publishes) endKeys(channel, member, true)
  const publisherSince = publishes ? (member.publisherSince ?? channel.memb.n) : null
  channel.journal.set(channel.members, person, { ...member, role, publisherSince })
}

/** The segments whose keys the member loses need new ones: all but the own when only a role ends. */
function endKeys(channel: Channel, member: Member, keepsOwn: boolean): void {
  for (const [seg, segment] of channel.segments.entries()) {
    const own = seg === member.seg
    if (own ? keepsOwn : member.publisherSince === null) continue
    channel.journal.assign(segment, 'removedAt', channel.memb.n)
  }
}
