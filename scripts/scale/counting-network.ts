// The way to the box, with everything weighed that goes up.
import { type Network, systemNetwork } from '../../client/network.ts'

export class CountingNetwork implements Network {
  /** Bytes of each request since the last `take`, by path. */
  #sent: { path: string; bytes: number }[] = []
  openSocket = (url: string): WebSocket => systemNetwork.openSocket(url)

  fetch = async (...[input, init]: Parameters<typeof fetch>): Promise<Response> => {
    const path = new URL(input instanceof Request ? input.url : input).pathname
    const body = init?.body
    this.#sent.push({ path, bytes: body instanceof Uint8Array ? body.length : 0 })
    return systemNetwork.fetch(input, init)
  }

  /** What went to these paths since the last time. */
  take(...paths: string[]): { requests: number; bytes: number } {
    const those = this.#sent.filter(({ path }) => paths.includes(path))
    this.#sent = []
    return { requests: those.length, bytes: those.reduce((sum, { bytes }) => sum + bytes, 0) }
  }
}
