// What the live connections get at the end of a turn. A frame is made once for all its readers, down to the
// bytes on the wire, and what one turn brings leaves in one write per socket as long as it is not much.
import type { WebSocket } from 'ws'
import type { DeviceId, PersonId } from '../../protocol/ids.ts'
import { MAX_BUFFERED } from '../limits.ts'
import { binaryMessage } from './websocket-frame.ts'

export type Receiver = {
  device: DeviceId
  person: PersonId
  pending: boolean
  socket: WebSocket
  /** How urgent what went out on it was, and has not been shown to be heard. */
  unheard: 'alert' | 'chat' | null
  /** Has it been pinged since? */
  asked: boolean
}

/** A receiver with the number of the frame that is for it. */
export type Reader = { receiver: Receiver; seg: number }
type Delivery = { readers: Reader[]; messages: Buffer[] }

/** Closing codes of ours: the device was removed; the reader fell behind; too many connections. */
export const CLOSE = {
  revoked: 4001,
  behind: 4002,
  crowded: 4003,
  unsigned: 4004,
  draining: 1001,
} as const

/** Messages are copied together up to this size: a socket takes one piece faster than several. */
const PACKET = 64 * 1024

export class Outgoing {
  #deliveries: Delivery[] = []
  #closing = new Set<Receiver>()

  /** `frames` has a frame for each `seg` that occurs among the readers. */
  add(readers: Reader[], frames: Uint8Array[]): void {
    this.#wake()
    const left = this.#closing.size > 0
    const here = left ? readers.filter((one) => !this.#closing.has(one.receiver)) : readers
    this.#deliveries.push({ readers: here, messages: frames.map(binaryMessage) })
  }

  /** Closes the connection of a removed device: it gets what was added before, and nothing after. */
  close(receiver: Receiver): void {
    this.#wake()
    this.#closing.add(receiver)
  }

  /** The tick after a commit comes before the answers to those who wrote: nobody waits for their making. */
  #wake(): void {
    if (this.#deliveries.length + this.#closing.size === 0) process.nextTick(() => this.#flush())
  }

  #flush(): void {
    const [deliveries, closing] = [this.#deliveries, this.#closing]
    this.#deliveries = []
    this.#closing = new Set()
    const [only] = deliveries
    if (only !== undefined && deliveries.length === 1) sendOne(only)
    else sendMany(deliveries)
    for (const { socket } of closing) socket.close(CLOSE.revoked)
  }
}

function sendOne({ readers, messages }: Delivery): void {
  for (const { receiver, seg } of readers) write(receiver.socket, messages[seg] as Buffer)
}

/** Messages in a row. Sockets that get the same ones share it, and its packets. */
type Row = {
  last: Buffer
  before: Row | null
  sockets: number
  longer: Map<Buffer, Row>
  packets: Buffer[] | null
}

const rowOf = (last: Buffer, before: Row | null): Row => ({
  last,
  before,
  sockets: 0,
  longer: new Map(),
  packets: null,
})

function sendMany(deliveries: Delivery[]): void {
  const nothing = rowOf(Buffer.alloc(0), null)
  const rows = new Map<WebSocket, Row>()
  for (const { readers, messages } of deliveries) {
    for (const { receiver, seg } of readers) {
      const row = rows.get(receiver.socket) ?? nothing
      rows.set(receiver.socket, longerBy(row, messages[seg] as Buffer))
    }
  }
  for (const row of rows.values()) row.sockets += 1
  for (const [socket, row] of rows) for (const packet of packetsOf(row)) write(socket, packet)
}

function longerBy(row: Row, message: Buffer): Row {
  const known = row.longer.get(message)
  if (known !== undefined) return known
  const longer = rowOf(message, row)
  row.longer.set(message, longer)
  return longer
}

/** Kept for those who get the same; what is for one alone is not held until all have theirs. */
function packetsOf(row: Row): Buffer[] {
  if (row.packets !== null) return row.packets
  const packets = pack(messagesOf(row))
  if (row.sockets > 1) row.packets = packets
  return packets
}

function messagesOf(row: Row): Buffer[] {
  const messages: Buffer[] = []
  for (let at = row; at.before !== null; at = at.before) messages.push(at.last)
  return messages.toReversed()
}

/** Small messages together, up to PACKET; a large one as it is. */
function pack(messages: Buffer[]): Buffer[] {
  const packets: Buffer[] = []
  let [open, size]: [Buffer[], number] = [[], 0]
  const seal = (): void => {
    const [only] = open
    if (only !== undefined) packets.push(open.length === 1 ? only : Buffer.concat(open))
    ;[open, size] = [[], 0]
  }
  for (const message of messages) {
    if (size + message.length > PACKET) seal()
    open.push(message)
    size += message.length
  }
  seal()
  return packets
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
