// What comes from the box, verified before anything else happens to it. An entry that fails a check keeps
// its place in the chain and leaves a visible reason; nothing of it is shown or relied on.
import type { AnswerLog } from '../protocol/answer-log.ts'
import { equal } from '../protocol/bytes.ts'
import { openHead } from '../protocol/box-report.ts'
import { type Channel, channelIdOf } from '../protocol/channel.ts'
import { encode } from '../protocol/codec.ts'
import { nextHead, stub as stubCodec, type Stub, stubOf } from '../protocol/chain.ts'
import type { DirectoryEntry } from '../protocol/directory.ts'
import type { Content } from '../protocol/content.ts'
import {
  decodeEntry,
  decodeHeader,
  type Entry,
  entryBytes,
  type EntryOf,
} from '../protocol/entry.ts'
import { epochIdOf } from '../protocol/epoch-core.ts'
import { ensure, type ErrorCode, ProtocolError } from '../protocol/errors.ts'
import type { Frame } from '../protocol/frames.ts'
import {
  asId,
  type DeviceId,
  type Hash,
  IdMap,
  type LogId,
  type MessageId,
  type PersonId,
} from '../protocol/ids.ts'
import {
  CHANNEL_ROLE,
  isDirectoryKind,
  isMessageKind,
  KIND,
  type MessageKind,
  rings,
} from '../protocol/kinds.ts'
import { believe } from './bring-back.ts'
import { keepContrary, keepHead } from './evidence.ts'
import { isNotice } from './notices.ts'
import { pieces } from './pieces.ts'
import { checkResponseKey, takeExtension, takeWrap, tryWrap } from './intake-keys.ts'
import { openContent } from './open-content.ts'
import { problemWrites } from './problems.ts'
import { refusalOf } from './refusal.ts'
import { midOf, type Replica } from './replica.ts'
import { runningWrites } from './running-rows.ts'
import { entryRow, nameRow, placeKey, type Standing, STANDING, writeRow } from './rows.ts'
import { put, type Write } from './store.ts'

type Parcel = { id: number; bytes: Uint8Array }

/** What a batch of frames has brought, to be committed in one piece. */
export class Intake {
  readonly writes: Write[] = []
  readonly parcels: Parcel[] = []
  /** Channels for whose epochs a key arrived: locked messages may open now. */
  readonly unlocked: LogId[] = []
  /** Something is missing between what is held and what came: pull. */
  gap = false
  /** The page was full: ask again. */
  more = false
  /** Where the box says that logs stand. */
  readonly heads = new IdMap<LogId, number>()
  /** The box's clock, as last heard. */
  boxTime: number | null = null
  readonly replica: Replica
  readonly #now: number

  constructor(replica: Replica, now: number) {
    this.replica = replica
    this.#now = now
  }

  /** Bytes that no honest box sends leave a reason and are otherwise as good as missing. */
  take(frame: Frame): void {
    try {
      this.#dispatch(frame)
    } catch (error) {
      const reason = refusalOf(error)
      this.problem(
        this.replica.directory.log,
        0,
        reason.code,
        `${frame.type} frame: ${reason.detail}`,
      )
      this.gap = true
    }
  }

