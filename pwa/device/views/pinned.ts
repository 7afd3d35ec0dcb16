// What is pinned in a conversation, newest message first.
import { headline } from '../../../client/file-name.ts'
import { type MarkSaid, shownAs } from '../../../client/marks.ts'
import { messageIn } from '../../../client/views.ts'
import { MARK } from '../../../protocol/content.ts'
import { asId, type LogId, type MessageId, parseId } from '../../../protocol/ids.ts'
import type { Device } from '../device.ts'
import { who, type Who } from './names.ts'

export type Pinned = { id: string; from: Who; at: number; text: string; by: Who }

export async function pinnedView(
  { core, marks }: Device,
  { channel }: { channel: string },
): Promise<Pinned[]> {
  const log = parseId<LogId>(channel)
  const found: Pinned[] = []
  for (const [id, said] of await marks.of(log)) {
    const pin = pinOf(said)
    if (pin === undefined) continue
    const message = await messageIn(core, log, asId<MessageId>(Uint8Array.fromHex(id)))
    if (message === null) continue
    const { content, from, at } = message
    if (content.type === 'names' || content.type === 'mark') continue
    const shown = shownAs({ from, content }, said)
    if (shown.removed !== null) continue
    const text = headline(content, shown.text)
    found.push({ id, from: who(core, from), at, text, by: who(core, pin.by) })
  }
  return found.toSorted((a, b) => b.at - a.at)
}

/** Who has pinned it, where it is. */
function pinOf(said: readonly MarkSaid[]): MarkSaid | undefined {
  const last = said.findLast(({ mark }) => mark === MARK.pin || mark === MARK.unpin)
  return last?.mark === MARK.pin ? last : undefined
}
