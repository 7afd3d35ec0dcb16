// What a screen or a command shows of the replica: names, members, messages. Reads only.
import { equal } from '../protocol/bytes.ts'
import type { Channel } from '../protocol/channel.ts'
import type { Member } from '../protocol/channel-state.ts'
import type { Content } from '../protocol/content.ts'
import { decodeEntry, type EntryOf } from '../protocol/entry.ts'
import { ensure, type ErrorCode, ERRORS, ProtocolError } from '../protocol/errors.ts'
import {
  asId,
  type DeviceId,
  idText,
  type LogId,
  type MessageId,
  type PersonId,
} from '../protocol/ids.ts'
import type { MessageKind, Role } from '../protocol/kinds.ts'
import {
  type AbsenceWord,
  EMPTY_PROFILE,
  openAbsence,
  openProfile,
  openTitle,
  type Profile,
} from '../protocol/profile.ts'
import type { Core } from './core.ts'
import { noticeAt, type NoticeView } from './notices.ts'
import { openContent } from './open-content.ts'
import type { Replica } from './replica.ts'
import { entryRow, placeKey, problemRow, readPlace, readRow, STANDING } from './rows.ts'
import { drop } from './store.ts'

/** What is known of a person; empty for guests, who hold no directory key. */
export function profileOf(replica: Replica, person: PersonId): Profile {
  const known = replica.directory.persons.get(person)
  const { dk, dkVer } = replica.identity
  if (known === undefined || known.sealed.length === 0 || dkVer === 0) return EMPTY_PROFILE
  return orElse(() => openProfile(dk, person, known.sealed), EMPTY_PROFILE)
}

/** Until when somebody is away, and why; null once that is over, and for guests, who hold no directory key. */
export function absenceOf(replica: Replica, person: PersonId, now: number): AbsenceWord | null {
  const sealed = replica.directory.persons.get(person)?.absence.sealed
  const { dk, dkVer } = replica.identity
  if (sealed === undefined || sealed.length === 0 || dkVer === 0) return null
  if (replica.directory.roleNow(person) === null) return null
  const said = orElse(() => openAbsence(dk, person, sealed), null)
  return said === null || said.until <= now
    ? null
    : { until: shownTime(said.until), note: said.note }
}

/** One name or title that does not open must not take the list with it. */
function orElse<T>(open: () => T, otherwise: T): T {
  try {
    return open()
  } catch (error) {
    if (error instanceof ProtocolError) return otherwise
    throw error
  }
}

/** Nothing in a name turns the line round that it stands in, or begins another one. */
const inLine = (name: string): string => name.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, ' ')

export function nameOf(replica: Replica, person: PersonId): string {
  const { name } = profileOf(replica, person)
  if (name !== '') return inLine(name)
  return inLine(replica.names.get(person) ?? idText(person).slice(0, 8))
}

export function personOfDevice(replica: Replica, device: DeviceId): PersonId | null {
  return replica.directory.devices.get(device)?.person ?? null
}

/** The title, or for a direct channel the other person's name. */
export function titleOf(replica: Replica, channel: Channel): string {
  const { dk, dkVer, org, person } = replica.identity
  const other = [...channel.members.keys()].find((member) => !equal(member, person))
  if (channel.title.sealed.length === 0) return other === undefined ? '' : nameOf(replica, other)
  const unnamed = idText(channel.id).slice(0, 8)
  if (dkVer === 0) return inLine(replica.names.get(channel.id) ?? unnamed)
  return inLine(orElse(() => openTitle(dk, org, channel.title.sealed), unnamed))
}

export type PersonView = {
  person: PersonId
  name: string
  profile: Profile
  role: Role
  devices: DeviceId[]
  waiting: DeviceId[]
  away: AbsenceWord | null
}

/** Everybody in the directory who has not left; who is away `now`, in milliseconds. */
export function people(replica: Replica, now = Date.now()): PersonView[] {
  const { directory } = replica
  return [...directory.persons.values()].flatMap((person) => {
    const role = directory.roleNow(person.id)
    if (role === null) return []
    const profile = profileOf(replica, person.id)
    const devices = directory.activeDevices(person.id).map(({ id }) => id)
    const waiting = person.devices.filter((id) => {
      const device = directory.devices.get(id)
      return device?.from === null && device.until === null
    })
    const name = nameOf(replica, person.id)
    const away = absenceOf(replica, person.id, now)
    return [{ person: person.id, name, profile, role, devices, waiting, away }]
  })
}

/** Whoever is in a channel and has not left the organisation. */
export function membersOf({ directory }: Replica, channel: Channel): Member[] {
  return [...channel.members.values()].filter(({ person }) => directory.roleNow(person) !== null)
}

/** Channels that this person is in. */
export function channels(replica: Replica): Channel[] {
  return [...replica.channels.values()].filter((channel) =>
    channel.members.has(replica.identity.person),
  )
}

