// Where the calls and views of all tabs come in. A view is worked out again when something has changed, and
// sent when it is another one than before.
import { ProtocolError } from '../../protocol/errors.ts'
import { CALLS } from './calls.ts'
import { Device } from './device.ts'
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
  #due = false
  #showing: Promise<void> = Promise.resolve()

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
    this.#show([watch])
  }

  async #call(tab: string, { id, name, args }: FromPage & { type: 'call' }): Promise<void> {
    try {
      const value = await (CALLS[name] as Named<unknown>)(this.#device, args)
      this.#outside.give(tab, { type: 'result', id, value })
    } catch (error) {
      this.#outside.give(tab, { type: 'refusal', id, error: refusalFor(error) })
    }
    if (CHANGES_LOCK.has(name)) this.tellKey()
    this.#changed()
  }

  #changed(): void {
    if (this.#due) return
    this.#due = true
    setTimeout(() => {
      this.#due = false
      this.#show([...this.#watches.values()])
    }, GATHER)
  }

  /** One after the other, so that an older view never comes behind a newer one. */
  #show(watches: Watch[]): void {
    const before = this.#showing
    this.#showing = (async () => {
      await before
      for (const watch of watches) await this.#showOne(watch)
    })()
  }

  async #showOne(watch: Watch): Promise<void> {
    const { tab, id, name, args } = watch
    if (this.#watches.get(`${tab}/${id}`) !== watch) return
    try {
      const value = await (VIEWS[name] as Named<unknown>)(this.#device, args)
      const text = JSON.stringify(value)
      if (text === watch.last) return
      watch.last = text
      this.#outside.give(tab, { type: 'view', id, value })
    } catch (error) {
      this.#outside.give(tab, { type: 'refusal', id, error: refusalFor(error) })
    }
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
