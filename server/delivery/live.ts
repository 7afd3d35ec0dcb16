// Live delivery: what was committed goes out on every open socket that may read it. A frame is built
// once for all its receivers, and what one turn brings leaves in one write per socket.
import type { WebSocket } from 'ws'
import { Channel } from '../../protocol/channel.ts'
import type { AnswerLog } from '../../protocol/answer-log.ts'
import { equal, toHex } from '../../protocol/bytes.ts'
import type { EntryOf } from '../../protocol/entry.ts'
import { entryBytes } from '../../protocol/entry.ts'
import { encodeFrame } from '../../protocol/frames.ts'
import { type DeviceId, IdMap, type OrgId, type PersonId } from '../../protocol/ids.ts'
import { isDirectoryKind, isMessageKind, type MessageKind } from '../../protocol/kinds.ts'
import { trimEntry } from '../../protocol/payload.ts'
import { CONNECTIONS_PER_DEVICE, CONNECTIONS_PER_ORGANISATION, MAX_BUFFERED } from '../limits.ts'
import type { Accepted, StoredWrap } from '../org/accept.ts'
import { mayReadAnswers } from '../org/catch-up.ts'
import type { Organisation } from '../org/organisation.ts'

export type Receiver = { device: DeviceId; person: PersonId; pending: boolean; socket: WebSocket }

/** Sockets whose last ping has not been answered yet. */
const unanswered = new WeakSet<WebSocket>()

/** Closing codes of ours: the device was removed; the reader fell behind; too many connections. */
export const CLOSE = {
  revoked: 4001,
  behind: 4002,
  crowded: 4003,
  unsigned: 4004,
  draining: 1001,
} as const

export class Live {
  readonly #receivers = new IdMap<OrgId, Set<Receiver>>()

  of(org: OrgId): Set<Receiver> {
    const known = this.#receivers.get(org) ?? new Set<Receiver>()
    this.#receivers.set(org, known)
    return known
  }

  /** The oldest connection of a device gives way to a new one. */
  add(org: OrgId, receiver: Receiver): void {
    const all = this.of(org)
    const same = [...all].filter((other) => equal(other.device, receiver.device))
    if (same.length >= CONNECTIONS_PER_DEVICE) same[0]?.socket.close(CLOSE.crowded)
    if (all.size >= CONNECTIONS_PER_ORGANISATION) return receiver.socket.close(CLOSE.crowded)
    all.add(receiver)
    receiver.socket.on('close', () => all.delete(receiver))
    receiver.socket.on('pong', () => unanswered.delete(receiver.socket))
  }

  /** Call after the commit, in commit order. */
  deliver(org: Organisation, accepted: Accepted[]): void {
    const receivers = this.of(org.id)
    for (const one of accepted) {
      if (!one.fresh) continue
      const frameFor = framesOf(org, one)
      for (const receiver of receivers) {
        const frame = frameFor(receiver)
        if (frame !== null) send(receiver, frame)
      }
      if (isDirectoryKind(one.entry.kind)) this.#review(org, receivers)
    }
    this.deliverWraps(
      org.id,
      accepted.flatMap((one) => one.wraps),
    )
  }

  deliverWraps(org: OrgId, wraps: StoredWrap[]): void {
    if (wraps.length === 0) return
    const byDevice = new Map<string, StoredWrap[]>()
    for (const wrap of wraps)
      byDevice.set(toHex(wrap.device), [...(byDevice.get(toHex(wrap.device)) ?? []), wrap])
    for (const receiver of this.of(org)) {
      for (const { id, log, epoch, gen, bytes } of byDevice.get(toHex(receiver.device)) ?? []) {
        send(receiver, encodeFrame({ type: 'wrap', id, log, epoch, gen, wrap: bytes }))
      }
    }
  }

  deliverParcel(org: OrgId, to: DeviceId, id: number, bytes: Uint8Array): void {
    for (const receiver of this.of(org)) {
      if (equal(receiver.device, to)) send(receiver, encodeFrame({ type: 'parcel', id, bytes }))
    }
  }

