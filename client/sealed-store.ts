// A store whose rows are sealed under one key, so that whoever holds the disk has nothing without it. What is
// sealed to this device anyway, or stands on the box as well, is left as it is.
import { concat, utf8 } from '../protocol/bytes.ts'
import { ensure, ProtocolError } from '../protocol/errors.ts'
import { AEAD_NONCE_BYTES, aeadOpen, aeadSeal, randomBytes, wipe } from '../protocol/sodium.ts'
import type { Row, Store, Table, Write } from './store.ts'

const SEALED: readonly Table[] = ['meta', 'keys', 'prekeys', 'names', 'outbox', 'uploads', 'local']

export class SealedStore implements Store {
  readonly #inner: Store
  readonly #key: Uint8Array
  #ended = false

  /** `key`: 32 bytes. */
  constructor(inner: Store, key: Uint8Array) {
    this.#inner = inner
    // Its own: whoever wipes theirs must not make this one seal under nothing.
    this.#key = key.slice()
  }

  /** Forgets the key. What is still under way is refused from here on. */
  end(): void {
    this.#ended = true
    wipe(this.#key)
  }

  #ensureOpen(): void {
    ensure(!this.#ended, 'device_missing', 'locked')
  }

  async get(table: Table, key: Uint8Array): Promise<Uint8Array | null> {
    const stored = await this.#inner.get(table, key)
    this.#ensureOpen()
    return stored === null ? null : this.#open(table, key, stored)
  }

  async list(table: Table, prefix?: Uint8Array): Promise<Row[]> {
    const rows = await this.#inner.list(table, prefix)
    this.#ensureOpen()
    return rows.map(({ key, value }) => ({ key, value: this.#open(table, key, value) }))
  }

  last(table: Table): Promise<Uint8Array | null> {
    return this.#inner.last(table)
  }

  lasts(table: Table, length: number): Promise<Uint8Array[]> {
    return this.#inner.lasts(table, length)
  }

  async commit(writes: Write[]): Promise<void> {
    this.#ensureOpen()
    return this.#inner.commit(writes.map((write) => this.#seal(write)))
  }

  exclusive<T>(work: () => Promise<T>): Promise<T> {
    return this.#inner.exclusive(work)
  }

  foreignVersion(): number {
    return this.#inner.foreignVersion()
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  #seal(write: Write): Write {
    const { table, key, value } = write
    if (value === null || !SEALED.includes(table)) return write
    const nonce = randomBytes(AEAD_NONCE_BYTES)
    return {
      ...write,
      value: concat(nonce, aeadSeal(this.#key, placeOf(table, key), value, nonce)),
    }
  }

  #open(table: Table, key: Uint8Array, stored: Uint8Array): Uint8Array {
    if (!SEALED.includes(table)) return stored
    const nonce = stored.slice(0, AEAD_NONCE_BYTES)
    try {
      const sealed = stored.subarray(AEAD_NONCE_BYTES)
      return aeadOpen(this.#key, placeOf(table, key), sealed, nonce)
    } catch (cause) {
      throw new ProtocolError('database_damaged', table, { cause })
    }
  }
}

/** A row opens at its own place only: nobody exchanges two of them. */
function placeOf(table: Table, key: Uint8Array): Uint8Array {
  return concat(utf8(`${table}/`), key)
}
