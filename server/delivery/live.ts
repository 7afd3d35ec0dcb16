// Live delivery: what was committed goes out on every open socket that may read it. A frame is built
// once for all its receivers, and what one turn brings leaves in one write per socket.
import type { WebSocket } from 'ws'
import { Channel } from '../../protocol/channel.ts'
import { AnswerLog } from '../../protocol/answer-log.ts'
import { toHex } from '../../protocol/bytes.ts'
import type { EntryOf } from '../../protocol/entry.ts'
import { entryBytes } from '../../protocol/entry.ts'
import { encodeFrame } from '../../protocol/frames.ts'
import { type DeviceId, IdMap, type LogId, type OrgId } from '../../protocol/ids.ts'
import { isDirectoryKind, isMessageKind, type MessageKind, rings } from '../../protocol/kinds.ts'
import { trimEntry } from '../../protocol/payload.ts'
import { CONNECTIONS_PER_DEVICE, CONNECTIONS_PER_ORGANISATION } from '../limits.ts'
import type { Accepted, StoredWrap } from '../org/accept.ts'
import { mayReadAnswers } from '../org/catch-up.ts'
import type { LogState, Organisation } from '../org/organisation.ts'
import { CLOSE, Outgoing, type Reader, type Receiver, write } from './outgoing.ts'
import { binaryMessage, PING } from './websocket-frame.ts'

export type Urgency = 'alert' | 'chat'

/** Sockets whose last ping has not been answered yet. */
const unanswered = new WeakSet<WebSocket>()

/** Whoever gets the messages of a channel, with the segment whose wrap they take. */
type Readers = { membN: number; version: number; list: Reader[] }

export class Live {
  readonly #receivers = new IdMap<OrgId, Set<Receiver>>()
  /** By organisation and device. */
  readonly #devices = new Map<string, Set<Receiver>>()
  readonly #readers = new IdMap<LogId, Readers>()
  readonly #outgoing = new Outgoing()
  /** A line turned out to be dead after a message went out on it. */
  onMissed: (org: OrgId, device: DeviceId, urgency: Urgency) => void = () => {}
  /** Changes with every connection that comes, goes or changes its standing. */
  #version = 0

  of(org: OrgId): Set<Receiver> {
    const known = this.#receivers.get(org) ?? new Set<Receiver>()
    this.#receivers.set(org, known)
    return known
  }

  /** The oldest connection of a device gives way to a new one. */
  add(org: OrgId, receiver: Receiver): void {
    const all = this.of(org)
    const same = this.#connectionsOf(org, receiver.device)
    const [oldest] = same
    if (same.size >= CONNECTIONS_PER_DEVICE) oldest?.socket.close(CLOSE.crowded)
    if (all.size >= CONNECTIONS_PER_ORGANISATION) return receiver.socket.close(CLOSE.crowded)
    all.add(receiver)
    same.add(receiver)
    this.#devices.set(slotOf(org, receiver.device), same)
    this.#version += 1
    receiver.socket.on('pong', () => {
      unanswered.delete(receiver.socket)
      if (receiver.asked) receiver.unheard = null
    })
    receiver.socket.on('close', () => {
      all.delete(receiver)
      same.delete(receiver)
      if (same.size === 0) this.#devices.delete(slotOf(org, receiver.device))
      if (same.size === 0 && receiver.unheard !== null)
        this.onMissed(org, receiver.device, receiver.unheard)
      this.#version += 1
    })
  }

  /** A device has said what it holds: it has heard what went out. */
  heard(org: OrgId, device: DeviceId): void {
    for (const receiver of this.#connectionsOf(org, device)) receiver.unheard = null
  }

  /** Has this device a line that somebody answers on? */
  isOpen(org: OrgId, device: DeviceId): boolean {
    return this.#connectionsOf(org, device).size > 0
  }

  #connectionsOf(org: OrgId, device: DeviceId): Set<Receiver> {
    return this.#devices.get(slotOf(org, device)) ?? new Set()
  }

  /** Call after the commit, in commit order. */
  deliver(org: Organisation, accepted: Accepted[]): void {
    const receivers = this.of(org.id)
    for (const one of accepted) {
      if (!one.fresh) continue
      const state = org.log(one.log)
      if (state instanceof Channel && isMessageKind(one.entry.kind))
        this.#deliverMessage(state, one, receivers)
      else this.#deliverOther(org, one, receivers)
      if (isDirectoryKind(one.entry.kind)) this.#review(org, receivers)
    }
    this.deliverWraps(
      org.id,
      accepted.flatMap((one) => one.wraps),
    )
  }

