// One file that only the holder of the backup page can open: an X-Wing sealed key, then chunks that can be neither
// changed, swapped, cut nor continued. Where the bytes stand is in provisioning/backup/FORMAT.md.
import { hkdfSync } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import { concat, equal, u64be, utf8 } from '../../protocol/bytes.ts'
import { ensure, ProtocolError } from '../../protocol/errors.ts'
import {
  AEAD_NONCE_BYTES,
  AEAD_TAG_BYTES,
  aeadOpen,
  aeadSeal,
  KEY_BYTES,
  XWING_CIPHERTEXT_BYTES,
  xwingDecapsulate,
  xwingEncapsulate,
} from '../../protocol/sodium.ts'

const MAGIC = utf8('holdfast backup 1\n')
const COMMIT_BYTES = 32
const CHUNK = 64 * 1024
const HEADER_BYTES = MAGIC.length + 8 + XWING_CIPHERTEXT_BYTES
const NO_AAD = new Uint8Array(0)

/** Opens one backup, and no other one; it is forgotten with the process that made it. */
export type SessionKey = { key: Uint8Array; commit: Uint8Array }

/** Bound to the whole header: the time of a backup cannot be changed. */
function sessionKey(secret: Uint8Array, header: Uint8Array): SessionKey {
  const derive = (what: string): Uint8Array =>
    new Uint8Array(hkdfSync('sha512', secret, header, `holdfast/1/backup-${what}`, KEY_BYTES))
  return { key: derive('key'), commit: derive('commit') }
}

/** index8 ‖ last1 ‖ zeros: each key seals one file, hence each index once. */
function nonceOf(index: number, last: boolean): Uint8Array {
  const nonce = new Uint8Array(AEAD_NONCE_BYTES)
  nonce.set(u64be(index))
  nonce[8] = last ? 1 : 0
  return nonce
}

export class SealedWriter {
  readonly session: SessionKey
  readonly #file: number
  #pending: Uint8Array = new Uint8Array(0)
  #index = 0

  /** The file must not exist. `at`: milliseconds. Throws what `fs` throws. */
  constructor(path: string, publicKey: Uint8Array, at: number) {
    const { ciphertext, secret } = xwingEncapsulate(publicKey)
    const header = concat(MAGIC, u64be(at), ciphertext)
    this.session = sessionKey(secret, header)
    this.#file = openSync(path, 'wx', 0o600)
    this.#put(concat(header, this.session.commit))
  }

  write(bytes: Uint8Array): void {
    this.#pending = concat(this.#pending, bytes)
    let at = 0
    // The last chunk is known to be the last only at the end, so that a whole one waits.
    for (; this.#pending.length - at > CHUNK; at += CHUNK)
      this.#seal(this.#pending.subarray(at, at + CHUNK), false)
    this.#pending = this.#pending.slice(at)
  }

  /** On disk when it returns. */
  end(): void {
    this.#seal(this.#pending, true)
    fsyncSync(this.#file)
    closeSync(this.#file)
  }

  abandon(): void {
    closeSync(this.#file)
  }

  #seal(plain: Uint8Array, last: boolean): void {
    this.#put(aeadSeal(this.session.key, NO_AAD, plain, nonceOf(this.#index++, last)))
  }

  #put(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += writeSync(this.#file, bytes, at)
  }
}

/** The 32 bytes of the page, or the session of the process that has just written it. */
export type Opening = { seed: Uint8Array } | { session: SessionKey }

export class SealedReader {
  /** When it was made, milliseconds; sealed together with the rest. */
  readonly at: number
  readonly #file: number
  readonly #key: Uint8Array
  #index = 0
  #chunk: Uint8Array = new Uint8Array(0)
  #next: Uint8Array
  #done = false

  /** Throws `backup_foreign` for a file that is none, or was sealed for another page, `backup_damaged` for a cut one. */
  constructor(path: string, opening: Opening) {
    this.#file = openSync(path, 'r')
    try {
      const header = this.#take(HEADER_BYTES)
      ensure(equal(header.subarray(0, MAGIC.length), MAGIC), 'backup_foreign', 'no backup')
      this.at = Number(
        new DataView(header.buffer, header.byteOffset + MAGIC.length).getBigUint64(0),
      )
      const commit = this.#take(COMMIT_BYTES)
      const session = 'session' in opening ? opening.session : open(header, opening.seed)
      ensure(equal(session.commit, commit), 'backup_foreign', 'made for another page')
      this.#key = session.key
      this.#next = this.#take(CHUNK + AEAD_TAG_BYTES)
    } catch (error) {
      closeSync(this.#file)
      throw error
    }
  }

  /** As many bytes as were asked for. Throws `backup_damaged`. */
  read(length: number): Uint8Array {
    const parts: Uint8Array[] = []
    for (let left = length; left > 0;) {
      if (this.#chunk.length === 0) this.#open()
      const part = this.#chunk.subarray(0, left)
      this.#chunk = this.#chunk.subarray(part.length)
      left -= part.length
      parts.push(part)
    }
    return concat(...parts)
  }

  /** Throws `backup_damaged` where something follows. */
  end(): void {
    ensure(this.#done && this.#chunk.length === 0, 'backup_damaged', 'something follows')
  }

  close(): void {
    closeSync(this.#file)
  }

  #open(): void {
    ensure(!this.#done, 'backup_damaged', 'cut short')
    const sealed = this.#next
    this.#next = this.#take(CHUNK + AEAD_TAG_BYTES)
    this.#done = this.#next.length === 0
    try {
      this.#chunk = aeadOpen(this.#key, NO_AAD, sealed, nonceOf(this.#index++, this.#done))
    } catch (cause) {
      throw new ProtocolError('backup_damaged', `chunk ${this.#index - 1}`, { cause })
    }
  }

  #take(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    let at = 0
    for (;;) {
      const read = readSync(this.#file, bytes, at, length - at, null)
      at += read
      if (read === 0 || at === length) return bytes.subarray(0, at)
    }
  }
}

function open(header: Uint8Array, seed: Uint8Array): SessionKey {
  ensure(header.length === HEADER_BYTES, 'backup_damaged', 'cut short')
  return sessionKey(xwingDecapsulate(header.subarray(MAGIC.length + 8), seed), header)
}
