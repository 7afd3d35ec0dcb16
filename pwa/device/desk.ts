// Where the calls and views of all tabs come in. A view is worked out again when something has changed, and
// sent when it is another one than before.
import { ProtocolError } from '../../protocol/errors.ts'
import { CALLS, READS } from './calls.ts'
import { Device } from './device.ts'
import { Rounds } from './rounds.ts'
import { VIEWS } from './views.ts'
import type { FromPage, Refusal, ToPage, ViewName } from './wire.ts'

type Outside = {
  give(tab: string, message: ToPage): void
  /** The other tabs hear the key of the store, or that it is no longer theirs. */
  key(key: Uint8Array | null): void
}
type Watch = { tab: string; id: number; name: ViewName; args: unknown; last: string | null }
type Named<T> = (device: Device, args: unknown) => Promise<T> | T

const CHANGES_LOCK: ReadonlySet<string> = new Set(['unlock', 'setLock', 'lockNow', 'wipe'])
/** Changes within this time are shown together. Milliseconds. */
const GATHER = 20

export class Desk {
  readonly #device: Device
  readonly #outside: Outside
  readonly #watches = new Map<string, Watch>()
  readonly #tabs = new Set<string>()
  readonly #rounds = new Rounds(
    () => this.#showAll(),
    (error) => console.error(error),
  )
  /** What a screen has just begun to watch: it waits for nothing that is only shown again. */
  readonly #fresh: Watch[] = []
  #turn: Promise<void> = Promise.resolve()

  private constructor(device: Device, outside: Outside) {
    this.#device = device
    this.#outside = outside
  }

  static async open(key: Uint8Array | null, outside: Outside): Promise<Desk> {
    const device = new Device(() => desk.#changed())
    const desk = new Desk(device, outside)
    await device.open(key)
    desk.tellKey()
    return desk
  }

  /** Where there is no lock, each tab finds the key by itself. */
  tellKey(): void {
    const { lock, key } = this.#device
    this.#outside.key(lock.kind === 'none' ? null : key)
  }

  hear(tab: string, message: FromPage): void {
    this.#meet(tab)
    const { id } = message
    if (message.type === 'call') return void this.#call(tab, message)
    if (message.type === 'unwatch') return void this.#watches.delete(`${tab}/${id}`)
    const watch = { tab, id, name: message.name, args: message.args, last: null }
    this.#watches.set(`${tab}/${id}`, watch)
    this.#fresh.push(watch)
    void this.#inTurn(() => this.#showFresh())
  }

  async #call(tab: string, { id, name, args }: FromPage & { type: 'call' }): Promise<void> {
    try {
      const value = await (CALLS[name] as Named<unknown>)(this.#device, args)
      this.#outside.give(tab, { type: 'result', id, value })
    } catch (error) {
      this.#outside.give(tab, { type: 'refusal', id, error: refusalFor(error) })
    }
    if (CHANGES_LOCK.has(name)) this.tellKey()
    if (!READS.has(name)) this.#device.changed()
  }

  #changed(): void {
    this.#rounds.ask()
  }

  /** Everything that pages watch, once for all who watch the same. */
  async #showAll(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, GATHER))
    await this.#inTurn(async () => {
      const known = new Map<string, Promise<unknown>>()
      // What comes meanwhile is shown as fresh.
      const before = [...this.#watches.values()]
      for (const watch of before) {
        await this.#showFresh()
        await this.#showOne(watch, known)
      }
    })
  }

  async #showFresh(): Promise<void> {
    for (let one = this.#fresh.shift(); one !== undefined; one = this.#fresh.shift())
      await this.#showOne(one, new Map())
  }

  /** One after the other, so that an older view never comes behind a newer one. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work)
    return this.#turn
  }

  async #showOne(watch: Watch, known: Map<string, Promise<unknown>>): Promise<void> {
    const { tab, id, name, args } = watch
    if (this.#watches.get(`${tab}/${id}`) !== watch) return
    try {
      const key = JSON.stringify([name, args ?? null])
      const work = known.get(key) ?? this.#work(name, args)
      known.set(key, work)
      const value = await work
      const text = JSON.stringify(value)
      if (text === watch.last) return
      watch.last = text
      this.#outside.give(tab, { type: 'view', id, value })
    } catch (error) {
      watch.last = null
      this.#outside.give(tab, { type: 'refusal', id, error: refusalFor(error) })
    }
  }

  async #work(name: ViewName, args: unknown): Promise<unknown> {
    return (VIEWS[name] as Named<unknown>)(this.#device, args)
  }

  /** A tab holds a lock of its own for as long as it lives; whoever gets it next knows that it is gone. */
  #meet(tab: string): void {
    if (this.#tabs.has(tab)) return
    this.#tabs.add(tab)
    void navigator.locks.request(`holdfast/tab/${tab}`, () => {
      this.#tabs.delete(tab)
      for (const [key, watch] of this.#watches) if (watch.tab === tab) this.#watches.delete(key)
    })
  }
}

function refusalFor(error: unknown): Refusal {
  if (error instanceof ProtocolError) return { code: error.code, detail: error.detail }
  console.error(error)
  return { code: 'internal', detail: error instanceof Error ? error.message : String(error) }
}
