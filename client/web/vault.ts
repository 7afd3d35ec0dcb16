// The key of the store of this browser, and what guards it: the browser's own key, which cannot be read out,
// and inside it, where there is a lock, a passphrase or a passkey (security.md, section 4, "Key at rest").
import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from 'idb'
import { concat, utf8 } from '../../protocol/bytes.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import {
  aeadOpen,
  aeadSeal,
  blake2b,
  KEY_BYTES,
  randomBytes,
  SALT_BYTES,
  stretch,
} from '../../protocol/sodium.ts'

import { Mutex } from '../store.ts'
import { readable, reading } from './idb-store.ts'

export type Lock =
  | { kind: 'none' }
  | { kind: 'passphrase' }
  /** `credential`: which passkey; `salt`: what it is asked about. */
  | { kind: 'passkey'; credential: Uint8Array; salt: Uint8Array }
/** What opens a lock: the words, or what the passkey has answered (32 bytes). */
export type Opener = { passphrase: string } | { prf: Uint8Array } | null

type Record = {
  lock: Lock
  salt: Uint8Array
  browserKey: CryptoKey
  iv: Uint8Array
  sealed: Uint8Array
  /** Wrong passphrases in a row, and when the last one was. */
  failures: number
  failedAt: number
}
interface Schema extends DBSchema {
  vault: { key: string; value: Record }
}

const ONLY = 'key'
const AES = { name: 'AES-GCM', length: 256 } as const
/** Wrong ones without a pause, and those that clear the device. */
export const FREE_TRIES = 5
export const MAX_TRIES = 10
/** Milliseconds between two tries after that. */
export const TRY_PAUSE = 30_000

export class Vault {
  readonly #db: IDBPDatabase<Schema>
  readonly #name: string
  readonly #tries = new Mutex()

  private constructor(db: IDBPDatabase<Schema>, name: string) {
    this.#db = db
    this.#name = name
    // Whoever clears this browser must not wait for another worker that has it open.
    db.addEventListener('versionchange', () => db.close())
  }

  static async open(name: string): Promise<Vault> {
    const upgrade = (db: IDBPDatabase<Schema>): void => void db.createObjectStore('vault')
    try {
      return new Vault(await openDB<Schema>(name, 1, { upgrade }), name)
    } catch (error) {
      throw readable(error, name)
    }
  }

  /** Null: there is no key yet. */
  async lock(): Promise<Lock | null> {
    return (await this.#read())?.lock ?? null
  }

  /** It guards nothing: nobody has joined since. */
  async forget(): Promise<void> {
    const tx = this.#db.transaction('vault', 'readwrite', { durability: 'strict' })
    await Promise.all([tx.store.delete(ONLY), tx.done])
  }

  /**
   * Puts a key behind a lock, or the same key behind another one. What was written here before may stay on the disk for
   * long: a lock keeps closed what has never stood here without it.
   */
  async guard(key: Uint8Array, lock: Lock, opener: Opener): Promise<void> {
    const salt = randomBytes(SALT_BYTES)
    const browserKey = await crypto.subtle.generateKey(AES, false, ['encrypt', 'decrypt'])
    const iv = randomBytes(12)
    const inner = opener === null ? key : aeadSeal(keyOf(opener, salt), utf8(lock.kind), key)
    const sealed = await crypto.subtle.encrypt(
      { name: AES.name, iv: buffer(iv) },
      browserKey,
      buffer(inner),
    )
    const record = { lock, salt, browserKey, iv, sealed: new Uint8Array(sealed) }
    await this.#write({ ...record, failures: 0, failedAt: 0 })
  }

  /** Every try is used up: nothing may be left to open. Also where somebody ended the app before it was cleared. */
  async isSpent(): Promise<boolean> {
    return ((await this.#read())?.failures ?? 0) >= MAX_TRIES
  }

  /** The key. Throws `cannot_open` for a wrong opener, `rate_limited` while a pause lasts; counts what is wrong. */
  unlock(opener: Opener, now: number): Promise<Uint8Array> {
    return this.#tries.run(() => this.#unlock(opener, now))
  }

  async #unlock(opener: Opener, now: number): Promise<Uint8Array> {
    const record = await this.#read()
    if (record === null) throw new ProtocolError('device_missing', 'vault')
    if (record.lock.kind === 'none') return openRecord(record, null)
    const { failures, failedAt } = record
    // A clock that was ahead when the last one was wrong must not keep its owner out for as long.
    const left = Math.min(failedAt + TRY_PAUSE - now, TRY_PAUSE)
    if (failures >= FREE_TRIES && left > 0)
      throw new ProtocolError('rate_limited', String(Math.ceil(left / 1000)))
    // Counted before it is known to be wrong: whoever ends the app meanwhile has had it.
    await this.#write({ ...record, failures: failures + 1, failedAt: now })
    try {
      const key = await openRecord(record, opener)
      await this.#write({ ...record, failures: 0, failedAt: 0 })
      return key
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code !== 'cannot_open') throw error
      const more = Math.max(0, MAX_TRIES - failures - 1)
      throw new ProtocolError('cannot_open', String(more), { cause: error })
    }
  }

  close(): void {
    this.#db.close()
  }

  async destroy(): Promise<void> {
    this.#db.close()
    await deleteDB(this.#name)
  }

  async #read(): Promise<Record | null> {
    return (await reading(this.#db, 'vault').get(ONLY)) ?? null
  }

  async #write(record: Record): Promise<void> {
    const tx = this.#db.transaction('vault', 'readwrite', { durability: 'strict' })
    await Promise.all([tx.store.put(record, ONLY), tx.done])
  }
}

async function openRecord(record: Record, opener: Opener): Promise<Uint8Array> {
  const { lock, salt, browserKey, iv, sealed } = record
  const algorithm = { name: AES.name, iv: buffer(iv) }
  const inner = new Uint8Array(await crypto.subtle.decrypt(algorithm, browserKey, buffer(sealed)))
  if (lock.kind === 'none') return inner
  if (opener === null) throw new ProtocolError('cannot_open', 'locked')
  return aeadOpen(keyOf(opener, salt), utf8(lock.kind), inner)
}

/** The same words typed on another keyboard are the same words: composed, without blanks around them. */
function keyOf(opener: NonNullable<Opener>, salt: Uint8Array): Uint8Array {
  if ('prf' in opener) return blake2b(KEY_BYTES, concat(utf8('holdfast vault'), salt), opener.prf)
  return stretch(utf8(opener.passphrase.trim().normalize('NFKC')), salt)
}

const buffer = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>
