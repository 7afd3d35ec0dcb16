// The list of conversations, and one of them: who is in it, how long it is, what waits for it.
import { type Channel } from '../../../protocol/channel.ts'
import { equal } from '../../../protocol/bytes.ts'
import { decodeContent, markName, type MarkName } from '../../../protocol/content.ts'
import { idText, type LogId, type MessageId, parseId } from '../../../protocol/ids.ts'
import {
  CHANNEL_TYPE,
  type ChannelTypeName,
  channelTypeName,
  KIND,
  ROLE,
} from '../../../protocol/kinds.ts'
import { alertStanding, shownAs } from '../../../client/marks.ts'
import { headline, plainName } from '../../../client/file-name.ts'
import {
  absenceOf,
  channels as channelsOf,
  membersOf,
  messageAt,
  titleOf,
} from '../../../client/views.ts'
import type { Device } from '../device.ts'
import type { Transfer } from '../files.ts'
import { draftOf } from '../draft.ts'
import { byName, type ChannelRoleName, channelRoleName, who, type Who } from './names.ts'
import { messageView, shownLines } from './lines.ts'
import { pinnedView } from './pinned.ts'
import { type Muted, mutedUntil, type Unread, unreadIn, unreadOf } from './unread.ts'

export type Preview = { from: Who; at: number; text: string; type: 'text' | 'alert' | 'file' }
export type ChannelCard = Unread & {
  id: string
  title: string
  type: ChannelTypeName
  members: number
  last: Preview | null
}

/** Newest first; what nobody has written in yet comes last, by title. */
export async function channelsView(device: Device): Promise<ChannelCard[]> {
  const mine = channelsOf(device.core.replica)
  const cards = await Promise.all(mine.map((channel) => card(device, channel)))
  return cards.toSorted(
    (a, b) => (b.last?.at ?? 0) - (a.last?.at ?? 0) || a.title.localeCompare(b.title),
  )
}

async function card(device: Device, channel: Channel): Promise<ChannelCard> {
  const { core } = device
  return {
    ...(await unreadIn(device, channel)),
    id: idText(channel.id),
    title: titleOf(core.replica, channel),
    type: channelTypeName(channel.type),
    members: membersOf(core.replica, channel).length,
    last: await lastOf(device, channel.id),
  }
}

async function lastOf({ core, marks }: Device, log: LogId): Promise<Preview | null> {
  const lines = shownLines(core, log)
  for (let i = lines.length - 1; i >= 0; i--) {
    const line = lines[i]
    const message = line === undefined ? null : await messageAt(core, log, line.n)
    if (message === null) continue
    const { content, at } = message
    if (content.type === 'names' || content.type === 'mark') continue
    const said = await marks.on(log, message.id)
    const { text: changed, removed } = shownAs({ from: message.from, content }, said)
    if (removed !== null) continue
    const corrected = content.type === 'alert' ? alertStanding(said).corrections.at(-1) : undefined
    const text = headline(content, corrected?.text ?? changed).slice(0, 200)
    return { from: who(core, message.from), at, text, type: content.type }
  }
  return null
}

export type Waiting = {
  id: string
  text: string
  alert: boolean
  failure: string
  /** What it says about another message, where it is no message itself. */
  mark: MarkName | null
  /** Of a file; empty: there is none. */
  name: string
  transfer: Transfer | null
}
export type MemberCard = Who & { as: ChannelRoleName }
export type ChannelView = {
  id: string
  title: string
  type: ChannelTypeName
  members: MemberCard[]
  /** How many lines there are, and the first that nobody has seen here, counted from 0. */
  lines: number
  unread: number | null
  /** Index of the last of them in the log. */
  upto: number
  mayWrite: boolean
  mayManage: boolean
  draft: { text: string; replyTo: { id: string; name: string; text: string } | null }
  waiting: Waiting[]
  pinned: number
  muted: Muted | null
}

