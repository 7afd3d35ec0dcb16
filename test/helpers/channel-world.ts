// A channel of a test world: its log as it would travel, the state that follows from it, and the keys
// that a member holds. Everything is signed and judged as in life; only the network is missing.
import { Channel } from '../../protocol/channel.ts'
import { compareBytes } from '../../protocol/channel-operations.ts'
import { stubOf } from '../../protocol/chain.ts'
import type { Content } from '../../protocol/content.ts'
import { encodeContent } from '../../protocol/content.ts'
import {
  type Context,
  decodeEntry,
  type Entry,
  type EntryOf,
  signEntry,
} from '../../protocol/entry.ts'
import { epochIdOf } from '../../protocol/epoch-core.ts'
import {
  announceEpoch,
  decodeEpochWrap,
  forwardKey,
  keyCommitment,
  sealEpochKey,
} from '../../protocol/epoch-keys.ts'
import {
  asId,
  type EpochId,
  type Hash,
  type LogId,
  type MessageId,
  NO_ID,
  type PersonId,
} from '../../protocol/ids.ts'
import {
  CHANNEL_ROLE,
  type ChannelRole,
  KIND,
  type MessageKind,
  type OperationKind,
} from '../../protocol/kinds.ts'
import { EPOCH_LIFE } from '../../protocol/limits.ts'
import { openMessage, sealMessage, type SegmentKey } from '../../protocol/message-keys.ts'
import { encodeOperationData, type OperationData } from '../../protocol/operation-data.ts'
import { seededId } from './seed.ts'
import type {
  AnnounceOptions,
  ContextOptions,
  ExtendOptions,
  OperationOptions,
  SendOptions,
} from './channel-options.ts'
import type { TestDevice, World } from './world.ts'

const NOTHING = new Uint8Array(0)

export function sorted(people: PersonId[]): PersonId[] {
  return people.toSorted(compareBytes)
}

export class TestChannel {
  readonly world: World
  readonly state: Channel
  readonly log: Uint8Array[] = []
  /** Keys that a member of all segments holds, the lowest generation of each epoch. */
  readonly keys: SegmentKey[] = []
  /** The wraps of each epoch and generation as they would be delivered. */
  readonly wraps: { epoch: EpochId; gen: number; wrap: Uint8Array }[] = []
  readonly #hashes: Hash[] = []
  #messages = 0

