// What nobody has looked at on this device: how much of it counts, and what of it speaks to this person.
import type { Channel } from '../../../protocol/channel.ts'
import { fromUtf8 } from '../../../protocol/bytes.ts'
import { idText, type LogId } from '../../../protocol/ids.ts'
import { rings } from '../../../protocol/kinds.ts'
import type { Core } from '../../../client/core.ts'
import { shownAs } from '../../../client/marks.ts'
import { readPlace } from '../../../client/rows.ts'
import { membersOf } from '../../../client/views.ts'
import type { Device } from '../device.ts'
import { muteKey } from '../local.ts'
import { mentionsIn } from '../mentions.ts'
import { shownLines } from './lines.ts'
import { who, type Who } from './names.ts'

/** `until`: milliseconds; null: until somebody turns it on again. */
export type Muted = { until: number | null }
export type Unread = {
  unread: number
  /** Of them, those that count on the first screen: in a muted conversation alerts alone. */
  counted: number
  /** Of them, those that mention this person, and the first such message. */
  mentions: number
  mention: string | null
  muted: Muted | null
}

/** Whoever has been away for weeks learns that there is much; the mentions are looked for in the newest. */
const MOST_READ = 200

/** Places of messages that nobody has looked at on this device, in order. */
export async function unreadOf(core: Core, log: LogId): Promise<number[]> {
  const shown = new Set(shownLines(core, log).map(({ n }) => n))
  const rows = await core.store.list('news', log)
  return rows.map(({ key }) => readPlace(key).n).filter((n) => shown.has(n))
}

export async function unreadIn(device: Device, channel: Channel): Promise<Unread> {
  const { core } = device
  const places = await unreadOf(core, channel.id)
  const muted = await mutedUntil(core, channel.id)
  const speaking = await mentionsAmong(device, channel, places)
  const alerts = new Set(
    (core.replica.lines.get(channel.id) ?? []).flatMap(({ n, kind }) => (rings(kind) ? [n] : [])),
  )
  return {
    unread: places.length,
    counted: muted === null ? places.length : places.filter((n) => alerts.has(n)).length,
    mentions: speaking.length,
    mention: speaking[0] ?? null,
    muted,
  }
}

export async function mutedUntil(core: Core, log: LogId): Promise<Muted | null> {
  const kept = await core.store.get('local', muteKey(log))
  if (kept === null) return null
  const until = Number(fromUtf8(kept))
  if (until === 0) return { until: null }
  return until > core.clock.now() ? { until } : null
}

/** Ids of messages that mention this person, in order. */
async function mentionsAmong(
  { core, marks, unreadTexts }: Device,
  channel: Channel,
  places: number[],
): Promise<string[]> {
  if (places.length === 0) return []
  let named: Who[] | null = null
  const members = (): Who[] =>
    (named ??= membersOf(core.replica, channel).map(({ person }) => who(core, person)))
  const found: string[] = []
  const newest = places.slice(-MOST_READ)
  for (const n of newest) {
    const message = await unreadTexts.at(core, channel.id, n)
    if (message === null || message.content.type === 'names') continue
    const { content, from, id } = message
    const { text, removed } = shownAs({ from, content }, await marks.on(channel.id, id))
    if (removed !== null) continue
    if (mentionsIn(text, members).some(({ mine }) => mine)) found.push(idText(id))
  }
  unreadTexts.keep(channel.id, newest)
  return found
}
