// The database file of one organisation: one writing connection, one that reads what is committed.
import { CardTable } from './cards.ts'
import { type Db, openReader, openWriter } from './database.ts'
import { GroupCommit } from './group-commit.ts'
import { LogTable } from './logs.ts'
import { Mailbox } from './mailbox.ts'

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

  constructor(path: string, onLost: (error: unknown) => void) {
    this.#writer = openWriter(path)
    this.#reader = openReader(path)
    this.logs = new LogTable(this.#writer)
    this.cards = new CardTable(this.#writer)
    this.mailbox = new Mailbox(this.#writer)
    this.committed = { logs: new LogTable(this.#reader), mailbox: new Mailbox(this.#reader) }
    this.group = new GroupCommit(this.#writer, onLost)
  }

  async close(): Promise<void> {
    await this.group.settled()
    this.#reader.close()
    this.#writer.close()
  }
}
