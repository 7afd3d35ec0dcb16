// One tab's end. One of all tabs holds the device, the one that got the lock: one engine, one socket.
// The others pass on what their pages say, and the next one takes over when that tab is gone.
import { Desk } from './desk.ts'
import { BETWEEN, type BetweenTabs, type FromPage, type ToPage } from './wire.ts'
import { REPEATABLE } from './calls.ts'

const HOLDER = 'holdfast/holder'

export class Tab {
  readonly #id = crypto.randomUUID()
  readonly #between = new BroadcastChannel(BETWEEN)
  /** What this page has asked for and not been given yet, and what it watches: a new holder hears it again. */
  readonly #open = new Map<number, FromPage>()
  #desk: Desk | null = null
  /** Of the store, while the device is unlocked in any tab. */
  #key: Uint8Array | null = null
  readonly #somebodyHolds = Promise.withResolvers<void>()

  /** Resolves when the page may speak: some tab holds the device, has opened it, and says so. */
  static async start(): Promise<Tab> {
    const tab = new Tab()
    await tab.#show()
    tab.#tell({ to: 'holder', wants: 'key' })
    void navigator.locks.request(HOLDER, () => tab.#hold())
    await tab.#somebodyHolds.promise
    return tab
  }

  private constructor() {
    this.#between.addEventListener('message', ({ data }: MessageEvent<BetweenTabs>) =>
      this.#listen(data),
    )
  }

  /** What the page of this tab says. */
  hear(message: FromPage): void {
    if (message.type === 'unwatch') this.#open.delete(message.id)
    else this.#open.set(message.id, message)
    this.#pass(message)
  }

  /**
   * A lock for as long as this tab lives, so that the holder notices when it goes; and before it says anything,
   * since the holder takes a tab without it for gone.
   */
  #show(): Promise<void> {
    return new Promise((held) => {
      void navigator.locks.request(`holdfast/tab/${this.#id}`, () => {
        held()
        return new Promise(() => {})
      })
    })
  }

  async #hold(): Promise<void> {
    this.#desk = await Desk.open(this.#key, {
      give: (to, message) => {
        if (to === this.#id) this.#give(message)
        else this.#tell({ to: 'tab', tab: to, message })
      },
      key: (next) => this.#tell({ to: 'all', news: 'key', key: next }),
    })
    this.#somebodyHolds.resolve()
    this.#repeat()
    this.#tell({ to: 'all', news: 'new holder' })
    await new Promise(() => {})
  }

  #listen(data: BetweenTabs): void {
    if (data.to === 'tab') {
      if (data.tab === this.#id) this.#give(data.message)
    } else if (data.to === 'all') {
      this.#somebodyHolds.resolve()
      if (data.news === 'key') this.#key = data.key
      else this.#repeat()
    } else if (data.wants === 'call') this.#desk?.hear(data.from, data.message)
    else this.#desk?.tellKey()
  }

  /** Whether the holder before had done it nobody knows: only what may be done twice is asked for again. */
  #repeat(): void {
    for (const [id, message] of this.#open) {
      if (message.type !== 'call' || REPEATABLE.has(message.name)) this.#pass(message)
      else this.#give({ type: 'refusal', id, error: { code: 'interrupted', detail: message.name } })
    }
  }

  #pass(message: FromPage): void {
    if (this.#desk !== null) this.#desk.hear(this.#id, message)
    else this.#tell({ to: 'holder', wants: 'call', from: this.#id, message })
  }

  #give(message: ToPage): void {
    if (this.#open.get(message.id)?.type === 'call') this.#open.delete(message.id)
    postMessage(message)
  }

  #tell(message: BetweenTabs): void {
    this.#between.postMessage(message)
  }
}
