// A network that delivers requests several times at once, and any of the answers.
import { type Network, systemNetwork } from '../../client/network.ts'

const MOST = 5

export class RepeatingNetwork implements Network {
  /** Requests as the device made them, and as they arrived. */
  made = 0
  arrived = 0
  /** Share of requests that are repeated. */
  readonly #share: number
  readonly #random: () => number
  /** Whoever is told that a request came twice asks once more, and that one goes through alone. */
  #spare = false
  openSocket = (url: string): WebSocket => systemNetwork.openSocket(url)

  constructor(random: () => number, share = 1) {
    this.#random = random
    this.#share = share
  }

  fetch: typeof fetch = async (input, init) => {
    const repeated = !this.#spare && this.#random() < this.#share
    const times = repeated ? 1 + Math.floor(this.#random() * MOST) : 1
    this.#spare = false
    this.made += 1
    this.arrived += times
    const copies = Array.from({ length: times }, () => systemNetwork.fetch(input, init))
    const answers = await Promise.allSettled(copies)
    const chosen = answers.splice(Math.floor(this.#random() * times), 1)[0]
    for (const other of answers)
      if (other.status === 'fulfilled') await other.value.arrayBuffer().catch(() => {})
    if (chosen?.status !== 'fulfilled') throw chosen?.reason ?? new TypeError('no answer')
    this.#spare = chosen.value.status === 401
    return chosen.value
  }
}