  /** One frame for each segment that has readers, whatever their number. */
  #deliverMessage(channel: Channel, { entry, n }: Accepted, receivers: Set<Receiver>): void {
    const frames: Uint8Array[] = []
    const frameOf = (seg: number): Uint8Array => {
      const trimmed = channel.segments.length > 1
      const bytes = trimmed ? trimEntry(entry as EntryOf<MessageKind>, seg) : entryBytes(entry)
      return encodeFrame({ type: 'entry', n, bytes })
    }
    const readers = this.#readersOf(channel, receivers)
    for (const { seg } of readers) frames[seg] ??= frameOf(seg)
    const urgency = rings(entry.kind) ? 'alert' : 'chat'
    for (const { receiver } of readers) {
      receiver.unheard = receiver.unheard === 'alert' ? 'alert' : urgency
      receiver.asked = false
    }
    this.#outgoing.add(readers, frames)
  }

  #readersOf(channel: Channel, receivers: Set<Receiver>): Reader[] {
    const known = this.#readers.get(channel.id)
    const { n: membN } = channel.memb
    if (known?.membN === membN && known.version === this.#version) return known.list
    const list = [...receivers].flatMap((receiver): Reader[] => {
      const member = receiver.pending ? undefined : channel.members.get(receiver.person)
      return member === undefined ? [] : [{ receiver, seg: member.seg }]
    })
    this.#readers.set(channel.id, { membN, version: this.#version, list })
    return list
  }

  /** What is not a message also goes to whoever was just removed: they see that they were. */
  #deliverOther(org: Organisation, { log, entry, n }: Accepted, receivers: Set<Receiver>): void {
    const frame = encodeFrame({ type: 'entry', n, bytes: entryBytes(entry) })
    const mayRead = readerTest(org, org.log(log), n)
    this.#outgoing.add([...receivers].filter(mayRead).map(alone), [frame])
  }

  deliverWraps(org: OrgId, wraps: StoredWrap[]): void {
    for (const { id, device, log, epoch, gen, bytes } of wraps) {
      const receivers = this.#connectionsOf(org, device)
      if (receivers.size === 0) continue
      const frame = encodeFrame({ type: 'wrap', id, log, epoch, gen, wrap: bytes })
      this.#outgoing.add([...receivers].map(alone), [frame])
    }
  }

  deliverParcel(org: OrgId, to: DeviceId, id: number, bytes: Uint8Array): void {
    const frame = encodeFrame({ type: 'parcel', id, bytes })
    this.#outgoing.add([...this.#connectionsOf(org, to)].map(alone), [frame])
  }

  /**
   * Tells every reader that the connection lives, and what time the box has. Who has not answered the ping
   * of the time before is gone without a farewell: a half-open connection looks open for hours otherwise.
   */
  alive(t: number): void {
    const beat = Buffer.concat([binaryMessage(encodeFrame({ type: 'alive', t })), PING])
    for (const receivers of this.#receivers.values()) {
      for (const receiver of receivers) {
        const { socket } = receiver
        if (unanswered.has(socket)) {
          socket.terminate()
          continue
        }
        receiver.asked = true
        unanswered.add(socket)
        write(socket, beat)
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
    this.#version += 1
    for (const receiver of receivers) {
      const device = org.directory.devices.get(receiver.device)
      if (device === undefined || device.until !== null) this.#outgoing.close(receiver)
      else receiver.pending = device.from === null
    }
  }
}

const alone = (receiver: Receiver): Reader => ({ receiver, seg: 0 })

const slotOf = (org: OrgId, device: DeviceId): string => `${toHex(org)}/${toHex(device)}`

function readerTest(
  org: Organisation,
  state: LogState | undefined,
  n: number,
): (receiver: Receiver) => boolean {
  if (state instanceof Channel)
    return ({ person, pending }) => !pending && state.readable(person, n)
  if (state instanceof AnswerLog)
    return ({ person, pending }) => !pending && mayReadAnswers(org, state, person)
  return () => true
}
