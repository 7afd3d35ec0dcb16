import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concat, toHex, utf8 } from '../../protocol/bytes.ts'
import {
  hash,
  HASH_LABELS,
  hashId,
  kdf,
  kdf64,
  KDF_LABELS,
  sign,
  SIGN_LABELS,
  verify,
} from '../../protocol/labels.ts'
import { blake2b, signDetached } from '../../protocol/sodium.ts'
import { refused, seed, seededPair } from '../helpers/seed.ts'

const x = utf8('x')
const key = seed('key')
const pair = seededPair('labels')

/** What PROTOCOL.md says, written anew. */
function labelled(label: string, ...parts: Uint8Array[]): Uint8Array {
  const name = utf8(`holdfast/1/${label}`)
  return concat(Uint8Array.of(name.length), name, ...parts)
}

test('labels are distinct within each family', () => {
  for (const labels of [SIGN_LABELS, HASH_LABELS, KDF_LABELS]) {
    assert.equal(new Set<string>(labels).size, labels.length)
  }
})

test('no sign label begins another in a way that zero bytes could bridge', () => {
  for (const label of SIGN_LABELS) assert.doesNotMatch(label, /\0/)
})

test('H(L, x) is BLAKE2b-256 over the length of L, L and x', () => {
  for (const label of HASH_LABELS) {
    assert.deepEqual(hash(label, x), blake2b(32, labelled(label, x)), label)
    assert.deepEqual(hashId(label, x), blake2b(32, labelled(label, x)).slice(0, 16), label)
  }
})

test('KDF(k, L, x) is the same under the key', () => {
  for (const label of KDF_LABELS) {
    assert.deepEqual(kdf(key, label, x), blake2b(32, labelled(label, x), key), label)
    assert.deepEqual(kdf64(key, label, x), blake2b(64, labelled(label, x), key), label)
  }
})

test('parts are one after the other', () => {
  assert.deepEqual(hash('chk', x, x), hash('chk', utf8('xx')))
  assert.deepEqual(kdf(key, 'fwd', x, x), kdf(key, 'fwd', utf8('xx')))
  assert.notDeepEqual(kdf(key, 'fwd', x), kdf(seed('other'), 'fwd', x))
})

test('no two labels give one hash or one key', () => {
  const hashes = HASH_LABELS.map((label) => toHex(hash(label, x)))
  const keys = KDF_LABELS.map((label) => toHex(kdf(key, label, x)))
  assert.equal(new Set(hashes).size, hashes.length)
  assert.equal(new Set(keys).size, keys.length)
})

test('a key of another length is refused', () => {
  for (const n of [0, 16, 31, 33, 64]) {
    refused('malformed', () => kdf(new Uint8Array(n), 'fwd', x))
    assert.throws(() => kdf64(new Uint8Array(n), 'rec-coins', x))
  }
})

test('a signature is over L, a zero byte and the bytes', () => {
  for (const label of SIGN_LABELS) {
    const bytes = concat(utf8(`holdfast/1/${label}`), Uint8Array.of(0), x)
    assert.deepEqual(sign(label, x, pair.secretKey), signDetached(bytes, pair.secretKey), label)
  }
})

describe('a signature made under one label verifies under no other', () => {
  for (const made of SIGN_LABELS) {
    test(made, () => {
      const signature = sign(made, x, pair.secretKey)
      for (const asked of SIGN_LABELS) {
        assert.equal(verify(asked, signature, x, pair.publicKey), asked === made, asked)
      }
    })
  }
})
