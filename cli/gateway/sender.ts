// Sends what waits as soon as there is a reason to, and tries again while something is left: the live
// line drains only when it connects or hears something.
import type { Core } from '../../client/core.ts'
import { drain, type Sent, waiting } from '../../client/outbox.ts'
import { idText } from '../../protocol/ids.ts'

const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 60_000

export type SenderEvents = {
  sent(sent: Sent): void
  /** The box refused it for good; it stays on this device. */
  refused(id: string, reason: string): void
}

export class Sender {
  readonly #core: Core
  readonly #events: SenderEvents
  readonly #told = new Set<string>()
  #wake: () => void = () => {}
  #due = true

  constructor(core: Core, events: SenderEvents) {
    this.#core = core
    this.#events = events
  }

  /** Something waits, or the box is back. */
  kick(): void {
    this.#due = true
    this.#wake()
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    let pause = FIRST_PAUSE
    signal.addEventListener('abort', () => this.#wake(), { once: true })
    while (!signal.aborted) {
      this.#due = false
      const left = await this.#core.run(() => this.#send())
      pause = left ? Math.min(pause * 2, LONGEST_PAUSE) : FIRST_PAUSE
      if (!this.#due && !signal.aborted)
        await this.#rest(left ? pause * (0.5 + Math.random()) : null)
      if (this.#due) pause = FIRST_PAUSE
    }
  }

  /** Until the next kick, or for so many milliseconds. */
  #rest(pause: number | null): Promise<void> {
    return new Promise((resolve) => {
      const timer = pause === null ? undefined : setTimeout(resolve, pause)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** True when something that may still go out is left. */
  async #send(): Promise<boolean> {
    const { sent } = await drain(this.#core)
    for (const one of sent) this.#events.sent(one)
    const rows = await waiting(this.#core)
    for (const { row } of rows.filter(({ row: { failure } }) => failure !== '')) {
      const id = idText(row.mid)
      if (!this.#told.has(id)) this.#events.refused(id, row.failure)
      this.#told.add(id)
    }
    return rows.some(({ row }) => row.failure === '')
  }
}
