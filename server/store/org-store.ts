// The database file of one organisation: one writing connection, one that reads what is committed.
import { CardTable } from './cards.ts'
import { type Db, openReader, openWriter } from './database.ts'
import { GroupCommit } from './group-commit.ts'
import { LogTable } from './logs.ts'
import { Mailbox } from './mailbox.ts'

export type Faults = { lost: (error: unknown) => void; effect?: (error: unknown) => void }

export class OrgStore {
  readonly #writer: Db
  readonly #reader: Db
  /** Through the writer: sees what this turn has appended and not yet committed. */
  readonly logs: LogTable
  readonly cards: CardTable
  readonly mailbox: Mailbox
  /** Through the reader: what is on disk, hence what devices may see. */
  readonly committed: { logs: LogTable; mailbox: Mailbox }
  readonly group: GroupCommit

  /** `faults`: a group that was rolled back, and an effect that threw after its commit. */
  constructor(path: string, faults: Faults, present: boolean) {
    this.#writer = openWriter(path, present)
    this.#reader = openReader(path)
    this.logs = new LogTable(this.#writer)
    this.cards = new CardTable(this.#writer)
    this.mailbox = new Mailbox(this.#writer)
    this.committed = { logs: new LogTable(this.#reader), mailbox: new Mailbox(this.#reader) }
    this.group = new GroupCommit(this.#writer, faults.lost, faults.effect)
  }

  async close(): Promise<void> {
    await this.group.settled()
    this.#reader.close()
    this.#writer.close()
  }
}
