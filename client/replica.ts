// A device's view of the organisation, in memory: derived from the entries it has verified and stored.
import { AnswerLog } from '../protocol/answer-log.ts'
import type { AnswerEntry } from '../protocol/answer.ts'
import { toHex, utf8 } from '../protocol/bytes.ts'
import { Channel, type ChannelEntry } from '../protocol/channel.ts'
import { emptyHead, type Head } from '../protocol/chain.ts'
import { Directory, type DirectoryEntry, takesBack } from '../protocol/directory.ts'
import type { Device } from '../protocol/directory-state.ts'
import { decodeEntry, decodeHeader, decodeKept, type Entry } from '../protocol/entry.ts'
import { keyAtGeneration } from '../protocol/epoch-keys.ts'
import {
  asId,
  type DeviceId,
  type EpochId,
  type Hash,
  IdMap,
  type LogId,
  type MessageId,
  type PersonId,
} from '../protocol/ids.ts'
import { isMessageKind, type Kind, KIND } from '../protocol/kinds.ts'
import { type SignPair, signPairFromSeed } from '../protocol/sodium.ts'
import {
  countRow,
  type Distrust,
  distrustRow,
  lostRow,
  type EntryRow,
  headRow,
  nameRow,
  type Identity,
  keyRow,
  prekeyRow,
  readRow,
  type Standing,
  STANDING,
  wrapRow,
} from './rows.ts'
import { Gaps } from './gaps.ts'
import { readPieces } from './pieces.ts'
import { type Kept, type KeptLog, readLogs } from './read-logs.ts'
import { isOnShelf, type MessageOnShelf } from './shelves.ts'
import type { Row, Store } from './store.ts'

export const META = {
  identity: utf8('identity'),
  joining: utf8('joining'),
  wrapsSeen: utf8('wraps seen'),
  clock: utf8('clock'),
  /** Whose checkpoints the card has vouched for. */
  maker: utf8('maker'),
  /** What has to come out of reading the entries before the snapshot. */
  audit: utf8('audit'),
  /** Where the directory stood when the box was found to know less than this device. */
  distrust: utf8('distrust'),
  /** Administrators have said that the box was restored: what it lacks at the next catch-up is lost. */
  settling: utf8('settling'),
  /** The box has said that it was brought back, and takes nothing new. */
  restoring: utf8('restoring'),
  lost: utf8('lost'),
}

/** An entry that a conversation shows: a message, who came and went, or what was refused. */
export type Line = { n: number; kind: Kind; standing: Standing; mid: MessageId | null }

export type HeldKey = { channel: LogId; gen: number; ak: Uint8Array }
export type PrekeySecret = { seed: Uint8Array; madeAt: number; replacedAt: number }

/** Roles, keys and policies change without a word in the conversation. */
const SHOWN_OPERATIONS: readonly Kind[] = [KIND.create, KIND.add, KIND.remove, KIND.title]

export class Replica {
  readonly identity: Identity
  readonly pair: SignPair
  readonly directory: Directory
  readonly channels = new IdMap<LogId, Channel>()
  readonly answers = new IdMap<LogId, AnswerLog>()
  /** What conversations show, in order; controls are there too, since they change what is shown. */
  readonly lines = new IdMap<LogId, Line[]>()
  /** Chain hashes of each log by index, 0 included. */
  readonly hashes = new IdMap<LogId, Hash[]>()
  /** Of each channel, what this device does not hold. */
  readonly gaps = new IdMap<LogId, Gaps>()
  readonly keys = new IdMap<EpochId, HeldKey>()
  readonly prekeys = new Map<number, PrekeySecret>()
  /** The highest number of a prekey that each other device has shown. */
  readonly seenPrekeys = new IdMap<DeviceId, number>()
  /** Wraps that came before their epoch, by `wrapSlot`. */
  readonly wraps = new Map<string, { log: LogId; wrap: Uint8Array }>()
  /** Message ids that stand in a log already, by `midSlot`. */
  readonly mids = new Set<string>()
  /** For guests: names of people and titles of channels, as a member told them inside the channel. */
  readonly names = new IdMap<PersonId | LogId, string>()
  /** The newest agreeing head of each log that the box has signed. */
  readonly signedHeads = new IdMap<LogId, { n: number; head: Uint8Array }>()
  /** How many shelves each channel has: messages of long ago that a start need not read. */
  readonly shelves = new IdMap<LogId, number>()
  wrapsSeen = 0
  /**
   * Logs of which the box knows less than it did: nothing new goes into them until administrators have said, beyond
   * that place of the directory, that it was restored. Null: it is believed.
   */
  distrust: Distrust | null = null
  /** The box has said that it was brought back and takes nothing new, whether or not it lacks what this device holds. */
  restoring = false
  /** Administrators have spoken since the last whole catch-up. */
  settling = false
  /** What a restored box lacks for good, and where it stood here. */
  readonly lost = new IdMap<LogId, number>()
  /** Epochs whose wraps were asked for once more, since no key had come. */
  readonly askedAgain = new Set<string>()

