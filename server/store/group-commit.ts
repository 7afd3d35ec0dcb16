// Group commit: what arrives in the same turn of the event loop shares one fsync. Nobody gets an answer,
// and nothing is delivered, before the commit that holds it has returned.
import { ensure } from '../../protocol/errors.ts'
import { type Db, refusalOf } from './database.ts'
import { type Prepare, preparing } from './statements.ts'

type Waiting = { done: () => void; failed: (error: unknown) => void }

export class GroupCommit {
  readonly #db: Db
  readonly #statement: Prepare
  readonly #onLost: (error: unknown) => void
  readonly #onEffect: (error: unknown) => void
  #group: Waiting[] = []
  #idle: (() => void)[] = []

  /** `onLost` is called when a whole group was rolled back: memory may be ahead of the disk then. */
  constructor(
    db: Db,
    onLost: (error: unknown) => void,
    onEffect: (error: unknown) => void = () => {},
  ) {
    this.#db = db
    this.#statement = preparing(db)
    this.#onLost = onLost
    this.#onEffect = onEffect
  }

  /**
   * Runs `work` at once inside the open transaction; the promise settles after the commit, with `effects`
   * of the result run before. When `work` throws, only its own changes are taken back.
   */
  run<T>(work: () => T, effects: (result: T) => void): Promise<T> {
    if (!this.#db.inTransaction) this.#open()
    this.#say('SAVEPOINT one')
    let result: T
    try {
      result = work()
      this.#say('RELEASE one')
    } catch (error) {
      return Promise.reject(this.#takeBack(error))
    }
    return new Promise<T>((resolve, reject) => {
      const done = (): void => {
        // It is on disk: whatever delivery does with it, the answer is yes, for this one and the others.
        try {
          effects(result)
        } catch (error) {
          this.#onEffect(error)
        }
        resolve(result)
      }
      this.#group.push({ done, failed: reject })
    })
  }

  /** Resolves when nothing waits for the disk any more. */
  settled(): Promise<void> {
    if (!this.#db.inTransaction) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** Prepared: four of these stand around every message. */
  #say(sql: string): void {
    this.#statement(sql).run()
  }

  #open(): void {
    this.#say('BEGIN IMMEDIATE')
    setImmediate(() => this.#commit())
  }

  #commit(): void {
    const group = this.#group
    this.#group = []
    try {
      ensure(this.#db.inTransaction, 'disk_full')
      this.#say('COMMIT')
    } catch (error) {
      this.#lose(group, error)
    }
    for (const one of group) one.done()
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  #takeBack(error: unknown): unknown {
    // A full disk makes SQLite roll the whole transaction back by itself.
    if (this.#db.inTransaction) {
      this.#say('ROLLBACK TO one')
      this.#say('RELEASE one')
    } else {
      this.#lose(this.#group.splice(0), error)
    }
    return refusalOf(error)
  }

  #lose(group: Waiting[], error: unknown): void {
    if (this.#db.inTransaction) this.#say('ROLLBACK')
    const reason = refusalOf(error)
    for (const one of group.splice(0)) one.failed(reason)
    this.#onLost(reason)
  }
}
