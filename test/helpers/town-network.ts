// The way to the box as a story wants it: counted, or cut at a place of its choice.
import { type Network, systemNetwork } from '../../client/network.ts'

type Fetch = typeof fetch

/** Box and phones share a process here: after a long turn an idle connection may be gone, unnoticed. */
async function patientFetch(...args: Parameters<Fetch>): Promise<Response> {
  try {
    return await fetch(...args)
  } catch (error) {
    if (!isReset(error)) throw error
    return fetch(...args)
  }
}

function isReset(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : null
  const code = cause instanceof Error && 'code' in cause ? cause.code : ''
  return code === 'ECONNRESET' || code === 'UND_ERR_SOCKET'
}

export const townNetwork: Network = { ...systemNetwork, fetch: patientFetch }

/** `before`: the request never leaves the phone. `after`: the box does it and its answer is lost. */
type Cut = 'before' | 'after'

export class TownNetwork implements Network {
  /** Requests that the box has answered, by path. */
  readonly answered: string[] = []
  /** Requests that were cut. */
  cuts = 0
  #cut: { path: string; when: Cut; times: number } | null = null
  openSocket = (url: string): WebSocket => systemNetwork.openSocket(url)

  fetch = async (...[input, init]: Parameters<Fetch>): Promise<Response> => {
    const path = new URL(input instanceof Request ? input.url : input).pathname
    const cut = this.#due(path)
    if (cut === 'before') throw new TypeError('cut before the request left')
    const response = await patientFetch(input, init)
    this.answered.push(path)
    if (cut !== 'after') return response
    await response.arrayBuffer()
    throw new TypeError('cut before the answer came')
  }

  cut(path: string, when: Cut, times = 1): void {
    this.#cut = { path, when, times }
  }

  heal(): void {
    this.#cut = null
  }

  count(path: string): number {
    return this.answered.filter((one) => one === path).length
  }

  #due(path: string): Cut | null {
    if (this.#cut === null || this.#cut.path !== path || this.#cut.times === 0) return null
    this.#cut.times--
    this.cuts += 1
    return this.#cut.when
  }
}