  #dispatch(frame: Frame): void {
    switch (frame.type) {
      case 'entry':
        return this.#entry(decodeEntry(frame.bytes), frame.n)
      case 'header':
        return this.#entry(decodeHeader(frame.bytes), frame.n)
      case 'stub':
        return this.#stub(frame.log, frame.n, frame.stub)
      case 'head':
        return this.#head(frame.bytes)
      case 'wrap':
        return takeWrap(this, frame)
      case 'parcel':
        this.parcels.push(frame)
        return
      case 'more':
        this.more = true
        return
      case 'alive':
        this.boxTime = frame.t
    }
  }

  #entry(entry: Entry, n: number): void {
    const log = entry.kind === KIND.create ? channelIdOf(entry) : entry.prefix.log
    const ofDirectory = equal(log, this.replica.directory.log)
    ensure(ofDirectory === isDirectoryKind(entry.kind), 'malformed', 'an entry of another log')
    const place = this.#place(log, entry)
    if (place === null) return
    if (n <= place.head.n) return this.#seenBefore(log, n, entry)
    if (n > place.head.n + 1) return this.#missing()
    if (isDirectoryKind(entry.kind)) return this.#directoryEntry(entry)
    const channel = this.replica.channels.get(log)
    // What a log is, its first entry says: the next start goes by it.
    const first = channel === undefined ? KIND.answer : KIND.create
    ensure(n > 1 || entry.kind === first, 'malformed', 'the beginning of a log')
    if (channel !== undefined) return this.#channelEntry(channel, entry)
    const answers = this.replica.answers.get(log)
    if (answers === undefined) return this.#missing()
    this.#answer(answers, entry)
  }

  /** The state that the entry goes to; opens the log of a `create` or of a first answer. */
  #place(log: LogId, entry: Entry): { head: { n: number } } | null {
    const head = this.replica.headOf(log)
    if (head !== undefined) return { head }
    if (entry.kind === KIND.create) return this.replica.newChannel(log)
    if (entry.kind === KIND.answer) return this.replica.newAnswerLog(asId<MessageId>(log))
    this.gap = true
    return null
  }

  #missing(): void {
    this.gap = true
  }

  /** A second entry for an index that is held already proves that the box shows different histories. */
  #seenBefore(log: LogId, n: number, entry: Entry): void {
    const before = this.replica.hashes.get(log)?.[n - 1]
    const here = this.replica.hashes.get(log)?.[n]
    if (before === undefined || here === undefined) return
    const same = equal(nextHead({ n: n - 1, h: before }, stubOf(entry)).h, here)
    if (same) return
    this.problem(log, n, 'forked', 'a second entry for the same place')
    keepContrary(this, log, n, { n, signed: entry.header })
  }

  #directoryEntry(entry: Entry): void {
    const { directory } = this.replica
    const before = entry.kind === KIND.checkpoint ? directory.snapshot() : null
    try {
      directory.accept(entry)
      // The next start begins here.
      if (before !== null) this.writes.push(...pieces('snapshot', before))
      this.#keep(directory.log, entry, STANDING.ok)
      if (entry.kind === KIND.restore) this.writes.push(...believe(this.replica, directory.head.n))
      this.writes.push(...runningWrites(entry, directory.head.n))
      if (isNotice(this.replica, entry as DirectoryEntry))
        this.#tell(directory.log, directory.head.n)
    } catch (error) {
      const reason = refusalOf(error)
      // It takes back what this device has not read yet: without that nothing can be judged.
      if (reason.code === 'directory_behind' && entry.kind === KIND.revoke) return this.#missing()
      directory.skip(entry)
      this.#keep(directory.log, entry, STANDING.refused)
      this.problem(directory.log, directory.head.n, reason.code, reason.detail)
      this.#keepForeign(directory.log, directory.head.n, entry, reason)
    }
  }

  #channelEntry(channel: Channel, entry: Entry): void {
    try {
      channel.check(entry)
    } catch (error) {
      return this.#refuse(channel, entry, refusalOf(error))
    }
    const twice = isMessageKind(entry.kind) && this.replica.mids.has(midOf(channel.id, entry))
    if (twice || this.#isAlertElsewhere(channel, entry))
      return this.#refuse(channel, entry, new ProtocolError('mid_conflict'))
    if (isMessageKind(entry.kind))
      return this.#message(channel, entry as EntryOf<MessageKind> & Entry)
    channel.apply(entry)
    this.#keep(channel.id, entry, STANDING.ok)
    if (entry.kind === KIND.announce) tryWrap(this, channel, epochIdOf(entry), 0)
    if (entry.kind === KIND.extension) takeExtension(this, channel, entry)
    if (entry.kind === KIND.respkey) checkResponseKey(this, channel)
  }

  /** Answers name an alert by its id alone: a copy in another channel would draw them to itself. */
  #isAlertElsewhere(channel: Channel, entry: Entry): boolean {
    if (!rings(entry.kind) || !('mid' in entry.fields)) return false
    const known = this.replica.channelOfAlert(entry.fields.mid)
    return known !== null && known !== channel
  }

  #refuse(channel: Channel, entry: Entry, reason: ProtocolError): void {
    // The directory that this entry relies on has not come yet: without it nothing can be judged.
    if (reason.code === 'directory_behind') return this.#missing()
    channel.advance(stubOf(entry))
    this.#keep(channel.id, entry, STANDING.refused)
    this.problem(channel.id, channel.head.n, reason.code, reason.detail)
    this.#keepForeign(channel.id, channel.head.n, entry, reason)
  }

  /** Whoever signed it had seen another history than this one. */
  #keepForeign(log: LogId, place: number, entry: Entry, reason: ProtocolError): void {
    if (reason.code !== 'unknown_head') return
    keepContrary(this, log, place, { n: entry.prefix.refN, signed: entry.header })
  }

  #message(channel: Channel, entry: EntryOf<MessageKind> & Entry): void {
    if (entry.payload === null)
      return this.#refuse(channel, entry, new ProtocolError('withheld', 'body'))
    let content: Content | null
    try {
      content = openContent(this.replica, entry)
    } catch (error) {
      return this.#refuse(channel, entry, refusalOf(error))
    }
    channel.apply(entry)
    this.replica.noteMid(channel.id, entry)
    this.#keep(channel.id, entry, content === null ? STANDING.locked : STANDING.ok)
    if (content?.type === 'names') this.#names(channel, entry, content)
    const place = placeKey(channel.id, channel.head.n)
    if (content === null) this.writes.push(put('locked', place, new Uint8Array(0)))
    else if (!equal(entry.prefix.signer, this.replica.identity.device))
      this.#tell(channel.id, channel.head.n)
  }

  #tell(log: LogId, n: number): void {
    this.writes.push(put('news', placeKey(log, n), new Uint8Array(0)))
  }

  /** Only from a manager, only about the channel itself and people who are in it. */
  #names(
    channel: Channel,
    entry: Entry,
    { title, people }: Extract<Content, { type: 'names' }>,
  ): void {
    const signer = this.replica.directory.devices.get(asId<DeviceId>(entry.prefix.signer))
    const manages =
      signer !== undefined && channel.members.get(signer.person)?.role === CHANNEL_ROLE.manager
    if (!manages) return
    this.#name(channel.id, title)
    for (const { person, name } of people) if (channel.members.has(person)) this.#name(person, name)
  }

  #name(id: PersonId | LogId, name: string): void {
    this.replica.names.set(id, name)
    this.writes.push(put('names', id, writeRow(nameRow, { name })))
  }

  #answer(log: AnswerLog, entry: Entry): void {
    try {
      if (this.#hasEnded(entry)) {
        log.check(entry)
        log.skip(entry)
        return this.#keep(log.id, entry, STANDING.late)
      }
      log.accept(entry)
      this.#keep(log.id, entry, STANDING.ok)
    } catch (error) {
      const reason = refusalOf(error)
      log.skip(entry)
      this.#keep(log.id, entry, STANDING.refused)
      this.problem(log.id, log.head.n, reason.code, reason.detail)
    }
  }

  #hasEnded({ prefix }: Entry): boolean {
    const signer = this.replica.directory.devices.get(asId<DeviceId>(prefix.signer))
    return signer !== undefined && signer.until !== null
  }

  /** Only messages from before this person's admission may come as stubs. */
  #stub(log: LogId, n: number, stub: Stub): void {
    const channel = this.replica.channels.get(log)
    if (channel === undefined || n > channel.head.n + 1) return this.#missing()
    if (n <= channel.head.n) return
    ensure(n > 1, 'malformed', 'the beginning of a log')
    const mine = channel.members.has(this.replica.identity.person)
    channel.advance(stub)
    const h = channel.head.h
    this.#remember(log, h)
    this.replica.noteStanding(log, n, STANDING.stub)
    this.writes.push(
      put(
        'entries',
        placeKey(log, n),
        writeRow(entryRow, { standing: STANDING.stub, h, bytes: encode(stubCodec, stub) }),
      ),
    )
    if (mine || !isMessageKind(stub.kind)) this.problem(log, n, 'withheld', 'entry')
  }

  #head(bytes: Uint8Array): void {
    const replica = this.replica
    try {
      const head = openHead(bytes, replica.directory.boxPk ?? replica.identity.boxPk)
      ensure(equal(head.org, replica.identity.org), 'wrong_organisation')
      this.boxTime = head.t
      this.heads.set(head.log, Math.max(head.n, this.heads.get(head.log) ?? 0))
      const mine = replica.hashes.get(head.log)
      const here = mine?.[head.n]
      if (here === undefined) return this.#missing()
      const held = this.replica.headOf(head.log)?.n ?? 0
      if (head.n < held) this.problem(head.log, head.n, 'rolled_back', '')
      if (equal(here, head.h)) return keepHead(this, head.log, head.n, bytes)
      this.problem(head.log, head.n, 'forked', 'signed head of the box')
      keepContrary(this, head.log, head.n, { n: head.n, signed: bytes })
    } catch (error) {
      this.problem(replica.directory.log, 0, refusalOf(error).code, 'signed head of the box')
    }
  }

  #keep(log: LogId, entry: Entry, standing: Standing): void {
    const head = this.replica.headOf(log)
    if (head === undefined) throw new TypeError('kept an entry of an unknown log')
    this.#remember(log, head.h)
    this.replica.noteStanding(log, head.n, standing)
    this.replica.noteLine(log, head.n, entry, standing)
    this.writes.push(
      put(
        'entries',
        placeKey(log, head.n),
        writeRow(entryRow, { standing, h: head.h, bytes: entryBytes(entry) }),
      ),
    )
  }

  #remember(log: LogId, h: Hash): void {
    this.replica.hashes.get(log)?.push(h)
  }

  /** A visible reason at a place of a log; index 0 stands for the log as a whole. */
  problem(log: LogId, n: number, code: ErrorCode, detail: string): void {
    this.writes.push(...problemWrites(log, n, code, detail, this.#now))
  }
}
