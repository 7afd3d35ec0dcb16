// One person of a history with the device of the moment: what it says, what the box has confirmed of it, and
// how it deals with a world in which everything fails.
import { enqueueAlert } from '../../../client/alerts.ts'
import type { Core } from '../../../client/core.ts'
import { stayLive } from '../../../client/live.ts'
import { drain, enqueue } from '../../../client/outbox.ts'
import { upkeep } from '../../../client/upkeep.ts'
import { toHex } from '../../../protocol/bytes.ts'
import { type ErrorCode, ProtocolError } from '../../../protocol/errors.ts'
import type { LogId, MessageId, PersonId } from '../../../protocol/ids.ts'
import { KIND } from '../../../protocol/kinds.ts'
import { enrol, type Phone, reopen } from '../../helpers/town-phones.ts'
import { RepeatingNetwork } from '../repeating-network.ts'
import type { Place } from './place.ts'

/** Of requests that arrive more than once. */
const REPEATED = 0.1

/** What may be told to somebody whose box, line or rights go away in the middle. */
const EXPECTED: readonly ErrorCode[] = [
  ...(['box_unreachable', 'box_failed', 'draining', 'disk_full', 'read_only'] as const),
  ...(['window', 'replayed', 'rate_limited', 'wrong_box', 'no_key', 'not_found'] as const),
  ...(['device_revoked', 'device_unknown', 'not_allowed', 'not_member', 'already_member'] as const),
  ...(['memb_moved', 'epoch_moved', 'epoch_stale', 'unknown_head', 'directory_behind'] as const),
]

export type Said = { text: string; log: LogId; by: string; place: number | null }

export class Player {
  readonly name: string
  readonly said = new Map<string, Said>()
  readonly anomalies: string[]
  readonly #place: Place
  readonly #random: () => number
  readonly #network: RepeatingNetwork
  #phone: Phone | null = null
  #person: PersonId | null = null
  #devices = 0
  #count = 0
  #live: { ending: AbortController; end: Promise<void> } | null = null

  constructor(place: Place, name: string, random: () => number) {
    this.#place = place
    this.name = name
    this.anomalies = place.anomalies
    this.#random = random
    this.#network = new RepeatingNetwork(random, REPEATED)
  }

  /** Null between the loss of a device and the next one. */
  get phone(): Phone | null {
    return this.#phone
  }

  get person(): PersonId {
    if (this.#person === null) throw new TypeError(`${this.name} has not joined`)
    return this.#person
  }

  /** Whether this is still the first device, which has been there for everything. */
  get original(): boolean {
    return this.#devices === 1
  }

  get device(): string {
    return `${this.name}-${this.#devices}`
  }

  /** A new device; the same folder again when the box was away in the middle. */
  async join(card: string): Promise<void> {
    const folder = `${this.name}-${this.#devices + 1}`
    this.#phone = await enrol(this.#place, card, { folder, network: this.#network })
    this.#devices += 1
    this.#person = this.#phone.person
  }

  async lose(): Promise<void> {
    const phone = this.#phone
    this.#phone = null
    await this.hangUp()
    // Behind whatever it is doing.
    await phone?.core.run(() => Promise.resolve())
    await phone?.close()
  }

  /** The app is closed in the middle of whatever it does, and opened again. */
  async restart(): Promise<void> {
    const live = this.#live !== null
    await this.lose()
    const surroundings = { ...this.#surroundings(), phones: [] }
    const options = { folder: this.device, network: this.#network }
    this.#phone = await reopen(surroundings, options)
    if (live) this.goLive()
  }

  goLive(): void {
    const core = this.#phone?.core
    if (core === undefined || this.#live !== null) return
    const ending = new AbortController()
    const events = { changed: () => Promise.resolve(), state: () => {} }
    const end = stayLive(core, events, ending.signal).catch((error: unknown) => this.expect(error))
    this.#live = { ending, end }
  }

  async hangUp(): Promise<void> {
    const live = this.#live
    this.#live = null
    live?.ending.abort()
    await live?.end
  }

  /** Stored first, whatever becomes of it, and then sent if that is possible. */
  say(log: LogId, alert = false): Promise<void> {
    return this.act(async (core) => {
      const text = `${this.device}:${(this.#count += 1)}`
      const id = await this.#store(core, log, text, alert)
      this.said.set(toHex(id), { text, log, by: this.device, place: null })
    }).then(() => this.flush())
  }

  async #store(core: Core, log: LogId, text: string, alert: boolean): Promise<MessageId> {
    const channel = core.replica.channels.get(log)
    if (channel === undefined) throw new ProtocolError('not_found')
    if (alert) return enqueueAlert(core, channel, text)
    return enqueue(core, log, KIND.text, { type: 'text', text, replyTo: null })
  }

  /** Everything that is due; what the box confirms is noted with its place. */
  flush(): Promise<void> {
    return this.online(async (core) => {
      await upkeep(core)
      const { sent } = await drain(core)
      for (const { id, n } of sent) {
        const known = this.said.get(toHex(id))
        if (known !== undefined) known.place = n
      }
    })
  }

  act(work: (core: Core) => Promise<void>): Promise<void> {
    const phone = this.#phone
    if (phone === null) return Promise.resolve()
    return phone.core.run(() => work(phone.core)).catch((error: unknown) => this.expect(error))
  }

  online(work: (core: Core) => Promise<void>): Promise<void> {
    const phone = this.#phone
    if (phone === null) return Promise.resolve()
    return phone.act(work).catch((error: unknown) => this.expect(error))
  }

  /** Refusals that belong to this world pass; anything else is an anomaly. */
  expect(error: unknown): void {
    if (error instanceof ProtocolError && EXPECTED.includes(error.code)) return
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.anomalies.push(`${this.device}: ${told}`)
  }

  /** True with the given chance. */
  chance(share: number): boolean {
    return this.#random() < share
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T
  }

  #surroundings() {
    const { folder, url, clock } = this.#place
    return { folder, url, clock }
  }
}