  /** `snapshot`: the state of the directory to begin with; the entries before it are not needed then. */
  constructor(identity: Identity, snapshot: Uint8Array | null = null) {
    const { org, rootPk } = identity
    this.identity = identity
    this.pair = signPairFromSeed(identity.signSeed)
    this.directory =
      snapshot === null ? new Directory(org, rootPk) : Directory.restore(org, rootPk, snapshot)
    const { n } = this.directory.head
    const known = Array.from({ length: n + 1 }, (_, i) => this.directory.hashAt(i) as Hash)
    this.hashes.set(this.directory.log, known)
  }

  /** Everything is asked for at once: a browser's database answers the questions that wait while it works. */
  static async load(store: Store, identity: Identity): Promise<Replica> {
    const [snapshot, logs, seen, distrust, restoring, settling, lost, ...lists] = await Promise.all(
      [
        readPieces(store, 'snapshot'),
        readLogs(store),
        store.get('meta', META.wrapsSeen),
        store.get('meta', META.distrust),
        store.get('meta', META.restoring),
        store.get('meta', META.settling),
        store.get('meta', META.lost),
        store.list('keys'),
        store.list('prekeys'),
        store.list('seen'),
        store.list('wraps'),
        store.list('names'),
        store.list('heads'),
      ],
    )
    const replica = new Replica(identity, snapshot)
    replica.wrapsSeen = seen === null ? 0 : readRow(countRow, seen).value
    replica.distrust = distrust === null ? null : readRow(distrustRow, distrust)
    replica.restoring = restoring !== null
    replica.settling = settling !== null
    if (lost !== null)
      for (const { log, n } of readRow(lostRow, lost).logs) replica.lost.set(log, n)
    replica.#loadKeys(...lists)
    replica.#loadLogs(logs)
    return replica
  }

