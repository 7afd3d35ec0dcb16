// One organisation in memory: its directory, its channels and the answers to its alerts, as derived from
// the logs on disk. The same protocol code that devices run decides what may be appended.
import { AnswerLog } from '../../protocol/answer-log.ts'
import { concat, equal } from '../../protocol/bytes.ts'
import { Channel, type ChannelEntry } from '../../protocol/channel.ts'
import { Directory, type DirectoryEntry, takesBack } from '../../protocol/directory.ts'
import { decodeEntry, decodeHeader, type Entry } from '../../protocol/entry.ts'
import { IdMap, type LogId, type MessageId, type OrgId, asId } from '../../protocol/ids.ts'
import type { Journal } from '../../protocol/journal.ts'
import { Backlog } from './backlog.ts'
import type { EntryRow, LogRow } from '../store/logs.ts'
import type { OrgStore } from '../store/org-store.ts'

export type LogState = Directory | Channel | AnswerLog

export class Organisation {
  readonly id: OrgId
  readonly store: OrgStore
  readonly directory: Directory
  readonly channels = new IdMap<LogId, Channel>()
  readonly answers = new IdMap<LogId, AnswerLog>()
  readonly backlog = new Backlog()

  private constructor(id: OrgId, store: OrgStore) {
    this.id = id
    this.store = store
    const begin = store.checkpoints.newest()
    this.directory =
      begin === null ? new Directory(id, null) : Directory.restore(id, null, begin.snapshot)
  }

  /** Taking entries back means reading all of them: those before the snapshot come from the disk. */
  completeDirectory(): void {
    const { log, missing } = this.directory
    if (missing === 0) return
    this.directory.fill(this.store.logs.headers(log, missing))
  }

  /** Rebuilds the state from what is on disk; entries were judged when they came. */
  static load(id: OrgId, store: OrgStore): Organisation {
    const org = new Organisation(id, store)
    const rows = store.logs.list()
    for (const row of rows) if (row.kind === 'directory') org.#loadDirectory(row)
    for (const row of rows) if (row.kind === 'channel') org.#loadChannel(row)
    for (const row of rows) if (row.kind === 'answers') org.#loadAnswers(row)
    org.settle()
    return org
  }

  get founded(): boolean {
    return this.directory.head.n > 0
  }

  /** The state of a log, or undefined. */
  log(id: LogId): LogState | undefined {
    if (equal(id, this.directory.log)) return this.directory
    return this.channels.get(id) ?? this.answers.get(id)
  }

  newChannel(id: LogId): Channel {
    const channel = new Channel(id, this.directory, (n) => this.store.logs.hashAt(id, n))
    this.channels.set(id, channel)
    return channel
  }

  /** The answer log of an alert that stands in one of the channels; opened with its first answer. */
  newAnswerLog(alert: MessageId): AnswerLog | null {
    const channel = this.channelOfAlert(alert)
    if (channel === null) return null
    const log = new AnswerLog(channel, alert)
    this.answers.set(log.id, log)
    return log
  }

  channelOfAlert(alert: MessageId): Channel | null {
    for (const channel of this.channels.values()) if (channel.alerts.has(alert)) return channel
    return null
  }

  *journals(): IterableIterator<Journal> {
    yield this.directory.journal
    for (const channel of this.channels.values()) yield channel.journal
    for (const log of this.answers.values()) yield log.journal
  }

  /** What has been accepted so far is on disk: nothing of it will be taken back. */
  settle(): void {
    for (const journal of this.journals()) journal.settle()
  }

  #loadDirectory(row: LogRow): void {
    for (const stored of this.store.logs.after(row.id, this.directory.head.n)) {
      const entry = entryOf(stored) as DirectoryEntry
      if (takesBack(entry)) this.completeDirectory()
      this.directory.resume(entry)
    }
  }

  #loadChannel(row: LogRow): void {
    const channel = this.newChannel(row.id)
    for (const entry of this.store.logs.structure(row.id))
      channel.restore(entryOf(entry) as ChannelEntry, entry.n)
    for (const { device, seq } of this.store.logs.seqs(row.id)) channel.seqs.set(device, seq)
    channel.resumeAt(row.head)
  }

  #loadAnswers(row: LogRow): void {
    const log = this.newAnswerLog(asId<MessageId>(row.id))
    if (log === null) return
    for (const entry of this.store.logs.all(row.id))
      log.apply(entryOf(entry) as Parameters<AnswerLog['apply']>[0])
  }
}

function entryOf(row: EntryRow): Entry {
  return row.payload === null
    ? decodeHeader(row.header)
    : decodeEntry(concat(row.header, row.payload))
}