  constructor(world: World, id: LogId) {
    this.world = world
    this.state = new Channel(id, world.directory, (n) => this.#hashes[n])
    this.#hashes.push(this.state.head.h)
  }

  get id(): LogId {
    return this.state.id
  }

  context(by: TestDevice, options: ContextOptions = {}): Context {
    const { n: refN, h: refH } = this.state.head
    return {
      org: this.world.org,
      log: this.id,
      signer: by.id,
      refN,
      refH,
      t: this.world.now,
      ...options,
    }
  }

  put(bytes: Uint8Array): Entry {
    const entry = decodeEntry(bytes)
    this.accept(entry)
    this.log.push(bytes)
    return entry
  }

  /** The effect and the place of an entry, or the reason why not. */
  accept(entry: Entry): void {
    this.state.accept(entry)
    this.#hashes.push(this.state.head.h)
  }

  /** A refused entry keeps its place in the chain, without effect. */
  skip(entry: Entry): void {
    this.state.advance(stubOf(entry))
    this.#hashes.push(this.state.head.h)
  }

  /** The chain hash at an index of this log. */
  hashAt(n: number): Hash | undefined {
    return this.#hashes[n]
  }

  operation(kind: OperationKind, by: TestDevice, options: OperationOptions = {}): Uint8Array {
    const {
      subjects = [],
      role = CHANNEL_ROLE.member,
      data = NOTHING,
      dir = this.world.directory.head,
    } = options
    const { memb } = this.state
    const chain = { membN: memb.n + 1, membPrev: memb.head, dirN: dir.n, dirH: dir.h }
    const fields = { ...chain, role, subjects: sorted(subjects), data, ...options.fields }
    return signEntry(kind, this.context(by, options.context), fields, by.pair.secretKey)
  }

  add(by: TestDevice, subjects: PersonId[], role?: ChannelRole): Entry {
    return this.put(
      this.operation(KIND.add, by, { subjects, ...(role === undefined ? {} : { role }) }),
    )
  }

  remove(by: TestDevice, ...subjects: PersonId[]): Entry {
    return this.put(this.operation(KIND.remove, by, { subjects }))
  }

  setRole(by: TestDevice, person: PersonId, role: ChannelRole): Entry {
    return this.put(this.operation(KIND.role, by, { subjects: [person], role }))
  }

  data(kind: 'policy' | 'title' | 'respkey', by: TestDevice, value: OperationData): Entry {
    return this.put(this.operation(KIND[kind], by, { data: encodeOperationData(value) }))
  }

  /** A new epoch of a segment, without putting it into the log. */
  announcement(
    by: TestDevice,
    options: AnnounceOptions = {},
  ): { entry: Uint8Array; ak: Uint8Array } {
    const { seg = 0 } = options
    const { memb } = this.state
    const { n: dirN, h: dirH } = this.world.directory.head
    const prevEpoch = this.state.currentEpoch(seg)?.id ?? asId<EpochId>(NO_ID)
    const nwraps = this.state.entitled(seg, memb.n, dirN).length
    const heads = { membN: memb.n, membHead: memb.head, dirN, dirH }
    const notAfter = this.world.now + EPOCH_LIFE
    const fields = { seg, prevEpoch, ...heads, notAfter, nwraps, ...options.fields }
    const due = this.state.recorded ? this.world.directory.recordsAt(fields.dirN) : null
    const records = options.records === undefined ? due : options.records
    return announceEpoch(
      { context: this.context(by, options.context), fields, records },
      by.pair.secretKey,
    )
  }

  announce(by: TestDevice, options: AnnounceOptions = {}): EpochId {
    const { entry: bytes, ak } = this.announcement(by, options)
    const epoch = epochIdOf(this.put(bytes))
    this.keys.push({ epoch, gen: 0, ak })
    this.#deliver(epoch, 0, ak)
    return epoch
  }

  /** Lets newcomers into the current epoch, from its next generation on. */
  extension(by: TestDevice, options: ExtendOptions = {}): Uint8Array {
    const { seg = 0 } = options
    const { memb } = this.state
    const epoch = this.state.currentEpoch(seg)
    if (epoch === null) throw new TypeError(`segment ${seg} has no epoch`)
    const gen = options.gen ?? epoch.gen + 1
    const { n: dirN, h: dirH } = this.world.directory.head
    const nwraps = this.state.entitled(seg, memb.n, dirN).length
    const akgCommit = keyCommitment(this.keyAt(epoch.id, gen), epoch.core, gen)
    const heads = { membN: memb.n, membHead: memb.head, dirN, dirH }
    const fields = { epoch: epoch.id, gen, ...heads, akgCommit, nwraps, ...options.fields }
    return signEntry(KIND.extension, this.context(by, options.context), fields, by.pair.secretKey)
  }

  extend(by: TestDevice, options: ExtendOptions = {}): Entry {
    const entry = this.put(this.extension(by, options)) as EntryOf<typeof KIND.extension>
    const { epoch, gen } = entry.fields
    this.#deliver(epoch, gen, this.keyAt(epoch, gen))
    return entry
  }

  keyAt(epoch: EpochId, gen: number): Uint8Array {
    let ak = this.keys.find((key) => key.epoch.join() === epoch.join())?.ak
    if (ak === undefined) throw new TypeError('a key that nobody made here')
    for (let g = 0; g < gen; g++) ak = forwardKey(ak, epoch, g)
    return ak
  }

  /** The keys to send under: each segment's newest epoch at its newest generation. */
  sendingKeys(): SegmentKey[] {
    return this.state.segments.map((_, seg) => {
      const epoch = this.state.currentEpoch(seg)
      if (epoch === null) throw new TypeError(`segment ${seg} has no epoch`)
      return { epoch: epoch.id, gen: epoch.gen, ak: this.keyAt(epoch.id, epoch.gen) }
    })
  }

  message(by: TestDevice, content: string | Content, options: SendOptions = {}): Uint8Array {
    const { kind = KIND.text, keys = this.sendingKeys() } = options
    const whole: Content =
      typeof content === 'string' ? { type: 'text', text: content, replyTo: null } : content
    const seq = options.seq ?? (this.state.seqs.get(by.id) ?? 0) + 1
    const mid = options.mid ?? seededId<MessageId>(`message ${(this.#messages += 1)}`)
    const plain = options.plain ?? encodeContent(whole)
    const context = this.context(by, options.context)
    return sealMessage({ kind, context, seq, mid, ttl: 0, keys, plain }, by.pair.secretKey)
  }

  send(by: TestDevice, content: string | Content, options: SendOptions = {}): EntryOf<MessageKind> {
    return this.put(this.message(by, content, options)) as EntryOf<MessageKind>
  }

  /** The plain body, for somebody who holds the key of every epoch since the channel began. */
  open(entry: EntryOf<MessageKind>): Uint8Array | null {
    return openMessage(entry, (epoch, gen) => this.keyAt(epoch, gen))
  }

  #deliver(epoch: EpochId, gen: number, ak: Uint8Array): void {
    const { seg, core, membN, dirN } = this.state.epochs.get(epoch) as NonNullable<
      ReturnType<Channel['currentEpoch']>
    >
    const entitled = this.state.entitled(seg, membN, dirN).map((device) => device.id.join())
    for (const device of this.world.devices.filter(({ id }) => entitled.includes(id.join()))) {
      const wrap = sealEpochKey(ak, core, gen, device.prekey)
      this.wraps.push({ epoch, gen, wrap })
    }
  }

  wrapFor(device: TestDevice, epoch: EpochId, gen = 0): ReturnType<typeof decodeEpochWrap> {
    const all = this.wraps.filter((w) => w.gen === gen && w.epoch.join() === epoch.join())
    const mine = all
      .map((w) => decodeEpochWrap(w.wrap))
      .find((w) => w.device.join() === device.id.join())
    if (mine === undefined) throw new TypeError(`no wrap for ${device.name}`)
    return mine
  }
}
