// A store that forgets: for tests and short-lived devices.
import { fromHex, toHex } from '../protocol/bytes.ts'
import { Mutex, type Row, type Store, type Table, TABLES, type Write } from './store.ts'

export class MemoryStore implements Store {
  readonly #tables = new Map<Table, Map<string, Uint8Array>>(
    TABLES.map((name) => [name, new Map()]),
  )
  readonly #mutex = new Mutex()

  get(table: Table, key: Uint8Array): Promise<Uint8Array | null> {
    return Promise.resolve(this.#table(table).get(toHex(key)) ?? null)
  }

  list(table: Table, prefix: Uint8Array = new Uint8Array(0)): Promise<Row[]> {
    const start = toHex(prefix)
    const found = [...this.#table(table)].filter(([key]) => key.startsWith(start))
    found.sort(([a], [b]) => (a < b ? -1 : 1))
    return Promise.resolve(found.map(([key, value]) => ({ key: fromHex(key), value })))
  }

  last(table: Table): Promise<Uint8Array | null> {
    const highest = [...this.#table(table).keys()].toSorted().at(-1)
    return Promise.resolve(highest === undefined ? null : fromHex(highest))
  }

  lasts(table: Table, length: number): Promise<Uint8Array[]> {
    const keys = [...this.#table(table).keys()].toSorted()
    const highest = new Map(keys.map((key) => [key.slice(0, 2 * length), key]))
    return Promise.resolve([...highest.values()].map(fromHex))
  }

  commit(writes: Write[]): Promise<void> {
    for (const { table, key, value } of writes) {
      if (value === null) this.#table(table).delete(toHex(key))
      else this.#table(table).set(toHex(key), value.slice())
    }
    return Promise.resolve()
  }

  exclusive<T>(work: () => Promise<T>): Promise<T> {
    return this.#mutex.run(work)
  }

  foreignVersion(): number {
    return 0
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #table(name: Table): Map<string, Uint8Array> {
    return this.#tables.get(name) as Map<string, Uint8Array>
  }
}