/** By id, or by title when that is unambiguous. */
export function findChannel(replica: Replica, text: string): Channel {
  const mine = channels(replica)
  const byId = mine.find((channel) => idText(channel.id) === text)
  if (byId !== undefined) return byId
  const byTitle = mine.filter(
    (channel) => titleOf(replica, channel).toLowerCase() === text.toLowerCase(),
  )
  ensure(byTitle.length > 0, 'not_found', `channel "${text}"`)
  const [only] = byTitle
  ensure(
    only !== undefined && byTitle.length === 1,
    'usage',
    `${byTitle.length} channels are called "${text}": use the id`,
  )
  return only
}

export type MessageView = {
  type: 'message'
  id: MessageId
  channel: LogId
  n: number
  from: PersonId | null
  at: number
  kind: MessageKind
  content: Content
}
export type ProblemView = {
  type: 'problem'
  channel: LogId
  n: number
  code: string
  reason: string
}
export type NewsView = MessageView | ProblemView | NoticeView

/** The last moment that a calendar has (ECMA-262, 21.4.1.1): nobody's screen fails over somebody's clock. */
const LAST_MOMENT = 8_640_000_000_000_000
export const shownTime = (t: number): number => Math.min(t, LAST_MOMENT)

/** One message of a channel, or null when it is a stub, refused, locked or no message. */
export async function messageAt(core: Core, log: LogId, n: number): Promise<MessageView | null> {
  const stored = await core.store.get('entries', placeKey(log, n))
  return stored === null ? null : messageFrom(core, log, n, stored)
}

/** The same where its row is at hand. */
export function messageFrom(
  core: Core,
  log: LogId,
  n: number,
  stored: Uint8Array,
): MessageView | null {
  const row = readRow(entryRow, stored)
  if (row.standing !== STANDING.ok) return null
  const entry = decodeEntry(row.bytes)
  if (!('mid' in entry.fields)) return null
  const content = openContent(core.replica, entry as EntryOf<MessageKind>)
  if (content === null) return null
  const from = personOfDevice(core.replica, asId<DeviceId>(entry.prefix.signer))
  const { mid: id } = entry.fields
  return {
    type: 'message',
    id,
    channel: log,
    n,
    from,
    at: shownTime(entry.prefix.t),
    kind: entry.kind as MessageKind,
    content,
  }
}

/** The message of this id in a channel of this person; null when this device cannot show it. */
export async function findMessage(core: Core, id: MessageId): Promise<MessageView | null> {
  for (const { id: log } of channels(core.replica)) {
    const found = await messageIn(core, log, id)
    if (found !== null) return found
  }
  return null
}

/** The same where the channel is known. */
export async function messageIn(
  core: Core,
  log: LogId,
  id: MessageId,
): Promise<MessageView | null> {
  const lines = core.replica.lines.get(log) ?? []
  const line = lines.find(({ mid }) => mid !== null && equal(mid, id))
  return line === undefined ? null : messageAt(core, log, line.n)
}

/** All readable messages of a channel, in order. */
export async function messagesOf(core: Core, log: LogId): Promise<MessageView[]> {
  const found: MessageView[] = []
  for (let n = 1; n <= (core.replica.channels.get(log)?.head.n ?? 0); n++) {
    const message = await messageAt(core, log, n)
    if (message !== null) found.push(message)
  }
  return found
}

/** What is new: problems first, then notices and messages in the order of the logs. `seen` says that they were shown. */
export async function news(core: Core): Promise<{ items: NewsView[]; seen: () => Promise<void> }> {
  const alarms = await core.store.list('alarms')
  const rows = await core.store.list('news')
  const items: NewsView[] = []
  for (const { key } of alarms) {
    const row = await core.store.get('problems', key)
    const { log, n } = readPlace(key)
    if (row !== null) items.push(problemView(log, n, readRow(problemRow, row)))
  }
  for (const { key } of rows) {
    const { log, n } = readPlace(key)
    const ofDirectory = equal(log, core.replica.directory.log)
    const item = ofDirectory ? await noticeAt(core, n) : await messageAt(core, log, n)
    if (item !== null) items.push(item)
  }
  const told = [
    ...alarms.map(({ key }) => drop('alarms', key)),
    ...rows.map(({ key }) => drop('news', key)),
  ]
  return { items, seen: () => core.store.commit(told) }
}

function problemView(
  channel: LogId,
  n: number,
  row: { code: string; detail: string },
): ProblemView {
  const sentence = Object.hasOwn(ERRORS, row.code) ? ERRORS[row.code as ErrorCode][1] : row.code
  return {
    type: 'problem',
    channel,
    n,
    code: row.code,
    reason: row.detail === '' ? sentence : `${sentence} (${row.detail})`,
  }
}
