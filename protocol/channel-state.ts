// What a channel's log says: who is in it, in which segment, under which keys.
import type { ChannelRole, ChannelType } from './kinds.ts'
import { SEGMENT_PERSONS } from './limits.ts'
import {
  type DeviceId,
  type EpochId,
  type Hash,
  IdMap,
  type LogId,
  type MessageId,
  NO_HASH,
  type PersonId,
} from './ids.ts'

export type Member = {
  person: PersonId
  role: ChannelRole
  seg: number
  /** Index of the operation that added the person, and its number in the membership chain. */
  since: number
  sinceMemb: number
  /** Number of the operation that made the member a publisher or manager; null while an ordinary member. */
  publisherSince: number | null
}

/** When a person could read the log: from the index of the add to that of the removal. */
export type Span = { from: number; to: number | null; seg: number }

export type Epoch = {
  id: EpochId
  seg: number
  /** Index of the announce. */
  n: number
  /** Signed time of the announce or newest extension; only to be patient by. */
  t: number
  creator: DeviceId
  /** Hash of the announce's core: what every key of the epoch is bound to. */
  core: Hash
  /** Heads as of the announce or the newest extension: they decide who belongs to the epoch. */
  membN: number
  dirN: number
  /** Newest generation and the commitments to the keys of each announced one. */
  gen: number
  commits: Map<number, Hash>
  /** Who announced each generation; they alone may bring its wraps. */
  sealers: Map<number, DeviceId[]>
  notAfter: number
  records: { key: Uint8Array; wrap: Uint8Array } | null
}

export type Segment = {
  persons: number
  /** Membership number of the newest removal from this segment. */
  removedAt: number
  epoch: EpochId | null
}

export type RespKey = {
  epoch: EpochId
  channel: LogId
  publicKey: Uint8Array
  n: number
  signer: DeviceId
}

export class ChannelState {
  type: ChannelType = 1
  recorded = false
  creator: PersonId | null = null
  title: { dkVer: number; sealed: Uint8Array } = { dkVer: 0, sealed: new Uint8Array(0) }
  memb: { n: number; head: Hash } = { n: 0, head: NO_HASH }
  /** Highest directory index that an entry of this channel relied on; never goes back. */
  dirN = 0
  readonly members = new IdMap<PersonId, Member>()
  readonly spans = new IdMap<PersonId, Span[]>()
  readonly segments: Segment[] = []
  readonly epochs = new IdMap<EpochId, Epoch>()
  readonly respKeys: RespKey[] = []
  /** Highest seq of each device. */
  readonly seqs = new IdMap<DeviceId, number>()
  readonly alerts = new IdMap<MessageId, number>()

  currentEpoch(seg: number): Epoch | null {
    const id = this.segments[seg]?.epoch
    return id ? (this.epochs.get(id) ?? null) : null
  }

  /**
   * Does the member hold the keys of a segment's epoch with membership head `membN`? Everybody those of
   * their own segment; whoever publishes those of all, to wrap message keys for each.
   */
  holds(member: Member, seg: number, membN: number): boolean {
    if (member.seg === seg && member.sinceMemb <= membN) return true
    return member.publisherSince !== null && member.publisherSince <= membN
  }

  /** Could `person` read the entry at index `n`, by membership? */
  readable(person: PersonId, n: number): boolean {
    return (this.spans.get(person) ?? []).some(
      (span) => span.from <= n && (span.to === null || n <= span.to),
    )
  }

  /** The lowest segment with room: the same for everybody who reads the same operations. */
  roomySegment(): number {
    const free = this.segments.findIndex((segment) => segment.persons < SEGMENT_PERSONS)
    return free === -1 ? this.segments.length : free
  }
}
