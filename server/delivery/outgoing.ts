// What the live connections get at the end of a turn. A frame is made once for all its readers, down to the
// bytes on the wire, and what one turn brings leaves in one write per socket.
import type { WebSocket } from 'ws'
import type { DeviceId, PersonId } from '../../protocol/ids.ts'
import { MAX_BUFFERED } from '../limits.ts'
import { binaryMessage } from './websocket-frame.ts'

export type Receiver = { device: DeviceId; person: PersonId; pending: boolean; socket: WebSocket }

/** A receiver with the number of the frame that is for it. */
export type Reader = { receiver: Receiver; seg: number }
type Delivery = { readers: Iterable<Reader>; messages: Buffer[] }

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
    this.#deliveries.push({ readers, messages: frames.map(binaryMessage) })
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

function sendOne({ readers, messages }: Delivery): void {
  for (const { receiver, seg } of readers) write(receiver.socket, messages[seg] as Buffer)
}

/** Messages in a row; `bytes` is made once, for all sockets that get the same row. */
type Row = { last: Buffer; before: Row | null; longer: Map<Buffer, Row>; bytes: Buffer | null }

function sendMany(deliveries: Delivery[]): void {
  const nothing: Row = { last: Buffer.alloc(0), before: null, longer: new Map(), bytes: null }
  const rows = new Map<WebSocket, Row>()
  for (const { readers, messages } of deliveries) {
    for (const { receiver, seg } of readers) {
      const row = rows.get(receiver.socket) ?? nothing
      rows.set(receiver.socket, longerBy(row, messages[seg] as Buffer))
    }
  }
  for (const [socket, row] of rows) write(socket, bytesOf(row))
}

function longerBy(row: Row, message: Buffer): Row {
  const known = row.longer.get(message)
  if (known !== undefined) return known
  const longer: Row = { last: message, before: row, longer: new Map(), bytes: null }
  row.longer.set(message, longer)
  return longer
}

function bytesOf(row: Row): Buffer {
  if (row.bytes !== null) return row.bytes
  const parts: Buffer[] = []
  for (let at: Row | null = row; at !== null; at = at.before) parts.unshift(at.last)
  row.bytes = Buffer.concat(parts)
  return row.bytes
}

/** What ws writes to; its documentation reaches for `_socket` as well. */
type Tcp = { readonly writableLength: number; write(bytes: Uint8Array): boolean }

/**
 * Past ws, which would make the frame anew for each socket: without compression it writes through at once, and
 * counts what waits by the same socket. Readers who fall behind are cut off and pull later: one stuck phone must
 * not fill the box's memory.
 */
export function write(socket: WebSocket, bytes: Buffer): void {
  if (socket.readyState !== socket.OPEN) return
  const { _socket: tcp } = socket as unknown as { _socket: Tcp }
  if (tcp.writableLength > MAX_BUFFERED) socket.close(CLOSE.behind)
  else tcp.write(bytes)
}
