// The lines of a conversation: messages with their real state, who came and went, what could not be read.
import { headline, plainName } from '../../../client/file-name.ts'
import { alertStanding, type Shown, shownAs } from '../../../client/marks.ts'
import { openOperation } from '../../../client/operation-line.ts'
import { messageIn, type MessageView, messageAt } from '../../../client/views.ts'
import type { Core } from '../../../client/core.ts'
import type { Line as LogLine } from '../../../client/replica.ts'
import { STANDING } from '../../../client/rows.ts'
import { equal } from '../../../protocol/bytes.ts'
import type { Channel } from '../../../protocol/channel.ts'
import type { FileFacts } from '../../../protocol/content.ts'
import { idText, type LogId, type MessageId, parseId } from '../../../protocol/ids.ts'
import { isMessageKind, KIND } from '../../../protocol/kinds.ts'
import type { Device } from '../device.ts'
import type { Transfer } from '../files.ts'
import { isSmallJpeg } from '../small-jpeg.ts'
import { type Mention, mentionsIn } from '../mentions.ts'
import { who, type Who } from './names.ts'

/** Where a message stands. `held` of `of`: how many of the others have said, signed, that they hold it. */
export type Delivery = { held: number; of: number }
export type Reaction = { text: string; by: Who[] }
type Message = {
  id: string
  text: string
  /** What stood there first, where it was changed. */
  original: string | null
  removed: boolean
  mentions: Mention[]
  pinned: boolean
  reactions: Reaction[]
  delivery: Delivery | null
}
export type FileCard = {
  name: string
  size: number
  mime: string
  /** There is a small picture of it. */
  picture: boolean
  /** It is on this device, and opens without the box. */
  kept: boolean
  transfer: Transfer | null
}
export type Line = {
  n: number
  at: number
  from: Who
} & (
  | (Message & { type: 'text'; replyTo: string | null })
  | (Message & { type: 'alert'; exercise: boolean; state: 'open' | 'cancelled' | 'over' })
  | (Message & { type: 'file' } & FileCard)
  | { type: 'event'; event: 'created' | 'added' | 'removed' | 'titled'; people: Who[] }
  | { type: 'unreadable'; why: 'refused' | 'locked' }
)

const LONGEST_QUOTE = 200

/** Controls change what other lines show; names for guests are nobody's message. */
export function shownLines(core: Core, log: LogId): LogLine[] {
  return (core.replica.lines.get(log) ?? []).filter(({ kind }) => kind !== KIND.control)
}

/** Lines `from` (counted from 0) to before `to`. */
export async function linesView(
  device: Device,
  { channel, from, to }: { channel: string; from: number; to: number },
): Promise<Line[]> {
  const { core } = device
  const log = parseId<LogId>(channel)
  const state = core.replica.channels.get(log)
  if (state === undefined) return []
  const found: Line[] = []
  for (const line of shownLines(core, log).slice(from, to))
    found.push(await lineAt(device, state, line))
  return found
}

/** One message by its id, for whoever answers to it; null where this device cannot show it. */
export async function messageView(
  { core, marks }: Device,
  { channel, id }: { channel: string; id: string },
): Promise<{ from: Who; text: string } | null> {
  const log = parseId<LogId>(channel)
  const found = await messageIn(core, log, parseId<MessageId>(id))
  if (found === null || found.content.type === 'names' || found.content.type === 'mark') return null
  const { content, from } = found
  const shown = shownAs({ from, content }, await marks.on(log, found.id))
  if (shown.removed !== null) return null
  const text = headline(content, shown.text).slice(0, LONGEST_QUOTE)
  return { from: who(core, from), text }
}

async function lineAt(
  device: Device,
  channel: Channel,
  { n, kind, standing }: LogLine,
): Promise<Line> {
  const { core } = device
  const from = who(core, null)
  if (standing === STANDING.refused) return { n, at: 0, from, type: 'unreadable', why: 'refused' }
  if (!isMessageKind(kind)) return eventAt(core, channel.id, n)
  const message = await messageAt(core, channel.id, n)
  const line = message === null ? null : await messageLine(device, channel, message)
  return line ?? { n, at: 0, from, type: 'unreadable', why: 'locked' }
}

async function messageLine(
  device: Device,
  channel: Channel,
  { n, at, id, from, content, kind }: MessageView,
): Promise<Line | null> {
  if (content.type === 'names' || content.type === 'mark') return null
  const { core, receipts, marks } = device
  const said = await marks.on(channel.id, id)
  const others = channel.members.size - 1
  const mine = from !== null && equal(from, core.replica.identity.person)
  const held = mine ? receipts.holders(core, channel.id, n).length : 0
  const message = {
    n,
    at,
    from: who(core, from),
    id: idText(id),
    ...markedAs(core, channel, shownAs({ from, content }, said), content.text),
    delivery: mine && others > 0 ? { held, of: others } : null,
  }
  switch (content.type) {
    case 'text': {
      const replyTo = content.replyTo === null ? null : idText(content.replyTo)
      return { ...message, type: 'text', replyTo }
    }
    case 'alert': {
      const { state, corrections } = alertStanding(said)
      // What holds now stands where the alert stood, as with a message that was changed.
      const last = corrections.at(-1)
      const now = last === undefined ? {} : { text: last.text, original: content.text }
      return { ...message, ...now, type: 'alert', exercise: kind === KIND.exercise, state }
    }
    case 'file':
      return { ...message, type: 'file', ...(await fileCard(device, id, content)) }
  }
}

async function fileCard({ files }: Device, id: MessageId, facts: FileFacts): Promise<FileCard> {
  const { size, mime, thumbnail } = facts
  const name = plainName(facts.name)
  const kept = await files.isKept(facts)
  const picture = isSmallJpeg(thumbnail)
  return { name, size, mime, picture, kept, transfer: files.transferOf(id) }
}

function markedAs(core: Core, channel: Channel, shown: Shown, original: string) {
  const { text, edited, removed, pinned, reactions } = shown
  const members = (): Who[] => [...channel.members.keys()].map((person) => who(core, person))
  return {
    // What was removed is in the record, and on nobody's screen.
    text: removed === null ? text : '',
    original: edited === null || removed !== null ? null : original,
    removed: removed !== null,
    mentions: removed === null ? mentionsIn(text, members) : [],
    pinned,
    reactions: reactions.map((one) => ({ text: one.text, by: one.by.map((by) => who(core, by)) })),
  }
}

async function eventAt(core: Core, log: LogId, n: number): Promise<Line> {
  const operation = await openOperation(core, log, n)
  const from = who(core, operation.by)
  const people = operation.people.map((person) => who(core, person))
  return { n, at: operation.at, from, type: 'event', event: operation.event, people }
}
