// A line on which a phone hears exactly what a test wants it to hear, once each.
import type { Network } from '../../client/network.ts'
import { encodeFrame, type Frame, joinFrames } from '../../protocol/frames.ts'

const HEADERS = { 'holdfast-window': 'A'.repeat(22) }

export class Showing implements Network {
  next: Frame[] = []

  fetch: typeof fetch = () => {
    const bytes = joinFrames(this.next.map(encodeFrame)) as Uint8Array<ArrayBuffer>
    this.next = []
    return Promise.resolve(new Response(bytes, { headers: HEADERS }))
  }

  openSocket = (): WebSocket => {
    throw new TypeError('nothing is live here')
  }
}
