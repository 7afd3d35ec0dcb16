// Reading a long log piece by piece, each in one transaction of the store.
import type { Core } from '../../client/core.ts'
import { readPlace } from '../../client/rows.ts'
import { SHELF, shelfKey } from '../../client/shelves.ts'
import { channels, messageFrom, type MessageView } from '../../client/views.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { LogId } from '../../protocol/ids.ts'

/** The messages of a log that can be read here, of the entries that one shelf would hold, in order. */
export async function readSlice(core: Core, log: LogId, shelf: number): Promise<MessageView[]> {
  const rows = await core.store.list('entries', shelfKey(log, shelf))
  return rows.flatMap(({ key, value }) => {
    const message = readable(core, log, readPlace(key).n, value)
    return message === null ? [] : [message]
  })
}

/** One row that does not open must not take the others with it: the conversation says what is wrong with it. */
function readable(core: Core, log: LogId, n: number, row: Uint8Array): MessageView | null {
  try {
    return messageFrom(core, log, n, row)
  } catch (error) {
    if (error instanceof ProtocolError) return null
    throw error
  }
}

/** Where the next slice of all conversations begins. */
export type Cursor = { channel: number; shelf: number }
export const BEGINNING: Cursor = { channel: 0, shelf: 0 }
type Slice = {
  messages: MessageView[]
  /** Null: that was the last one. */
  next: Cursor | null
  /** Entries that have been looked at, and how many there are. */
  done: number
  of: number
}

/** The messages of all conversations of this person, channel by channel, each in order. */
export async function nextSlice(core: Core, { channel: at, shelf }: Cursor): Promise<Slice> {
  const mine = channels(core.replica)
  const lengths = mine.map(({ head }) => head.n)
  const of = lengths.reduce((sum, length) => sum + length, 0)
  const channel = mine[at]
  if (channel === undefined) return { messages: [], next: null, done: of, of }
  const messages = await readSlice(core, channel.id, shelf)
  const before = lengths.slice(0, at).reduce((sum, length) => sum + length, 0)
  const end = (shelf + 1) * SHELF
  const over = end > channel.head.n
  const last = over && at === mine.length - 1
  const next = over ? { channel: at + 1, shelf: 0 } : { channel: at, shelf: shelf + 1 }
  return {
    messages,
    next: last ? null : next,
    done: before + Math.min(end, channel.head.n),
    of,
  }
}
