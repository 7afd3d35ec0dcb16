// Messages that nobody has looked at here, opened.
import type { Core } from '../../client/core.ts'
import { messageAt, type MessageView } from '../../client/views.ts'
import { idText, type LogId } from '../../protocol/ids.ts'

/** What is unread is looked at with every change: it is opened once, and forgotten when it has been read. */
export class UnreadTexts {
  readonly #known = new Map<string, Map<number, MessageView>>()

  async at(core: Core, log: LogId, n: number): Promise<MessageView | null> {
    const known = this.#of(log)
    const there = known.get(n) ?? (await messageAt(core, log, n))
    if (there !== null) known.set(n, there)
    return there
  }

  /** Everything else of that channel is forgotten. */
  keep(log: LogId, places: number[]): void {
    const wanted = new Set(places)
    const known = this.#of(log)
    for (const n of known.keys()) if (!wanted.has(n)) known.delete(n)
  }

  #of(log: LogId): Map<number, MessageView> {
    const key = idText(log)
    const known = this.#known.get(key) ?? new Map<number, MessageView>()
    this.#known.set(key, known)
    return known
  }
}
