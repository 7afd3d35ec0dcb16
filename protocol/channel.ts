// A channel: a signed log of membership operations, epochs and messages. The box and every device run
// this same code on it. Who may send at an index follows from the newest epoch before that index.
import { equal } from './bytes.ts'
import { applyOperation } from './channel-apply.ts'
import { checkMessage } from './channel-messages.ts'
import { checkOperation } from './channel-operations.ts'
import { ChannelState, type Epoch, type Member } from './channel-state.ts'
import { emptyHead, type Head, nextHead, type Stub, stubOf } from './chain.ts'
import type { Directory } from './directory.ts'
import { type Device, type RecordsKey, validAt } from './directory-state.ts'
import { type Entry, type EntryOf, verifyEntry } from './entry.ts'
import { coreHash, epochIdOf } from './epoch-core.ts'
import { ensure } from './errors.ts'
import {
  asId,
  type DeviceId,
  type Hash,
  isNoId,
  type LogId,
  NO_HASH,
  type PersonId,
  type MessageId,
} from './ids.ts'
import { Journal } from './journal.ts'
import {
  CHANNEL_ROLE,
  CHANNEL_TYPE,
  isMessageKind,
  isOperationKind,
  KIND,
  type MessageKind,
  rings,
  ROLE,
} from './kinds.ts'
import { hashId } from './labels.ts'
import { MAX_GEN } from './limits.ts'
import { type ChannelAct, mayInChannel } from './permissions.ts'

export type ChannelEntry = Extract<
  Entry,
  { kind: 32 | 33 | 34 | 35 | 36 | 37 | 38 | 48 | 49 | 64 | 65 | 66 | 67 }
>
export type MessageEntry = EntryOf<MessageKind> & { kind: MessageKind }
/** What a message changes in the state of its channel. */
export type MessageFacts = { kind: MessageKind; signer: DeviceId; seq: number; mid: MessageId }
type AnnounceEntry = EntryOf<typeof KIND.announce>
type ExtensionEntry = EntryOf<typeof KIND.extension>

/** Looks a chain hash of this log up; undefined when the log is shorter. */
export type HashLookup = (n: number) => Hash | undefined

/** The id of the channel that a `create` entry opens. */
export function channelIdOf(create: Entry): LogId {
  return hashId<LogId>('log', create.signed)
}

export class Channel extends ChannelState {
  readonly id: LogId
  readonly directory: Directory
  readonly journal = new Journal()
  readonly #hashAt: HashLookup
  head: Head

  /** `hashAt` finds older chain hashes of this log (they live in the store). */
  constructor(id: LogId, directory: Directory, hashAt: HashLookup) {
    super()
    this.id = id
    this.directory = directory
    this.#hashAt = hashAt
    this.head = emptyHead(id)
  }

  /** Throws the reason why `entry` may not stand next in the log; changes nothing. */
  check(entry: Entry): asserts entry is ChannelEntry {
    const { prefix } = entry
    ensure(equal(prefix.org, this.directory.org), 'wrong_organisation')
    const opening = entry.kind === KIND.create
    ensure(
      opening
        ? isNoId(prefix.log) && equal(channelIdOf(entry), this.id)
        : equal(prefix.log, this.id),
      'not_found',
      'log',
    )
    ensure(opening === (this.memb.n === 0), opening ? 'already_exists' : 'not_found', 'channel')
    if (opening) ensure(prefix.refN === 0 && equal(prefix.refH, NO_HASH), 'malformed', 'reference')
    else this.#checkRef(prefix.refN, prefix.refH)
    if (isOperationKind(entry.kind))
      return checkOperation(this, entry as Extract<ChannelEntry, { kind: 32 }>)
    if (entry.kind === KIND.announce) return this.#checkAnnounce(entry)
    if (entry.kind === KIND.extension) return this.#checkExtension(entry)
    ensure(isMessageKind(entry.kind), 'malformed', 'not a channel entry')
    checkMessage(this, entry as MessageEntry)
  }

  /** Checks and applies the next entry; throws without effect when it is refused. */
  accept(entry: Entry): void {
    this.check(entry)
    this.apply(entry)
  }

  /** Applies an entry that was checked before it was stored. */
  apply(entry: ChannelEntry): void {
    this.advance(stubOf(entry))
    this.restore(entry, this.head.n)
  }

  /** The effect of an entry at index `n`, without its place in the chain. */
  restore(entry: ChannelEntry, n: number): void {
    if (isOperationKind(entry.kind))
      applyOperation(this, entry as Extract<ChannelEntry, { kind: 32 }>, n)
    else if (entry.kind === KIND.announce) this.#applyAnnounce(entry, n)
    else if (entry.kind === KIND.extension) this.#applyExtension(entry)
    else this.#applyMessage(entry as MessageEntry, n)
  }

