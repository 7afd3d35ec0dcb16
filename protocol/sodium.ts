// The only file that imports libsodium. Every argument is a Uint8Array of the right length or the call
// throws: the library itself takes a 32-character string for a key, answers `false` for a bad
// signature, and decapsulates a tampered ciphertext into another secret instead of failing.
import sodium from 'libsodium-wrappers-sumo'
import { ProtocolError } from './errors.ts'

await sodium.ready

export const SIGN_PUBLIC_BYTES = 32
export const SIGNATURE_BYTES = 64
export const SEED_BYTES = 32
export const KEY_BYTES = 32
export const AEAD_NONCE_BYTES = 24
export const AEAD_TAG_BYTES = 16
export const XWING_PUBLIC_BYTES = 1216
export const XWING_CIPHERTEXT_BYTES = 1120

/** What Web Cryptography gives at once. */
const MAX_DRAW = 65_536

export type SignPair = { publicKey: Uint8Array; secretKey: Uint8Array }

/** A programming error of the caller, hence a TypeError and no ProtocolError. */
function need(name: string, value: Uint8Array, length?: number): void {
  if (!(value instanceof Uint8Array)) throw new TypeError(`${name}: bytes expected`)
  if (length !== undefined && value.length !== length) {
    throw new TypeError(`${name}: ${length} bytes expected, not ${value.length}`)
  }
}

/** From the platform: compiled libsodium asks it for four bytes at a time. At most MAX_DRAW. */
export function randomBytes(n: number): Uint8Array {
  if (!Number.isInteger(n) || n < 0 || n > MAX_DRAW) throw new TypeError(`${n} random bytes`)
  return crypto.getRandomValues(new Uint8Array(n))
}

/** BLAKE2b, keyed when `key` is given. */
export function blake2b(length: 32 | 64, input: Uint8Array, key?: Uint8Array): Uint8Array {
  need('input', input)
  if (key !== undefined) need('key', key, KEY_BYTES)
  return sodium.crypto_generichash(length, input, key ?? null)
}

/** BLAKE2b-256 of what comes piece by piece: files are hashed without being held in memory. */
export class HashStream {
  readonly #state = sodium.crypto_generichash_init(null, 32)

  add(bytes: Uint8Array): void {
    need('bytes', bytes)
    sodium.crypto_generichash_update(this.#state, bytes)
  }

  /** Call once. */
  end(): Uint8Array {
    return sodium.crypto_generichash_final(this.#state, 32)
  }
}

export function signPairFromSeed(seed: Uint8Array): SignPair {
  need('seed', seed, SEED_BYTES)
  const pair = sodium.crypto_sign_seed_keypair(seed)
  return { publicKey: pair.publicKey, secretKey: pair.privateKey }
}

/** Ed25519, detached. */
export function signDetached(message: Uint8Array, secretKey: Uint8Array): Uint8Array {
  need('message', message)
  need('secretKey', secretKey, 64)
  return sodium.crypto_sign_detached(message, secretKey)
}

export function verifyDetached(
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  need('signature', signature, SIGNATURE_BYTES)
  need('message', message)
  need('publicKey', publicKey, SIGN_PUBLIC_BYTES)
  return sodium.crypto_sign_verify_detached(signature, message, publicKey)
}

/** XChaCha20-Poly1305. The default zero nonce is for keys that encrypt once (PROTOCOL.md, "Keys"). */
export function aeadSeal(
  key: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
  nonce: Uint8Array = new Uint8Array(AEAD_NONCE_BYTES),
): Uint8Array {
  need('key', key, KEY_BYTES)
  need('aad', aad)
  need('plaintext', plaintext)
  need('nonce', nonce, AEAD_NONCE_BYTES)
  return sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, aad, null, nonce, key)
}

/** Throws `cannot_open` for anything but the very bytes that were sealed; no reason is told apart. */
export function aeadOpen(
  key: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
  nonce: Uint8Array = new Uint8Array(AEAD_NONCE_BYTES),
): Uint8Array {
  need('key', key, KEY_BYTES)
  need('aad', aad)
  need('ciphertext', ciphertext)
  need('nonce', nonce, AEAD_NONCE_BYTES)
  try {
    return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, ciphertext, aad, nonce, key)
  } catch (cause) {
    throw new ProtocolError('cannot_open', '', { cause })
  }
}

export const SALT_BYTES = 16
/** Argon2id with 64 MiB in three passes: half a second on a slow phone (security.md, section 4). */
const STRETCH = { passes: 3, bytes: 64 * 1024 * 1024 }

/** A key from what a person can remember. */
export function stretch(passphrase: Uint8Array, salt: Uint8Array): Uint8Array {
  need('passphrase', passphrase)
  need('salt', salt, SALT_BYTES)
  const { passes, bytes } = STRETCH
  const algorithm = sodium.crypto_pwhash_ALG_ARGON2ID13
  return sodium.crypto_pwhash(KEY_BYTES, passphrase, salt, passes, bytes, algorithm)
}

/** X-Wing (X25519 + ML-KEM-768); the secret key is the 32-byte seed itself. */
export function xwingPublic(seed: Uint8Array): Uint8Array {
  need('seed', seed, SEED_BYTES)
  return sodium.crypto_kem_xwing_seed_keypair(seed).publicKey
}

export function xwingEncapsulate(publicKey: Uint8Array): {
  ciphertext: Uint8Array
  secret: Uint8Array
} {
  need('publicKey', publicKey, XWING_PUBLIC_BYTES)
  const { ciphertext, sharedSecret } = refusing('malformed', () =>
    sodium.crypto_kem_xwing_enc(publicKey),
  )
  return { ciphertext, secret: sharedSecret }
}

/** With 64 bytes of coins, so that whoever knows them can recompute the ciphertext (escrow, vectors). */
export function xwingEncapsulateWith(
  publicKey: Uint8Array,
  coins: Uint8Array,
): { ciphertext: Uint8Array; secret: Uint8Array } {
  need('publicKey', publicKey, XWING_PUBLIC_BYTES)
  need('coins', coins, 64)
  const { ciphertext, sharedSecret } = refusing('malformed', () =>
    sodium.crypto_kem_xwing_enc_deterministic(publicKey, coins),
  )
  return { ciphertext, secret: sharedSecret }
}

/**
 * A tampered ciphertext gives another secret, so an AEAD has to stand behind every use. Only an X25519
 * part of small order fails at once, with the `cannot_open` of that AEAD.
 */
export function xwingDecapsulate(ciphertext: Uint8Array, seed: Uint8Array): Uint8Array {
  need('ciphertext', ciphertext, XWING_CIPHERTEXT_BYTES)
  need('seed', seed, SEED_BYTES)
  return refusing('cannot_open', () => sodium.crypto_kem_xwing_dec(ciphertext, seed))
}

/** Whoever sends a bad key or ciphertext is refused; a plain error would take the whole device down. */
function refusing<T>(code: 'malformed' | 'cannot_open', work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw new ProtocolError(code, 'X-Wing', { cause })
  }
}

/** Best effort: JavaScript may have copied the bytes before. */
export function wipe(bytes: Uint8Array): void {
  sodium.memzero(bytes)
}