export async function channelView(
  device: Device,
  { channel: id }: { channel: string },
): Promise<ChannelView | null> {
  const { core } = device
  const log = parseId<LogId>(id)
  const state = core.replica.channels.get(log)
  const me = core.replica.identity.person
  if (state === undefined || !state.members.has(me)) return null
  const lines = shownLines(core, log)
  const [firstUnread] = await unreadOf(core, log)
  return {
    id,
    title: titleOf(core.replica, state),
    type: channelTypeName(state.type),
    members: membersOf(core.replica, state)
      .map(({ person, role }) => ({ ...who(core, person), as: channelRoleName(role) }))
      .toSorted(byName),
    lines: lines.length,
    unread: firstUnread === undefined ? null : lines.findIndex(({ n }) => n === firstUnread),
    upto: lines.at(-1)?.n ?? 0,
    mayWrite: state.allows('text', me),
    mayManage: state.allows('add', me),
    draft: await draftView(device, log),
    waiting: await waitingFor(device, log),
    pinned: (await pinnedView(device, { channel: id })).length,
    muted: await mutedUntil(core, log),
  }
}

/** More than that nobody reads; how many there are the bar at the top says. */
const MOST_WAITING = 50

async function waitingFor(device: Device, log: LogId): Promise<Waiting[]> {
  const { core, files } = device
  // What came into the log since the outbox was read is shown there, once.
  const rows = (await device.waiting()).filter(
    ({ row }) => equal(row.log, log) && !core.replica.hasOwn(log, row.mid),
  )
  const written = rows.slice(0, MOST_WAITING).flatMap(({ row }) => {
    if (row.kind === KIND.answer) return []
    const content = decodeContent(row.plain)
    if (content.type === 'names') return []
    // What is on its way shows where it will be; what was refused has no place but here.
    if (content.type === 'mark' && row.failure === '') return []
    const mark = content.type === 'mark' ? markName(content.mark) : null
    const name = content.type === 'file' ? plainName(content.name) : ''
    const transfer = content.type === 'file' ? files.transferOf(row.mid) : null
    const id = idText(row.mid)
    const alert = content.type === 'alert'
    return [{ id, text: content.text, alert, failure: row.failure, mark, name, transfer }]
  })
  const chosen = files.sealingIn(log).map(({ id, name }) => {
    const transfer = files.transferOf(parseId<MessageId>(id))
    return { id, text: '', alert: false, failure: '', mark: null, name, transfer }
  })
  return [...written, ...chosen]
}

export type AudienceCard = {
  id: string
  title: string
  members: number
  /** Those who have a device that could get it. */
  reached: number
  /** Those who have said that they are away. */
  away: number
}

/** Where this person may raise an alert. */
export function audiences({ core }: Device): AudienceCard[] {
  const { replica } = core
  const me = replica.identity.person
  const now = core.clock.now()
  const mine = channelsOf(replica).filter(
    (one) => one.type === CHANNEL_TYPE.audience && one.allows('alert', me),
  )
  return mine
    .map((one) => {
      const members = membersOf(replica, one)
      const reached = members.filter(
        ({ person }) => replica.directory.activeDevices(person).length > 0,
      )
      return {
        id: idText(one.id),
        title: titleOf(replica, one),
        members: members.length,
        reached: reached.length,
        away: members.filter(({ person }) => absenceOf(replica, person, now) !== null).length,
      }
    })
    .toSorted((a, b) => b.members - a.members)
}

/** May this person open an audience, and with it alert people? */
export function mayAlert({ core }: Device): boolean {
  return (core.replica.directory.roleNow(core.replica.identity.person) ?? 0) >= ROLE.coordinator
}

async function draftView(device: Device, log: LogId): Promise<ChannelView['draft']> {
  const { text, replyTo } = await draftOf(device.core, log)
  if (replyTo === null) return { text, replyTo: null }
  const [channel, id] = [idText(log), idText(replyTo)]
  const quoted = await messageView(device, { channel, id })
  const quote = quoted === null ? null : { id, name: quoted.from.name, text: quoted.text }
  return { text, replyTo: quote }
}