  /** As `restore`, of a message of which no more is known. */
  restoreMessage({ kind, signer, seq, mid }: MessageFacts, n: number): void {
    this.journal.set(this.seqs, signer, seq)
    if (rings(kind)) this.journal.set(this.alerts, mid, n)
  }

  /** An entry that keeps its place in the chain without effect: refused, expired or before admission. */
  advance(stub: Stub): void {
    this.journal.assign(this, 'head', nextHead(this.head, stub))
  }

  /** After a start from the store, whose entries were checked when they came. */
  resumeAt(head: Head): void {
    this.head = head
  }

  #checkRef(refN: number, refH: Hash): void {
    ensure(refN <= this.head.n, 'unknown_head')
    const expected =
      refN === this.head.n ? this.head.h : refN === 0 ? emptyHead(this.id).h : this.#hashAt(refN)
    ensure(expected !== undefined && equal(expected, refH), 'unknown_head')
  }

  /** The directory place that an entry names must exist and may not lie before the channel's. */
  checkDirectoryPlace(dirN: number, dirH: Hash): void {
    const expected = this.directory.hashAt(dirN)
    ensure(expected !== undefined, 'directory_behind')
    ensure(equal(expected, dirH), 'forked', 'directory')
    // Retryable for whoever was slow; an entry that goes back is refused where it stands.
    ensure(dirN >= this.dirN, 'memb_moved', 'directory index goes back')
  }

  /** Whose device signed, valid at `dirN`; throws when it was not. */
  signerAt(entry: Entry, dirN: number): Device {
    const device = this.directory.devices.get(asId<DeviceId>(entry.prefix.signer))
    ensure(device !== undefined, 'device_unknown')
    ensure(validAt(device, dirN), device.from === null ? 'device_pending' : 'device_revoked')
    verifyEntry(entry, device.signPk)
    return device
  }

  /** Throws `not_allowed` unless the table lets this member do that here. */
  authorise(act: ChannelAct, member: Member | undefined, dirN: number): asserts member is Member {
    ensure(member !== undefined, 'not_allowed', 'not in the channel')
    ensure(this.allows(act, member.person, dirN), 'not_allowed', act)
  }

  /** Does the table let this person do that here, as of a directory index? */
  allows(act: ChannelAct, person: PersonId, dirN = this.directory.head.n): boolean {
    const member = this.members.get(person)
    const role = this.directory.roleAt(person, dirN)
    if (member === undefined || role === null) return false
    const stands = role >= ROLE.admin && !this.#isManaged(dirN) ? CHANNEL_ROLE.manager : member.role
    return mayInChannel(this.type, act, stands, role)
  }

  /** Without any manager left, the administrators among the members manage. */
  #isManaged(dirN: number): boolean {
    return [...this.members.values()].some(
      ({ role, person }) =>
        role === CHANNEL_ROLE.manager && this.directory.roleAt(person, dirN) !== null,
    )
  }

  /** The devices that an epoch of the segment with these heads belongs to. */
  entitled(seg: number, membN: number, dirN: number): Device[] {
    const holders = [...this.members.values()].filter((member) => this.holds(member, seg, membN))
    return holders.flatMap((member) => this.directory.devicesAt(member.person, dirN))
  }

  /** Somebody who could read the segment's epoch no longer may: it needs a new one before anything is sent. */
  isStale(seg: number, dirN: number = this.directory.head.n): boolean {
    const epoch = this.currentEpoch(seg)
    if (epoch === null) return true
    const segment = this.segments[seg]
    if (segment !== undefined && segment.removedAt > epoch.membN) return true
    if ((epoch.records !== null) !== this.recorded) return true
    return this.directory.losses.some(
      (loss) => loss.n > epoch.dirN && loss.n <= dirN && this.#belonged(loss, epoch),
    )
  }

  /** Somebody has come since whose devices got no key of the segment's newest generation. */
  leavesOut(seg: number): boolean {
    const epoch = this.currentEpoch(seg)
    if (epoch === null || epoch.membN === this.memb.n) return false
    return [...this.members.values()].some(
      (member) =>
        this.holds(member, seg, this.memb.n) &&
        !this.holds(member, seg, epoch.membN) &&
        this.directory.activeDevices(member.person).length > 0,
    )
  }

  /** The key that epochs of this channel are also sealed to, as of a directory index; null: unrecorded. */
  recordsKey(dirN: number): RecordsKey | null {
    return this.recorded ? this.directory.recordsAt(dirN) : null
  }

  /** Also a device that came later: another device of its person may have handed it the keys already. */
  #belonged(loss: { device: DeviceId; person: PersonId }, epoch: Epoch): boolean {
    const member = this.members.get(loss.person)
    if (member === undefined || !this.holds(member, epoch.seg, epoch.membN)) return false
    return this.directory.devices.get(loss.device)?.from !== null
  }

  #checkHeads(fields: { membN: number; membHead: Hash; dirN: number; dirH: Hash }): void {
    this.checkDirectoryPlace(fields.dirN, fields.dirH)
    ensure(fields.membN === this.memb.n && equal(fields.membHead, this.memb.head), 'memb_moved')
  }

  #checkAnnounce(entry: AnnounceEntry): void {
    const { fields } = entry
    this.#checkHeads(fields)
    const device = this.signerAt(entry, fields.dirN)
    this.authorise('announce', this.members.get(device.person), fields.dirN)
    ensure(fields.seg < this.segments.length, 'malformed', 'segment')
    const current = this.currentEpoch(fields.seg)
    ensure(
      current === null ? isNoId(fields.prevEpoch) : equal(fields.prevEpoch, current.id),
      'epoch_moved',
    )
    ensure(
      fields.nwraps <= this.entitled(fields.seg, fields.membN, fields.dirN).length,
      'malformed',
      'wraps',
    )
    const key = this.recordsKey(fields.dirN)?.id ?? null
    ensure((key === null) === (fields.records === null), 'records_mismatch')
    ensure(
      key === null || fields.records === null || equal(key, fields.records.key),
      'records_mismatch',
    )
  }

  #applyAnnounce(entry: AnnounceEntry, n: number): void {
    const { fields } = entry
    const id = epochIdOf(entry)
    const epoch: Epoch = {
      id,
      seg: fields.seg,
      n,
      t: entry.prefix.t,
      creator: asId<DeviceId>(entry.prefix.signer),
      core: coreHash(entry.signed, fields.records !== null),
      membN: fields.membN,
      dirN: fields.dirN,
      gen: 0,
      commits: new Map([[0, fields.akCommit]]),
      sealers: new Map([[0, [asId<DeviceId>(entry.prefix.signer)]]]),
      notAfter: fields.notAfter,
      records: fields.records,
    }
    this.journal.set(this.epochs, id, epoch)
    this.journal.assign(this.#segment(fields.seg), 'epoch', id)
    this.noteDirectory(fields.dirN)
  }

  #checkExtension(entry: ExtensionEntry): void {
    const { fields } = entry
    this.#checkHeads(fields)
    const device = this.signerAt(entry, fields.dirN)
    this.authorise('extension', this.members.get(device.person), fields.dirN)
    const epoch = this.epochs.get(fields.epoch)
    ensure(epoch !== undefined && this.currentEpoch(epoch.seg) === epoch, 'epoch_moved')
    ensure(this.isSender(device, epoch), 'not_allowed', 'the signer holds no key of this epoch')
    ensure(!this.isStale(epoch.seg, fields.dirN), 'epoch_stale')
    ensure(
      fields.gen === epoch.gen || (fields.gen === epoch.gen + 1 && fields.gen <= MAX_GEN),
      'epoch_moved',
    )
    // The answers' key derives from generation 0: whoever joins a response channel needs a new epoch.
    ensure(
      this.type !== CHANNEL_TYPE.response || fields.gen === 0,
      'epoch_moved',
      'response channel',
    )
    const known = epoch.commits.get(fields.gen)
    ensure(known === undefined || equal(known, fields.akgCommit), 'epoch_commit')
    ensure(
      fields.nwraps <= this.entitled(epoch.seg, fields.membN, fields.dirN).length,
      'malformed',
      'wraps',
    )
  }

  #applyExtension(entry: ExtensionEntry): void {
    const { fields } = entry
    const before = this.epochs.get(fields.epoch)
    if (before === undefined) throw new TypeError('extension of an unknown epoch')
    const commits = new Map(before.commits).set(fields.gen, fields.akgCommit)
    const others = before.sealers.get(fields.gen) ?? []
    const by = asId<DeviceId>(entry.prefix.signer)
    const sealers = new Map(before.sealers).set(fields.gen, [...others, by])
    const { membN, dirN, gen } = fields
    this.journal.set(this.epochs, fields.epoch, {
      ...before,
      t: entry.prefix.t,
      membN,
      dirN,
      gen,
      commits,
      sealers,
    })
    this.noteDirectory(fields.dirN)
  }

  /** Does the device belong to the epoch, so that it may send under it? */
  isSender(device: Device, epoch: Epoch): boolean {
    const member = this.members.get(device.person)
    if (member === undefined || !this.holds(member, epoch.seg, epoch.membN)) return false
    return validAt(device, epoch.dirN)
  }

  #applyMessage({ kind, prefix, fields: { seq, mid } }: MessageEntry, n: number): void {
    this.restoreMessage({ kind, signer: asId<DeviceId>(prefix.signer), seq, mid }, n)
  }

  noteDirectory(dirN: number): void {
    if (dirN > this.dirN) this.journal.assign(this, 'dirN', dirN)
  }

  #segment(seg: number): ChannelState['segments'][number] {
    const segment = this.segments[seg]
    if (segment === undefined) throw new TypeError(`no segment ${seg}`)
    return segment
  }
}
