// The database file of one organisation: one writing connection, one that reads what is committed.
import { Blobs } from './blobs.ts'
import { CardTable } from './cards.ts'
import { CheckpointTable } from './checkpoints.ts'
import { type Db, openReader, openWriter } from './database.ts'
import { FileTable } from './files.ts'
import { GroupCommit } from './group-commit.ts'
import { LogTable } from './logs.ts'
import { Mailbox } from './mailbox.ts'
import { SubscriptionTable } from './subscriptions.ts'

export type Faults = { lost: (error: unknown) => void; effect?: (error: unknown) => void }

export class OrgStore {
  readonly #writer: Db
  readonly #reader: Db
  /** Through the writer: sees what this turn has appended and not yet committed. */
  readonly logs: LogTable
  readonly cards: CardTable
  readonly mailbox: Mailbox
  readonly checkpoints: CheckpointTable
  readonly files: FileTable
  readonly subscriptions: SubscriptionTable
  readonly blobs: Blobs
  /** Through the reader: what is on disk, hence what devices may see. */
  readonly committed: {
    logs: LogTable
    mailbox: Mailbox
    files: FileTable
    checkpoints: CheckpointTable
    subscriptions: SubscriptionTable
  }
  readonly group: GroupCommit

  /** `faults`: a group that was rolled back, and an effect that threw after its commit. */
  constructor(path: string, faults: Faults, present: boolean) {
    this.#writer = openWriter(path, present)
    this.#reader = openReader(path)
    this.logs = new LogTable(this.#writer)
    this.cards = new CardTable(this.#writer)
    this.mailbox = new Mailbox(this.#writer)
    this.checkpoints = new CheckpointTable(this.#writer)
    this.files = new FileTable(this.#writer)
    this.subscriptions = new SubscriptionTable(this.#writer)
    this.blobs = new Blobs(`${path}.files`)
    this.committed = {
      logs: new LogTable(this.#reader),
      mailbox: new Mailbox(this.#reader),
      files: new FileTable(this.#reader),
      checkpoints: new CheckpointTable(this.#reader),
      subscriptions: new SubscriptionTable(this.#reader),
    }
    this.group = new GroupCommit(this.#writer, faults.lost, faults.effect)
    this.blobs.dropAllBut(new Set(this.files.all()))
  }

  /** Gives up uploads that have not moved since `before`; returns how many. */
  async sweepFiles(before: number): Promise<number> {
    const ids = this.files.abandoned(before)
    if (ids.length === 0) return 0
    await this.group.run(
      () => ids.forEach((id) => this.files.drop(id)),
      () => {},
    )
    for (const id of ids) await this.blobs.drop(id)
    return ids.length
  }

  async close(): Promise<void> {
    await this.group.settled()
    this.#reader.close()
    this.#writer.close()
  }
}
