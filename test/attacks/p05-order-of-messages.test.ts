// A box that repeats, exchanges, drops, delays, doubles or replaces messages: one manipulation for each message
// of a log. Each is noticed, nothing is shown twice or in another order than it was signed in, and whoever
// gets the truth afterwards shows all of it once.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { pull } from '../../client/pull.ts'
import { messagesOf, news } from '../../client/views.ts'
import { type Head, nextHead, stubOf } from '../../protocol/chain.ts'
import { encodeContent } from '../../protocol/content.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import type { Frame } from '../../protocol/frames.ts'
import { asId, type LogId, type MessageId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import { sealMessage } from '../../protocol/message-keys.ts'
import { randomBytes } from '../../protocol/sodium.ts'
import { ForgingBox } from '../helpers/forging-box.ts'
import { captive, caughtUp, entryFrame, keysOf, Siege } from '../helpers/hostile.ts'
import { channel, type Phone } from '../helpers/town.ts'
import { attack, thwarted, tries } from './attack.ts'
import { type Dice, dice } from './dice.ts'
import { Showing } from './showing.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, anna, malte } = siege
const box = await ForgingBox.like(olga, town.box.context.box)
const manager = await captive(olga, box)

/** Short logs, so that a copy of the phone's state before each message costs little. */
const LENGTH = 50

/** A channel in which Olga and Malte write by turns, each having seen everything before. */
class Log {
  readonly id: LogId
  /** Index of the last entry before the messages. */
  readonly start: number
  readonly messages: Uint8Array[] = []
  readonly heads: Head[]
  readonly #keys: ReturnType<typeof keysOf>

  constructor(id: LogId) {
    this.id = id
    this.start = box.headAt(id).n
    this.heads = [box.headAt(id)]
    this.#keys = keysOf(manager, id)
    for (let i = 0; i < LENGTH; i++) {
      const bytes = this.sealed(i, i % 2 === 0 ? olga : malte, textAt(i))
      this.messages.push(bytes)
      this.heads.push(nextHead(this.headAt(i), stubOf(decodeEntry(bytes))))
    }
  }

  headAt(i: number): Head {
    return this.heads[i] ?? assert.fail()
  }

  /** What stands, or could stand, as message `i`. */
  sealed(i: number, by: Phone, text: string): Uint8Array {
    const { n: refN, h: refH } = this.headAt(i)
    const { identity, pair } = by.core.replica
    const context = {
      org: identity.org,
      log: this.id,
      signer: identity.device,
      refN,
      refH,
      t: box.now(),
    }
    const plain = encodeContent({ type: 'text', text, replyTo: null })
    const mid = asId<MessageId>(randomBytes(16))
    const draft = { kind: KIND.text, context, seq: i + 1, mid, ttl: 0, keys: this.#keys, plain }
    return sealMessage(draft, pair.secretKey)
  }

  frame(i: number, at = i): Frame {
    return entryFrame(this.start + 1 + at, this.messages[i] ?? assert.fail())
  }
}

const textAt = (i: number): string => `message ${String(i).padStart(2, '0')}`

/** Catch-ups of the phone, one after the other; its next message is `i`. */
type Manipulation = (log: Log, i: number, roll: Dice) => Frame[][]

const MANIPULATIONS: Record<string, Manipulation> = {
  replayed: (log, i, roll) => [[log.frame(roll.below(i), i), log.frame(i, i + 1)]],
  reordered: (log, i) => [[log.frame(i + 1, i), log.frame(i, i + 1), log.frame(i + 2)]],
  dropped: (log, i) => [[log.frame(i + 1), log.frame(i + 2)]],
  delayed: (log, i) => [[log.frame(i + 1)], [log.frame(i + 1), log.frame(i)], [log.frame(i + 1)]],
  duplicated: (log, i) => [[log.frame(i), log.frame(i), log.frame(i), log.frame(i, i + 1)]],
  forked: (log, i) => [
    [entryFrame(log.start + 1 + i, log.sealed(i, malte, 'another history')), log.frame(i + 1)],
  ],
}

async function shownTo(line: Showing, phone: Phone, pages: Frame[][]): Promise<void> {
  for (const frames of pages) {
    line.next = frames
    await phone.core.run(() => pull(phone.core))
  }
}

async function textsOf(phone: Phone, log: LogId): Promise<string[]> {
  const messages = await messagesOf(phone.core, log)
  return messages.flatMap(({ content }) => ('text' in content ? [content.text] : []))
}

/** In the order that was signed, each at most once. */
function isInOrder(texts: string[]): boolean {
  const signed = texts.filter((text) => text !== 'another history')
  return signed.every((text, i) => i === 0 || (signed[i - 1] as string) < text)
}

async function manipulate(
  before: Phone,
  log: Log,
  i: number,
  name: string,
  roll: Dice,
): Promise<void> {
  const line = new Showing()
  const phone = await captive(before, line)
  const pages = MANIPULATIONS[name]?.(log, i, roll) ?? assert.fail()
  await shownTo(line, phone, pages)
  const texts = await textsOf(phone, log.id)
  thwarted(new Set(texts).size < texts.length, `a message is shown twice: ${name}`)
  thwarted(!isInOrder(texts), `messages are shown in another order: ${name}`)
  const { items } = await news(phone.core)
  const alarms = items.filter(({ type }) => type === 'problem')
  thwarted(alarms.length === 0, `nobody notices: ${name}`)
}

attack('P5', 'No message is repeated, moved, lost, held back or replaced unnoticed', async () => {
  const count = tries(10_000, 300)
  const roll = dice('P5')
  const names = Object.keys(MANIPULATIONS)
  const done: Record<string, number> = {}
  let manipulated = 0
  let lines = 0
  while (manipulated < count) {
    const log = new Log(await channel(manager, `Team ${(lines += 1)}`, anna, malte))
    const line = new Showing()
    const reader = await captive(anna, box)
    await caughtUp(reader)
    const phone = await captive(reader, line)
    for (let i = 0; i < LENGTH; i++) {
      // The last two have nobody behind them who could betray what happened to them.
      if (i > 0 && i < LENGTH - 2 && manipulated < count) {
        const name = names[manipulated % names.length] ?? assert.fail()
        await manipulate(phone, log, i, name, roll)
        done[name] = (done[name] ?? 0) + 1
        manipulated++
      }
      await shownTo(line, phone, [[log.frame(i)]])
    }
    const all = log.messages.map((_, i) => textAt(i))
    assert.deepEqual(await textsOf(phone, log.id), all, 'who was told the truth shows all of it')
    const { items } = await news(phone.core)
    assert.ok(
      items.every(({ type }) => type === 'message'),
      'and raises no false alarm',
    )
  }
  return { manipulated, shownTwice: 0, unnoticed: 0, ...done }
})
