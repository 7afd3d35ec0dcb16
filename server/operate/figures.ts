// What the box has done since its start, in numbers; they say nothing of whom or what.
import { LIVE_PATH, ROUTES, TRUSTED_PATH } from '../../protocol/api.ts'
import type { Outcome } from '../push/post.ts'

/** Everything else is one line: whoever asks for a thousand paths makes no thousand figures. */
const KNOWN = new Set([...Object.values(ROUTES).map(({ path }) => path), LIVE_PATH, TRUSTED_PATH])

export class Figures {
  /** By path and status of the answer. */
  readonly requests = new Map<string, number>()
  /** By what came of them. */
  readonly pushes = new Map<string, number>()
  #entries = 0

  get entries(): number {
    return this.#entries
  }

  request(path: string, status: number): void {
    const known = KNOWN.has(path) ? path : 'app'
    add(this.requests, `${known} ${status}`)
  }

  accepted(count: number): void {
    this.#entries += count
  }

  push({ sent, gone, limited, refused }: Outcome): void {
    add(
      this.pushes,
      sent ? 'sent' : gone ? 'gone' : limited ? 'limited' : refused ? 'refused' : 'failed',
    )
  }
}

function add(to: Map<string, number>, name: string): void {
  to.set(name, (to.get(name) ?? 0) + 1)
}
