// What a webhook says goes into the outbox once: the memory of having seen it is written in the same
// commit as the message, so that neither a crash nor a repetition can lose or double it.
import type { Core } from '../../client/core.ts'
import { enqueue } from '../../client/outbox.ts'
import { drop, Mutex, put, type Write } from '../../client/store.ts'
import { concat, u64be, utf8 } from '../../protocol/bytes.ts'
import type { Channel } from '../../protocol/channel.ts'
import { type Content, DEFAULT_ANSWERS, SEVERITY } from '../../protocol/content.ts'
import { ensure } from '../../protocol/errors.ts'
import type { MessageId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import type { Notice } from './notices.ts'
import { type Targets, whyNot } from './targets.ts'

const DAY = 24 * 60 * 60 * 1000
const MEMORY = 7 * DAY
/** A row of `meta` and not a table of its own: devices that enrolled before this verb have none. */
const SEEN = utf8('seen:')

export type Queued = {
  ids: MessageId[]
  duplicates: number
  /** Why something could not be queued; the rest was. */
  refused: string | null
}

export class Queue {
  readonly #core: Core
  readonly #targets: Targets
  readonly #mutex = new Mutex()

  constructor(core: Core, targets: Targets) {
    this.#core = core
    this.#targets = targets
  }

  /** On disk when it resolves. One notice that may not go out keeps no other back. */
  accept(notices: Notice[]): Promise<Queued> {
    return this.#mutex.run(async () => {
      const queued: Queued = { ids: [], duplicates: 0, refused: null }
      for (const notice of notices) {
        const channel = this.#channelOf(notice)
        if (typeof channel === 'string') queued.refused = channel
        else if (await this.#knows(notice.key)) queued.duplicates += 1
        else queued.ids.push(await this.#enqueue(notice, channel))
      }
      return queued
    })
  }

  /** Forgets what was seen too long ago to come again. */
  forget(): Promise<void> {
    return this.#mutex.run(async () => {
      const rows = await this.#core.store.list('meta', SEEN)
      const old = rows.filter(({ value }) => this.#isOld(value))
      await this.#core.store.commit(old.map(({ key }) => drop('meta', key)))
    })
  }

  /** The channel, or why nothing can be said there any more. */
  #channelOf({ destination, as }: Notice): Channel | string {
    const id = this.#targets.get(destination.to)
    const { replica } = this.#core
    const channel = id === undefined ? undefined : replica.channels.get(id)
    const reason = whyNot(replica, channel, as)
    if (channel !== undefined && reason === null) return channel
    return `${destination.at} "${destination.to}": ${reason}`
  }

  async #knows(key: Uint8Array): Promise<boolean> {
    const seen = await this.#core.store.get('meta', concat(SEEN, key))
    return seen !== null && !this.#isOld(seen)
  }

  #isOld(seen: Uint8Array): boolean {
    const at = Number(new DataView(seen.slice().buffer).getBigUint64(0))
    return this.#core.clock.now() - at > MEMORY
  }

  #enqueue(notice: Notice, channel: Channel): Promise<MessageId> {
    const seen: Write[] = [put('meta', concat(SEEN, notice.key), u64be(this.#core.clock.now()))]
    const kind = { message: KIND.text, alert: KIND.alert, exercise: KIND.exercise }[notice.as]
    return enqueue(this.#core, channel.id, kind, contentOf(notice, channel), { also: seen })
  }
}

function contentOf({ as, text, answers }: Notice, channel: Channel): Content {
  if (as === 'message') return { type: 'text', text, replyTo: null }
  const key = channel.respKeys.at(-1)
  ensure(key !== undefined, 'no_key', 'response key')
  return {
    type: 'alert',
    severity: SEVERITY.critical,
    respChannel: key.channel,
    respEpoch: key.epoch,
    answers: answers ?? DEFAULT_ANSWERS,
    text,
  }
}
