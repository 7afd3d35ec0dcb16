// What the live connections get at the end of a turn: a single frame goes straight into its socket, several
// leave in one write.
import type { WebSocket } from 'ws'
import type { DeviceId, PersonId } from '../../protocol/ids.ts'
import { MAX_BUFFERED } from '../limits.ts'

export type Receiver = { device: DeviceId; person: PersonId; pending: boolean; socket: WebSocket }

/** A receiver with the number of the frame that is for it. */
export type Reader = { receiver: Receiver; seg: number }
type Delivery = { readers: Iterable<Reader>; frames: Uint8Array[] }

/** Closing codes of ours: the device was removed; the reader fell behind; too many connections. */
export const CLOSE = {
  revoked: 4001,
  behind: 4002,
  crowded: 4003,
  unsigned: 4004,
  draining: 1001,
} as const

export class Outgoing {
  #deliveries: Delivery[] = []
  #closing: Receiver[] = []

  /** `frames` has a frame for each `seg` that occurs among the readers. */
  add(readers: Iterable<Reader>, frames: Uint8Array[]): void {
    this.#wake()
    this.#deliveries.push({ readers, frames })
  }

  /** Closes the connection of a removed device, behind what was added before. */
  close(receiver: Receiver): void {
    this.#wake()
    this.#closing.push(receiver)
  }

  /** The tick after a commit comes before the answers to those who wrote: nobody waits for their making. */
  #wake(): void {
    if (this.#deliveries.length + this.#closing.length === 0) process.nextTick(() => this.#flush())
  }

  #flush(): void {
    const [deliveries, closing] = [this.#deliveries, this.#closing]
    this.#deliveries = []
    this.#closing = []
    const [only] = deliveries
    if (only !== undefined && deliveries.length === 1) sendOne(only)
    else sendMany(deliveries)
    for (const { socket } of closing) socket.close(CLOSE.revoked)
  }
}

function sendOne({ readers, frames }: Delivery): void {
  for (const { receiver, seg } of readers) {
    const { socket } = receiver
    if (takes(socket)) socket.send(frames[seg] as Uint8Array, { binary: true })
  }
}

function sendMany(deliveries: Delivery[]): void {
  const all = new Map<WebSocket, Uint8Array[]>()
  for (const { readers, frames } of deliveries) {
    for (const { receiver, seg } of readers) {
      const frame = frames[seg] as Uint8Array
      const known = all.get(receiver.socket)
      if (known === undefined) all.set(receiver.socket, [frame])
      else known.push(frame)
    }
  }
  for (const [socket, frames] of all) {
    together(socket, () => {
      for (const frame of frames) if (takes(socket)) socket.send(frame, { binary: true })
    })
  }
}

type Corkable = { _socket?: { cork(): void; uncork(): void } }

/** ws has no public cork; its socket is reached as its own documentation of `_socket` allows. */
export function together(socket: WebSocket, write: () => void): void {
  const { _socket: tcp } = socket as unknown as Corkable
  tcp?.cork()
  write()
  tcp?.uncork()
}

/** Readers who fall behind are cut off and pull later: one stuck phone must not fill the box's memory. */
export function takes(socket: WebSocket): boolean {
  if (socket.readyState !== socket.OPEN) return false
  if (socket.bufferedAmount <= MAX_BUFFERED) return true
  socket.close(CLOSE.behind)
  return false
}
