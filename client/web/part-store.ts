// Files of a browser, in a database of their own: large, sealed, and of no use without the messages that name
// them. What the browser throws away for want of space can be fetched again.
import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from 'idb'
import { concat, toHex } from '../../protocol/bytes.ts'
import type { Hash } from '../../protocol/ids.ts'
import type { PartStore } from '../kept-files.ts'
import { quietly, readable, reading } from './idb-store.ts'

interface Schema extends DBSchema {
  /** By file and index. */
  parts: { key: ArrayBuffer; value: Uint8Array }
  begun: { key: ArrayBuffer; value: true }
}

const FILE_BYTES = 32
/** Without it a transaction resolves before the disk has it. */
const DURABLE = { durability: 'strict' } as const

export class IdbParts implements PartStore {
  readonly #db: IDBPDatabase<Schema>
  readonly #name: string

  private constructor(db: IDBPDatabase<Schema>, name: string) {
    this.#db = db
    this.#name = name
    // Whoever removes the database must not wait for this tab.
    db.addEventListener('versionchange', () => db.close())
  }

  static async open(name: string): Promise<IdbParts> {
    const upgrade = (db: IDBPDatabase<Schema>): void => {
      db.createObjectStore('parts')
      db.createObjectStore('begun')
    }
    try {
      return new IdbParts(await openDB<Schema>(name, 1, { upgrade }), name)
    } catch (error) {
      throw readable(error, name)
    }
  }

  /** Removes the database of that name and all that is in it. */
  static destroy(name: string): Promise<void> {
    return deleteDB(name)
  }

  get(file: Hash, part: number): Promise<Uint8Array | null> {
    return this.#try(
      async () => (await reading(this.#db, 'parts').get(placeOf(file, part))) ?? null,
    )
  }

  put(file: Hash, part: number, sealed: Uint8Array): Promise<void> {
    return this.#try(async () => {
      const tx = this.#db.transaction('parts', 'readwrite', DURABLE)
      quietly(tx.store.put(sealed, placeOf(file, part)))
      await tx.done
    })
  }

  held(file: Hash): Promise<number[]> {
    return this.#try(async () => {
      const keys = await reading(this.#db, 'parts').getAllKeys(partsOf(file))
      return keys.map((key) => new DataView(key).getUint32(FILE_BYTES))
    })
  }

  drop(file: Hash): Promise<void> {
    return this.#try(() => this.#db.delete('parts', partsOf(file)))
  }

  files(): Promise<Hash[]> {
    return this.#try(async () => {
      const keys = await reading(this.#db, 'parts').getAllKeys()
      const names = new Set(keys.map((key) => toHex(new Uint8Array(key, 0, FILE_BYTES))))
      return [...names].map((name) => Uint8Array.fromHex(name) as Hash)
    })
  }

  begin(file: Hash): Promise<void> {
    return this.#try(async () => {
      await this.#db.put('begun', true, whole(file))
    })
  }

  end(file: Hash): Promise<void> {
    return this.#try(() => this.#db.delete('begun', whole(file)))
  }

  begun(): Promise<Hash[]> {
    return this.#try(async () => {
      const keys = await reading(this.#db, 'begun').getAllKeys()
      return keys.map((key) => new Uint8Array(key) as Hash)
    })
  }

  close(): void {
    this.#db.close()
  }

  async #try<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw readable(error, this.#name)
    }
  }
}

const LAST_PART = 0xffff_ffff

function placeOf(file: Hash, part: number): ArrayBuffer {
  const index = new Uint8Array(4)
  new DataView(index.buffer).setUint32(0, part)
  return concat(file, index).slice().buffer
}

const partsOf = (file: Hash): IDBKeyRange =>
  IDBKeyRange.bound(placeOf(file, 0), placeOf(file, LAST_PART))

const whole = (bytes: Uint8Array): ArrayBuffer => bytes.slice().buffer
