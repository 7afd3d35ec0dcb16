// Hashes, derived keys and signatures: one example for every label.
import { utf8 } from '../../protocol/bytes.ts'
import {
  hash,
  HASH_LABELS,
  kdf,
  kdf64,
  KDF_LABELS,
  sign,
  SIGN_LABELS,
  verify,
} from '../../protocol/labels.ts'
import { signPairFromSeed } from '../../protocol/sodium.ts'
import { seed } from '../../test/helpers/seed.ts'
import { bytes, type JsonObject, list, object, same, toJson, type VectorFile } from './json.ts'

function make(): JsonObject {
  const input = utf8('Stadtwerke Musterstadt')
  const [key, signSeed] = [seed('vector key'), seed('vector signer')]
  const pair = signPairFromSeed(signSeed)
  return toJson({
    input,
    key,
    signSeed,
    publicKey: pair.publicKey,
    hash: HASH_LABELS.map((label) => ({ label, out: hash(label, input) })),
    kdf: KDF_LABELS.map((label) => ({
      label,
      out: kdf(key, label, input),
      out64: kdf64(key, label, input),
    })),
    sign: SIGN_LABELS.map((label) => ({ label, out: sign(label, input, pair.secretKey) })),
  }) as JsonObject
}

function check(file: JsonObject): void {
  const [input, key] = [bytes(file, 'input'), bytes(file, 'key')]
  const pair = signPairFromSeed(bytes(file, 'signSeed'))
  const labels = (name: string) => list(file, name).map(({ label }) => label ?? null)
  same(labels('hash'), [...HASH_LABELS], 'hash labels')
  same(labels('kdf'), [...KDF_LABELS], 'kdf labels')
  same(labels('sign'), [...SIGN_LABELS], 'sign labels')
  same(pair.publicKey, file['publicKey'], 'public key')
  for (const [i, label] of HASH_LABELS.entries())
    same(hash(label, input), list(file, 'hash')[i]?.['out'], label)
  for (const [i, label] of KDF_LABELS.entries()) {
    const example = object(list(file, 'kdf')[i])
    same(kdf(key, label, input), example['out'], label)
    same(kdf64(key, label, input), example['out64'], label)
  }
  for (const [i, label] of SIGN_LABELS.entries()) {
    const signature = bytes(object(list(file, 'sign')[i]), 'out')
    same(verify(label, signature, input, pair.publicKey), true, label)
  }
}

export const labels: VectorFile = {
  name: 'labels',
  about:
    'H(L, x), KDF(k, L, x) with 32 and 64 bytes, and Ed25519 signatures, once for every label.',
  make,
  check,
}