  /**
   * Tells every reader that the connection lives, and what time the box has. Who has not answered the ping
   * of the time before is gone without a farewell: a half-open connection looks open for hours otherwise.
   */
  alive(t: number): void {
    const frame = encodeFrame({ type: 'alive', t })
    for (const receivers of this.#receivers.values()) {
      for (const receiver of receivers) {
        if (unanswered.has(receiver.socket)) receiver.socket.terminate()
        else beat(receiver, frame)
      }
    }
  }

  /** For sockets whose other end has not answered the farewell. */
  terminateAll(): void {
    for (const receivers of this.#receivers.values()) {
      for (const { socket } of receivers) socket.terminate()
    }
  }

  closeAll(): void {
    for (const receivers of this.#receivers.values()) {
      for (const { socket } of receivers) socket.close(CLOSE.draining)
    }
  }

  /** A directory entry may have removed or approved devices that are connected. */
  #review(org: Organisation, receivers: Set<Receiver>): void {
    for (const receiver of receivers) {
      const device = org.directory.devices.get(receiver.device)
      if (device === undefined || device.until !== null) receiver.socket.close(CLOSE.revoked)
      else receiver.pending = device.from === null
    }
  }
}

/** Who gets which frame of an accepted entry; null: not for this reader. */
function framesOf(org: Organisation, one: Accepted): (receiver: Receiver) => Uint8Array | null {
  const { entry, n } = one
  const whole = encodeFrame({ type: 'entry', n, bytes: entryBytes(entry) })
  if (isDirectoryKind(entry.kind)) return () => whole
  const state = org.log(one.log)
  if (state instanceof Channel) {
    const bySegment = new Map<number, Uint8Array>()
    return (receiver) => channelFrameFor(state, one, receiver, whole, bySegment)
  }
  const answers = state as AnswerLog
  return ({ person, pending }) => (!pending && mayReadAnswers(org, answers, person) ? whole : null)
}

function channelFrameFor(
  channel: Channel,
  one: Accepted,
  receiver: Receiver,
  whole: Uint8Array,
  bySegment: Map<number, Uint8Array>,
): Uint8Array | null {
  if (receiver.pending || !channel.readable(receiver.person, one.n)) return null
  const member = channel.members.get(receiver.person)
  if (!isMessageKind(one.entry.kind) || channel.segments.length === 1 || member === undefined)
    return whole
  const bytes = trimEntry(one.entry as EntryOf<MessageKind>, member.seg)
  const known = bySegment.get(member.seg) ?? encodeFrame({ type: 'entry', n: one.n, bytes })
  bySegment.set(member.seg, known)
  return known
}

const corked = new Set<Receiver>()

/** Readers who fall behind are cut off and pull later: one stuck phone must not fill the box's memory. */
function send(receiver: Receiver, frame: Uint8Array): void {
  const { socket } = receiver
  if (socket.readyState !== socket.OPEN) return
  if (socket.bufferedAmount > MAX_BUFFERED) return socket.close(CLOSE.behind)
  cork(receiver)
  socket.send(frame, { binary: true })
}

/** Browsers cannot ping, but every WebSocket answers the ping of its peer by itself. */
function beat(receiver: Receiver, frame: Uint8Array): void {
  const { socket } = receiver
  if (socket.readyState !== socket.OPEN) return
  unanswered.add(socket)
  send(receiver, frame)
  socket.ping()
}

type Corkable = { _socket?: { cork(): void; uncork(): void } }

/** ws has no public cork; its socket is reached as its own documentation of `_socket` allows. */
function cork(receiver: Receiver): void {
  if (corked.has(receiver)) return
  if (corked.size === 0) setImmediate(uncorkAll)
  corked.add(receiver)
  const { _socket: tcp } = receiver.socket as unknown as Corkable
  tcp?.cork()
}

function uncorkAll(): void {
  for (const receiver of corked) (receiver.socket as unknown as Corkable)._socket?.uncork()
  corked.clear()
}
