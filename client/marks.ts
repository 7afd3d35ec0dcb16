// What has been said about messages that stand already: reactions, edits, removals, pins, and what became of an
// alert. The log keeps everything; this only works out what a screen shows.
import { toHex } from '../protocol/bytes.ts'
import type { Content, Mark } from '../protocol/content.ts'
import { MARK } from '../protocol/content.ts'
import { asId, type LogId, type MessageId, type PersonId } from '../protocol/ids.ts'
import { KIND } from '../protocol/kinds.ts'
import type { Core } from './core.ts'
import { enqueue } from './outbox.ts'
import { messageAt } from './views.ts'

export type MarkSaid = { mark: Mark; text: string; by: PersonId; at: number }

/** Puts a mark on a message of that channel into the outbox. */
export function enqueueMark(
  core: Core,
  channel: LogId,
  said: { mark: Mark; target: MessageId; text?: string },
): Promise<MessageId> {
  return enqueue(core, channel, KIND.control, { type: 'mark', text: '', ...said })
}

/** Of a channel. `read`: how many of its lines have been looked at; `locked`: places of those without a key so far. */
type Heard = { read: number; locked: number[]; said: Map<string, MarkSaid[]> }

/** Marks by the message they speak of, each in the order of the log. Reads a channel's controls once. */
export class Marks {
  readonly #core: Core
  readonly #channels = new Map<string, Heard>()

  constructor(core: Core) {
    this.#core = core
  }

  async on(log: LogId, target: MessageId): Promise<MarkSaid[]> {
    return (await this.of(log)).get(toHex(target)) ?? []
  }

  /** By message id, in hexadecimal. */
  async of(log: LogId): Promise<ReadonlyMap<string, MarkSaid[]>> {
    const at = toHex(log)
    const known: Heard = this.#channels.get(at) ?? { read: 0, locked: [], said: new Map() }
    this.#channels.set(at, known)
    const lines = this.#core.replica.lines.get(log) ?? []
    const fresh = lines.slice(known.read).filter(({ kind }) => kind === KIND.control)
    const places = [...known.locked, ...fresh.map(({ n }) => n)]
    known.read = lines.length
    known.locked = []
    for (const n of places) if (!(await this.#read(log, n, known.said))) known.locked.push(n)
    return known.said
  }

  /** False: it cannot be opened yet, its key may still come. */
  async #read(log: LogId, n: number, said: Map<string, MarkSaid[]>): Promise<boolean> {
    const message = await messageAt(this.#core, log, n)
    if (message === null) return false
    if (message.content.type !== 'mark' || message.from === null) return true
    const { target, mark, text } = message.content
    const on = said.get(toHex(target)) ?? []
    on.push({ mark, text, by: message.from, at: message.at })
    said.set(toHex(target), on)
    return true
  }
}

export type Shown = {
  /** The words that stand now. */
  text: string
  /** When they were changed last; null: never. */
  edited: number | null
  removed: number | null
  pinned: boolean
  reactions: { text: string; by: PersonId[] }[]
}

/** What a message shows once what was said about it has been heard. PROTOCOL.md, section 16, says who may. */
export function shownAs(
  message: { from: PersonId | null; content: Content & { text: string } },
  said: readonly MarkSaid[],
): Shown {
  const { from, content } = message
  const own = said.filter(({ by }) => from !== null && toHex(by) === toHex(from))
  const edit = content.type === 'text' ? own.findLast(({ mark }) => mark === MARK.edit) : undefined
  const takesBack = content.type === 'text' || content.type === 'file'
  const removal = takesBack ? own.find(({ mark }) => mark === MARK.remove) : undefined
  const pin = said.findLast(({ mark }) => mark === MARK.pin || mark === MARK.unpin)
  return {
    text: edit?.text ?? content.text,
    edited: edit?.at ?? null,
    removed: removal?.at ?? null,
    pinned: pin?.mark === MARK.pin,
    reactions: reactionsOf(said),
  }
}

function reactionsOf(said: readonly MarkSaid[]): Shown['reactions'] {
  const newest = new Map<string, string>()
  for (const { mark, by, text } of said) if (mark === MARK.reaction) newest.set(toHex(by), text)
  const people = new Map<string, PersonId[]>()
  for (const [by, text] of newest) {
    if (text === '') continue
    people.set(text, [...(people.get(text) ?? []), asId<PersonId>(Uint8Array.fromHex(by))])
  }
  return [...people].map(([text, by]) => ({ text, by }))
}

export type AlertStanding = {
  state: 'open' | 'cancelled' | 'over'
  /** What ended it: who, when, in which words. */
  end: MarkSaid | null
  corrections: MarkSaid[]
}

/** What became of an alert. Only people who may speak where it stands can have said anything about it. */
export function alertStanding(said: readonly MarkSaid[]): AlertStanding {
  const end = said.findLast(({ mark }) => mark === MARK.cancel || mark === MARK.allClear) ?? null
  const state = end === null ? 'open' : end.mark === MARK.cancel ? 'cancelled' : 'over'
  return { state, end, corrections: said.filter(({ mark }) => mark === MARK.correction) }
}
