// The state folder, held by the gateway for as long as it runs. Acts of the engine keep their order with
// each other, but a webhook need not wait for one that hangs on a box that does not answer: no other
// process can take the same place in the outbox meanwhile.
import { Mutex, type Row, type Store, type Table, type Write } from '../../client/store.ts'

export class HeldStore implements Store {
  readonly #store: Store
  readonly #mutex = new Mutex()

  /** The caller is inside `store.exclusive` for the whole life of this. */
  constructor(store: Store) {
    this.#store = store
  }

  get(table: Table, key: Uint8Array): Promise<Uint8Array | null> {
    return this.#store.get(table, key)
  }

  list(table: Table, prefix?: Uint8Array): Promise<Row[]> {
    return this.#store.list(table, prefix)
  }

  last(table: Table): Promise<Uint8Array | null> {
    return this.#store.last(table)
  }

  lasts(table: Table, length: number): Promise<Uint8Array[]> {
    return this.#store.lasts(table, length)
  }

  commit(writes: Write[]): Promise<void> {
    return this.#store.commit(writes)
  }

  exclusive<T>(work: () => Promise<T>): Promise<T> {
    return this.#mutex.run(work)
  }

  foreignVersion(): number {
    return this.#store.foreignVersion()
  }

  /** The store belongs to the caller. */
  close(): Promise<void> {
    return Promise.resolve()
  }
}
