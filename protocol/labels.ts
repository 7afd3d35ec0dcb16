// Every hash, derived key and signature carries a label of its own, so that bytes made for one purpose
// never verify for another (PROTOCOL.md, "Labels").
import { concat, utf8 } from './bytes.ts'
import { ensure } from './errors.ts'
import { type AnyId, asId, type Hash, ID_BYTES } from './ids.ts'
import { blake2b, KEY_BYTES, signDetached, verifyDetached } from './sodium.ts'

export const SIGN_LABELS = [
  'dir',
  'memb',
  'epoch',
  'msg',
  'answer',
  'cosign',
  'pop',
  'prekey',
  'receipt',
  'hist',
  'head',
  'report',
  'req',
  'release',
] as const
export const HASH_LABELS = [
  'org',
  'card-id',
  'dev',
  'root-id',
  'rec-key',
  'dir-state',
  'log',
  'epoch-id',
  'entry',
  'chk',
  'chk0',
  'members',
  'head0',
  'core',
  'wraps',
  'body-hash',
  'rank',
  'card-check',
  'card-stored',
  'request-body',
  'file-id',
  'file-content',
  'person-print',
] as const
export const KDF_LABELS = [
  'card-lookup',
  'card-sign',
  'card-blob',
  'commit',
  'kw',
  'body',
  'akc',
  'fwd',
  'xw',
  'rec-coins',
  'rec-wrap',
  'resp',
  'answer',
  'hist-key',
  'file-key',
  'file-commit',
  'file-nonce',
] as const
export type SignLabel = (typeof SIGN_LABELS)[number]
export type HashLabel = (typeof HASH_LABELS)[number]
export type KdfLabel = (typeof KDF_LABELS)[number]

const PREFIX = 'holdfast/1/'

function labelled(label: string, parts: Uint8Array[]): Uint8Array {
  const name = utf8(PREFIX + label)
  return concat(Uint8Array.of(name.length), name, ...parts)
}

/** H(L, x) = BLAKE2b-256(len1(L) ‖ L ‖ x). */
export function hash(label: HashLabel, ...parts: Uint8Array[]): Hash {
  return blake2b(32, labelled(label, parts)) as Hash
}

/** The first 16 bytes of H(L, x), branded by the caller's type. */
export function hashId<T extends AnyId>(label: HashLabel, ...parts: Uint8Array[]): T {
  return asId<T>(hash(label, ...parts).slice(0, ID_BYTES))
}

/** KDF(k, L, x) = BLAKE2b-256(key = k, len1(L) ‖ L ‖ x). */
export function kdf(key: Uint8Array, label: KdfLabel, ...parts: Uint8Array[]): Uint8Array {
  ensure(key.length === KEY_BYTES, 'malformed', 'key length')
  return blake2b(32, labelled(label, parts), key)
}

/** As `kdf`, with 64 bytes of output: the coins of the records wrap. */
export function kdf64(key: Uint8Array, label: KdfLabel, ...parts: Uint8Array[]): Uint8Array {
  return blake2b(64, labelled(label, parts), key)
}

function toSign(label: SignLabel, bytes: Uint8Array): Uint8Array {
  return concat(utf8(PREFIX + label), Uint8Array.of(0), bytes)
}

/** Ed25519 over L ‖ 0x00 ‖ bytes. */
export function sign(label: SignLabel, bytes: Uint8Array, secretKey: Uint8Array): Uint8Array {
  return signDetached(toSign(label, bytes), secretKey)
}

export function verify(
  label: SignLabel,
  signature: Uint8Array,
  bytes: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  return verifyDetached(signature, toSign(label, bytes), publicKey)
}
