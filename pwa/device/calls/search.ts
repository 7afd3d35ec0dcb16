// Looking for words in what this device holds. One call looks at one slice, newest first, and says where the next
// begins: whoever types on does not ask for it, and calls of others come in between.
import type { Core } from '../../../client/core.ts'
import { plainName } from '../../../client/file-name.ts'
import { shownAs } from '../../../client/marks.ts'
import { SHELF, shelfOf } from '../../../client/shelves.ts'
import { channels, type MessageView, titleOf } from '../../../client/views.ts'
import { equal } from '../../../protocol/bytes.ts'
import type { Channel } from '../../../protocol/channel.ts'
import { idText, type LogId, type MessageId, parseId } from '../../../protocol/ids.ts'
import { type ChannelTypeName, channelTypeName } from '../../../protocol/kinds.ts'
import { MARK } from '../../../protocol/content.ts'
import type { Device } from '../device.ts'
import { excerptOf, holdsAll, type Part, partsOf, wordsOf } from '../folded.ts'
import { readSlice } from '../slices.ts'
import { shownLines } from '../views/lines.ts'
import { who, type Who } from '../views/names.ts'
import { peopleView } from '../views/people.ts'

/** By channel: every message from that place on has been looked at; and how old the oldest of them is. */
type Reached = Record<string, Depth>
type Depth = { n: number; at: number }
type Looking = {
  text: string
  /** Null: everywhere. */
  channel: string | null
  /** What the call before has returned as `next`; null: from the newest. */
  from: Reached | null
}

export type Hit = {
  id: string
  channel: string
  title: string
  type: 'text' | 'file' | 'alert'
  from: Who
  at: number
  /** The name of a file, else empty. */
  name: Part[]
  text: Part[]
}
export type Found = {
  hits: Hit[]
  /** Every hit that is newer has been found by now. Milliseconds; 0 at the end. */
  complete: number
  /** Null: there is nothing more. */
  next: Reached | null
  /** With the first slice alone: who and what is called so. */
  people: { person: string; title: Part[]; note: Part[] }[]
  channels: { id: string; title: Part[]; type: ChannelTypeName }[]
}

export async function search(device: Device, { text, channel, from }: Looking): Promise<Found> {
  const words = wordsOf(text)
  const { core } = device
  const mine = channels(core.replica)
  const named = from === null && channel === null && words.length > 0
  const found = {
    people: named ? await peopleCalled(device, words) : [],
    channels: named ? channelsCalled(core, mine, words) : [],
  }
  const wanted = mine.filter(({ id }) => channel === null || idText(id) === channel)
  const reached = from ?? Object.fromEntries(wanted.map((one) => [idText(one.id), endOf(one)]))
  const open = wanted.filter(({ id }) => (reached[idText(id)]?.n ?? 0) > 0)
  const newest = open.toSorted((a, b) => oldness(reached, b) - oldness(reached, a))[0]
  if (newest === undefined || words.length === 0)
    return { ...found, hits: [], complete: 0, next: null }
  const slice = await lookAt(device, newest, reached[idText(newest.id)] ?? endOf(newest), words)
  const next = { ...reached, [idText(newest.id)]: slice.reached }
  const left = open.filter(({ id }) => (next[idText(id)]?.n ?? 0) > 0)
  const complete = Math.max(0, ...left.map((one) => oldness(next, one)))
  return { ...found, hits: slice.hits, complete, next: left.length === 0 ? null : next }
}

/** What nobody has looked at yet may be as new as anything. */
const endOf = ({ head }: Channel): Depth => ({ n: head.n + 1, at: Number.MAX_SAFE_INTEGER })
const oldness = (reached: Reached, { id }: Channel): number => reached[idText(id)]?.at ?? 0

/** The rows of a channel right before what was looked at, at most a slice of them. */
async function lookAt(
  device: Device,
  channel: Channel,
  { n: end, at }: Depth,
  words: readonly string[],
): Promise<{ hits: Hit[]; reached: Depth }> {
  const shelf = shelfOf(end - 1)
  const messages = await readSlice(device.core, channel.id, shelf)
  const hits: Hit[] = []
  let oldest = at
  for (const message of messages.toReversed()) {
    if (message.n >= end) continue
    oldest = Math.min(oldest, message.at)
    const hit = await hitOf(device, channel, message, words)
    if (hit !== null) hits.push(hit)
  }
  return { hits, reached: { n: shelf * SHELF, at: oldest } }
}

async function peopleCalled(device: Device, words: readonly string[]): Promise<Found['people']> {
  return (await peopleView(device)).flatMap(({ person, name, profile }) => {
    const note = [profile.department, profile.site, profile.title].filter((one) => one !== '')
    const text = note.join(' · ')
    if (!holdsAll(`${name}\n${text}\n${profile.mobile}`, words)) return []
    return [{ person, title: partsOf(name, words), note: partsOf(text, words) }]
  })
}

function channelsCalled(core: Core, mine: Channel[], words: readonly string[]): Found['channels'] {
  return mine.flatMap((channel) => {
    const title = titleOf(core.replica, channel)
    if (!holdsAll(title, words)) return []
    const type = channelTypeName(channel.type)
    return [{ id: idText(channel.id), title: partsOf(title, words), type }]
  })
}

async function hitOf(
  { core, marks }: Device,
  channel: Channel,
  { id, from, at, content }: MessageView,
  words: readonly string[],
): Promise<Hit | null> {
  if (content.type === 'names' || content.type === 'mark') return null
  const said = await marks.on(channel.id, id)
  const { text, removed } = shownAs({ from, content }, said)
  if (removed !== null) return null
  const corrections = said.filter(
    ({ mark }) => content.type === 'alert' && mark === MARK.correction,
  )
  const whole = [text, ...corrections.map((one) => one.text)].join('\n')
  const name = content.type === 'file' ? plainName(content.name) : ''
  if (!holdsAll(`${name}\n${whole}`, words)) return null
  return {
    id: idText(id),
    channel: idText(channel.id),
    title: titleOf(core.replica, channel),
    type: content.type,
    from: who(core, from),
    at,
    name: partsOf(name, words),
    text: excerptOf(whole, words),
  }
}

/** Which line of its conversation a message is, counted from 0; null where this device cannot show it. */
export function lineOf(
  { core }: Device,
  { channel, id }: { channel: string; id: string },
): Promise<number | null> {
  const mid = parseId<MessageId>(id)
  const lines = shownLines(core, parseId<LogId>(channel))
  const at = lines.findIndex((line) => line.mid !== null && equal(line.mid, mid))
  return Promise.resolve(at === -1 ? null : at)
}