  #loadKeys(
    keys: Row[],
    prekeys: Row[],
    seen: Row[],
    wraps: Row[],
    names: Row[],
    heads: Row[],
  ): void {
    for (const { key, value } of keys) {
      const { channel, gen, ak } = readRow(keyRow, value)
      this.keys.set(asId<EpochId>(key), { channel, gen, ak })
    }
    for (const { key, value } of prekeys)
      this.prekeys.set(new DataView(key.slice().buffer).getUint32(0), readRow(prekeyRow, value))
    for (const { key, value } of seen)
      this.seenPrekeys.set(asId<DeviceId>(key), readRow(countRow, value).value)
    for (const { key, value } of wraps) this.wraps.set(toHex(key), readRow(wrapRow, value))
    for (const { key, value } of names) this.names.set(asId(key), readRow(nameRow, value).name)
    for (const { key, value } of heads) this.signedHeads.set(asId(key), readRow(headRow, value))
  }

  /** This device as the directory knows it; undefined while it is not there. */
  get device(): Device | undefined {
    return this.directory.devices.get(this.identity.device)
  }

  /** Valid at the head of the directory. */
  get active(): boolean {
    const { device } = this
    return device !== undefined && device.from !== null && device.until === null
  }

  newChannel(id: LogId): Channel {
    const channel = new Channel(id, this.directory, (n) => this.hashes.get(id)?.[n])
    this.channels.set(id, channel)
    this.lines.set(id, [])
    this.gaps.set(id, new Gaps())
    this.hashes.set(id, [emptyHead(id).h])
    return channel
  }

  newAnswerLog(alert: MessageId): AnswerLog | null {
    const channel = this.channelOfAlert(alert)
    if (channel === null) return null
    const log = new AnswerLog(channel, alert)
    this.answers.set(log.id, log)
    this.hashes.set(log.id, [log.head.h])
    return log
  }

  channelOfAlert(alert: MessageId): Channel | null {
    for (const channel of this.channels.values()) if (channel.alerts.has(alert)) return channel
    return null
  }

  headOf(log: LogId): Head | undefined {
    if (toHex(log) === toHex(this.directory.log)) return this.directory.head
    return this.channels.get(log)?.head ?? this.answers.get(log)?.head
  }

  /** AK of an epoch at a generation, or null when this device does not hold it or only a later one. */
  epochKey(epoch: EpochId, gen: number): Uint8Array | null {
    const held = this.keys.get(epoch)
    return held === undefined || held.gen > gen ? null : keyAtGeneration(held, epoch, gen)
  }

  settle(): void {
    this.directory.journal.settle()
    for (const channel of this.channels.values()) channel.journal.settle()
    for (const log of this.answers.values()) log.journal.settle()
  }

  #loadLogs(kept: KeptLog[]): void {
    const isAnswers = ({ kept: [first] }: KeptLog): boolean =>
      first !== undefined && !isOnShelf(first.row) && first.row.bytes[1] === KIND.answer
    const own = toHex(this.directory.log)
    const others = kept.filter(({ log }) => toHex(log) !== own)
    this.#loadDirectory(kept.find(({ log }) => toHex(log) === own)?.kept ?? [])
    for (const one of others) if (!isAnswers(one)) this.#loadChannel(one)
    for (const one of others) if (isAnswers(one)) this.#loadAnswers(one)
    this.settle()
  }

  #loadDirectory(kept: Kept[]): void {
    const begin = this.directory.head.n
    const rows = kept.map(({ n, row }) => ({ n, row: row as EntryRow }))
    const earlier = rows.filter(({ n }) => n <= begin).map(({ row }) => row)
    for (const { n, row } of rows) if (n > begin) this.#loadDirectoryRow(row, earlier)
  }

  /** `earlier`: what came before the snapshot, for an entry that takes some of it back. */
  #loadDirectoryRow(row: EntryRow, earlier: EntryRow[]): void {
    const entry = decodeHeader(row.bytes)
    if (takesBack(entry) && this.directory.missing > 0) this.directory.fill(earlier.map(headerOf))
    if (row.standing === STANDING.refused) this.directory.skip(entry)
    else this.directory.resume(entry as DirectoryEntry)
    this.hashes.get(this.directory.log)?.push(row.h)
  }

  #loadChannel({ log: id, shelves, kept }: KeptLog): void {
    const channel = this.newChannel(id)
    this.shelves.set(id, shelves)
    for (const { n, row } of kept) {
      this.hashes.get(id)?.push(row.h)
      if (isOnShelf(row)) this.#loadShelved(channel, n, row as MessageOnShelf)
      else this.#loadRow(channel, n, row)
    }
    channel.resumeAt({ n: kept.length, h: kept.at(-1)?.row.h ?? channel.head.h })
  }

  #loadShelved(channel: Channel, n: number, { kind, signer, seq, mid }: MessageOnShelf): void {
    this.lines.get(channel.id)?.push({ n, kind, standing: STANDING.ok, mid })
    channel.restoreMessage({ kind, signer, seq, mid }, n)
    this.mids.add(midSlot(channel.id, signer, mid))
  }

  #loadRow(channel: Channel, n: number, { standing, bytes }: EntryRow): void {
    const { id } = channel
    this.noteStanding(id, n, standing)
    if (standing === STANDING.refused) this.noteLine(id, n, decodeKept(bytes), standing)
    if (standing !== STANDING.ok && standing !== STANDING.locked) return
    const entry = decodeEntry(bytes)
    this.noteLine(id, n, entry, standing)
    channel.restore(entry as ChannelEntry, n)
    this.noteMid(id, entry)
  }

  #loadAnswers({ log: id, kept }: KeptLog): void {
    const log = this.newAnswerLog(asId<MessageId>(id))
    if (log === null) return
    for (const { row } of kept) {
      const { standing, bytes, h } = row as EntryRow
      if (standing === STANDING.ok) log.apply(decodeEntry(bytes) as AnswerEntry)
      else log.skip(decodeKept(bytes))
      this.hashes.get(id)?.push(h)
    }
  }

  /** An entry that failed a check, waits for its key or was left out is not held. */
  noteStanding(log: LogId, n: number, standing: Standing): void {
    if (standing !== STANDING.ok) this.gaps.get(log)?.append(n)
  }

  noteLine(log: LogId, n: number, { kind, fields }: Entry, standing: Standing): void {
    if (!isMessageKind(kind) && !SHOWN_OPERATIONS.includes(kind)) return
    const mid = standing !== STANDING.refused && 'mid' in fields ? fields.mid : null
    this.lines.get(log)?.push({ n, kind, standing, mid })
  }

  /** Does a message of this device stand in the log? */
  hasOwn(log: LogId, mid: MessageId): boolean {
    return this.mids.has(midSlot(log, this.identity.device, mid))
  }

  noteMid(log: LogId, entry: Entry): void {
    if (isMessageKind(entry.kind) && 'mid' in entry.fields)
      this.mids.add(midSlot(log, entry.prefix.signer, entry.fields.mid))
  }
}

function headerOf({ standing, bytes }: EntryRow): Uint8Array | null {
  return standing === STANDING.refused ? null : bytes
}

/** Empty for what carries no message id. */
export function midOf(log: LogId, entry: Entry): string {
  return 'mid' in entry.fields ? midSlot(log, entry.prefix.signer, entry.fields.mid) : ''
}

export function midSlot(log: LogId, signer: Uint8Array, mid: MessageId): string {
  return `${toHex(log)}/${toHex(signer)}/${toHex(mid)}`
}
