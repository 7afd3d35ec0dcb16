// Judges the membership operations of a channel. Operations name persons, also before they have a
// device, and form a chain of their own so that a newcomer can read them without the messages between.
import { equal } from './bytes.ts'
import type { Channel } from './channel.ts'
import type { EntryOf } from './entry.ts'
import { decodeCreateData, decodeOperationData } from './operation-data.ts'
import { ensure } from './errors.ts'
import type { PersonId } from './ids.ts'
import { CHANNEL_ROLE, CHANNEL_TYPE, KIND, type OperationKind } from './kinds.ts'
import { MAX_AUDIENCE_PERSONS, MAX_GROUP_PERSONS } from './limits.ts'
import { type ChannelAct, CREATE_RULES } from './permissions.ts'
import { checkXwingPublic } from './xwing-key.ts'

export type OperationEntry = EntryOf<OperationKind>

/** Throws the reason why the operation may not stand next. */
export function checkOperation(channel: Channel, entry: OperationEntry): void {
  const { fields } = entry
  ensure(
    fields.membN === channel.memb.n + 1 && equal(fields.membPrev, channel.memb.head),
    'memb_moved',
  )
  channel.checkDirectoryPlace(fields.dirN, fields.dirH)
  const device = channel.signerAt(entry, fields.dirN)
  checkSubjects(entry)
  if (entry.kind === KIND.create) return checkCreate(channel, entry, device.person)
  channel.authorise(actOf(entry, device.person), channel.members.get(device.person), fields.dirN)
  const data = decodeOperationData(entry)
  if (data.kind === 'policy') checkRecorded(channel, entry, data.recorded)
  if (data.kind === 'respkey') checkXwingPublic(data.publicKey)
  if (entry.kind === KIND.add) checkAdd(channel, entry)
  if (entry.kind === KIND.remove || entry.kind === KIND.role) {
    for (const person of fields.subjects) ensure(channel.members.has(person), 'not_member')
  }
}

function actOf(entry: OperationEntry, signer: PersonId): ChannelAct {
  switch (entry.kind) {
    case KIND.add:
      return 'add'
    case KIND.remove: {
      const [first, ...others] = entry.fields.subjects
      return first !== undefined && others.length === 0 && equal(first, signer) ? 'leave' : 'remove'
    }
    case KIND.role:
      return 'role'
    case KIND.policy:
      return 'policy'
    case KIND.respkey:
      return 'respkey'
    default:
      return 'title'
  }
}

const NAMES_PERSONS: readonly OperationKind[] = [KIND.create, KIND.add, KIND.remove, KIND.role]

/** Ascending, so that there is one form of a list and nobody stands in it twice. */
function checkSubjects(entry: OperationEntry): void {
  const { subjects } = entry.fields
  if (NAMES_PERSONS.includes(entry.kind)) ensure(subjects.length >= 1, 'malformed', 'nobody')
  else ensure(subjects.length === 0, 'malformed', 'subjects')
  for (let i = 1; i < subjects.length; i++) {
    ensure(
      compareBytes(subjects[i - 1] as PersonId, subjects[i] as PersonId) < 0,
      'malformed',
      'order of subjects',
    )
  }
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** The creator is in from the start, as manager; the others get the role that the operation names. */
function checkCreate(channel: Channel, entry: OperationEntry, creator: PersonId): void {
  const { fields } = entry
  const data = decodeCreateData(entry)
  const role = channel.directory.roleAt(creator, fields.dirN)
  ensure(role !== null && role >= CREATE_RULES[data.type], 'not_allowed', 'create')
  ensure(
    fields.subjects.some((person) => equal(person, creator)),
    'malformed',
    'the creator is a member',
  )
  checkPersons(channel, entry)
  checkRecorded(channel, entry, data.recorded)
  if (data.type === CHANNEL_TYPE.direct) {
    ensure(fields.subjects.length === 2, 'malformed', 'a direct channel has two people')
    ensure(fields.role === CHANNEL_ROLE.member, 'malformed', 'roles in a direct channel')
  }
}

/** "Recorded" is a promise to the custodians: without their key nobody could keep it. */
function checkRecorded(channel: Channel, entry: OperationEntry, recorded: 0 | 1): void {
  const key = channel.directory.recordsAt(entry.fields.dirN)
  ensure(recorded === 0 || key !== null, 'records_mismatch', 'no records key')
}

function checkAdd(channel: Channel, entry: OperationEntry): void {
  for (const person of entry.fields.subjects) ensure(!channel.members.has(person), 'already_member')
  checkPersons(channel, entry)
  const most = channel.type === CHANNEL_TYPE.audience ? MAX_AUDIENCE_PERSONS : MAX_GROUP_PERSONS
  ensure(channel.members.size + entry.fields.subjects.length <= most, 'channel_full')
}

/** Somebody the directory does not know gets no key, whoever asks for it. */
function checkPersons(channel: Channel, entry: OperationEntry): void {
  for (const person of entry.fields.subjects) {
    ensure(channel.directory.persons.has(person), 'person_unknown')
    ensure(channel.directory.roleAt(person, entry.fields.dirN) !== null, 'person_inactive')
  }
}
