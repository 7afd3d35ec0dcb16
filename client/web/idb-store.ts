// The store of a browser: IndexedDB, one object store per table. Several tabs and the service worker may use it:
// each operation holds the lock of the origin, and re-reads what others wrote.
import {
  deleteDB,
  type DBSchema,
  type IDBPDatabase,
  type IDBPObjectStore,
  openDB,
  type StoreNames,
} from 'idb'
import { ProtocolError } from '../../protocol/errors.ts'
import { type Row, type Store, type Table, TABLES, type Write } from '../store.ts'

/** 2: what screens keep. 3: shelves. */
const SCHEMA_VERSION = 4
/** Counts the commits of all tabs, in the same transaction as what they write. */
const COMMITS = 'commits'
const COUNT = 'count'
/**
 * Private windows and blocked site data refuse the database as such. Where the data is thrown away, or the disk fails,
 * what is under way ends with one of the last two (https://www.w3.org/TR/IndexedDB/#exceptions).
 */
const UNUSABLE = ['SecurityError', 'InvalidStateError', 'AbortError', 'UnknownError']
/** Without it a transaction resolves before the disk has it. */
const DURABLE = { durability: 'strict' } as const

type Tables = { [K in Table]: { key: ArrayBuffer; value: Uint8Array } }
interface Schema extends DBSchema, Tables {
  [COMMITS]: { key: string; value: number }
}

export class IdbStore implements Store {
  readonly #db: IDBPDatabase<Schema>
  readonly #name: string
  #commits: number
  #foreign = 0
  #lost: ProtocolError | null = null
  /** The database is gone from under this store; nothing works on it any more. */
  onLost: (error: ProtocolError) => void = () => {}

  private constructor(db: IDBPDatabase<Schema>, name: string, commits: number) {
    this.#db = db
    this.#name = name
    this.#commits = commits
    // The browser has thrown the data away, or the person has.
    db.addEventListener('close', () => this.#lose(new ProtocolError('device_missing', name)))
    // A newer version of the app wants to change the schema: it must not wait for this tab.
    db.addEventListener('versionchange', () => {
      db.close()
      this.#lose(new ProtocolError('database_newer', name))
    })
  }

  #lose(error: ProtocolError): void {
    this.#lost = error
    this.onLost(error)
  }

  /** Opens the database of that name, made where it is missing. Throws `database_newer` for that of a newer app. */
  static async open(name: string): Promise<IdbStore> {
    try {
      const db = await openDB<Schema>(name, SCHEMA_VERSION, {
        upgrade(fresh) {
          const there = fresh.objectStoreNames
          for (const table of [...TABLES, COMMITS] as const)
            if (!there.contains(table)) fresh.createObjectStore(table)
        },
      })
      return new IdbStore(db, name, (await reading(db, COMMITS).get(COUNT)) ?? 0)
    } catch (error) {
      throw readable(error, name)
    }
  }

  /** Removes the database of that name and all that is in it. */
  static destroy(name: string): Promise<void> {
    return deleteDB(name)
  }

  get(table: Table, key: Uint8Array): Promise<Uint8Array | null> {
    return this.#try(async () => (await reading(this.#db, table).get(whole(key))) ?? null)
  }

  /** Both lists come from one transaction, so that they fit together. */
  list(table: Table, prefix: Uint8Array = new Uint8Array(0)): Promise<Row[]> {
    return this.#try(async () => {
      const store = reading(this.#db, table)
      const range = beginningWith(prefix)
      const [keys, values] = await Promise.all([store.getAllKeys(range), store.getAll(range)])
      return keys.map((key, i) => ({ key: new Uint8Array(key), value: values[i] as Uint8Array }))
    })
  }

  last(table: Table): Promise<Uint8Array | null> {
    return this.#try(async () => {
      const cursor = await reading(this.#db, table).openKeyCursor(null, 'prev')
      return cursor === null ? null : new Uint8Array(cursor.key)
    })
  }

  lasts(table: Table, length: number): Promise<Uint8Array[]> {
    return this.#try(async () => {
      const found: Uint8Array[] = []
      let cursor = await reading(this.#db, table).openKeyCursor(null, 'prev')
      while (cursor !== null) {
        found.unshift(new Uint8Array(cursor.key))
        // Over all that begin alike, to what comes before them.
        cursor = await cursor.continue(cursor.key.slice(0, length))
      }
      return found
    })
  }

  commit(writes: Write[]): Promise<void> {
    return this.#try(async () => {
      const tables = new Set(writes.map(({ table }) => table))
      const tx = this.#db.transaction([...tables, COMMITS] as const, 'readwrite', DURABLE)
      quietly(tx.done)
      const count = (await tx.objectStore(COMMITS).get(COUNT)) ?? 0
      for (const { table, key, value } of writes) {
        const store = tx.objectStore(table)
        quietly(value === null ? store.delete(whole(key)) : store.put(tight(value), whole(key)))
      }
      quietly(tx.objectStore(COMMITS).put(count + 1, COUNT))
      await tx.done
      if (count !== this.#commits) this.#foreign += 1
      this.#commits = count + 1
    })
  }

  exclusive<T>(work: () => Promise<T>): Promise<T> {
    return navigator.locks.request(`holdfast/${this.#name}`, async () => {
      await this.#try(async () => {
        const count = (await reading(this.#db, COMMITS).get(COUNT)) ?? 0
        if (count !== this.#commits) this.#foreign += 1
        this.#commits = count
      })
      return work()
    })
  }

  foreignVersion(): number {
    return this.#foreign
  }

  close(): Promise<void> {
    this.#db.close()
    return Promise.resolve()
  }

  async #try<T>(work: () => Promise<T>): Promise<T> {
    if (this.#lost !== null) throw this.#lost
    try {
      return await work()
    } catch (error) {
      throw this.#lost ?? readable(error, this.#name)
    }
  }
}

/** A key of its own: IndexedDB copies what a view shows, its types ask for the whole buffer. */
function whole(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer
}

/** A view is stored with all of its buffer: a row of a page would bring the page along. */
function tight(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice()
}

/** All keys that begin so. Bytes are ordered as unsigned numbers, a beginning before what is longer. */
function beginningWith(prefix: Uint8Array): IDBKeyRange | null {
  if (prefix.length === 0) return null
  const last = prefix.findLastIndex((byte) => byte < 0xff)
  if (last === -1) return IDBKeyRange.lowerBound(whole(prefix))
  const above = prefix.slice(0, last + 1)
  above[last] = (above[last] as number) + 1
  return IDBKeyRange.bound(whole(prefix), whole(above), false, true)
}

/** What is part of a transaction fails with it, and `done`, which is waited for, knows why: nobody has to hear it twice. */
export function quietly(part: Promise<unknown>): void {
  part.catch(() => {})
}

/** One table, to read from. */
export function reading<S extends DBSchema, N extends StoreNames<S>>(
  db: IDBPDatabase<S>,
  table: N,
): IDBPObjectStore<S, [N], N> {
  const tx = db.transaction(table)
  quietly(tx.done)
  return tx.store
}

/** What a browser says of its storage, in our words. */
export function readable(error: unknown, name: string): unknown {
  if (error instanceof ProtocolError || !(error instanceof DOMException)) return error
  const options = { cause: error }
  if (error.name === 'VersionError') return new ProtocolError('database_newer', name, options)
  if (error.name === 'QuotaExceededError') return new ProtocolError('device_full', name, options)
  if (UNUSABLE.includes(error.name)) return new ProtocolError('data_unwritable', name, options)
  return error
}
