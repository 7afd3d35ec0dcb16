import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concat, toHex, utf8 } from '../../protocol/bytes.ts'
import {
  BLOB_BYTES,
  type CardBlob,
  cardKeys,
  openBlob,
  organisationOf,
  sealBlob,
} from '../../protocol/card-secret.ts'
import type { PersonId } from '../../protocol/ids.ts'
import { hash, kdf } from '../../protocol/labels.ts'
import { pad } from '../../protocol/padding.ts'
import { aeadSeal, signPairFromSeed } from '../../protocol/sodium.ts'
import { flipped, refused, seed, seededBytes, seededHash, seededId } from '../helpers/seed.ts'

const secret = seededBytes('card secret', 16)
const keys = cardKeys(secret)
const blob: CardBlob = {
  rootPk: seed('root'),
  boxPk: seed('box'),
  person: seededId<PersonId>('Milo Member'),
  dkVer: 1,
  dk: seed('dk'),
  dirN: 17,
  dirH: seededHash('dir'),
  makerPk: seed('maker'),
  org: 'Stadtwerke Musterstadt',
  name: 'Milo Member',
  endpoints: ['https://krise.musterstadt.example', '10.20.30.40:8443'],
}

test('the keys follow from the secret alone', () => {
  const key = concat(secret, new Uint8Array(16))
  assert.deepEqual(keys.pair, signPairFromSeed(kdf(key, 'card-sign')))
  assert.deepEqual(keys.lookup, kdf(key, 'card-lookup').slice(0, 16))
  assert.deepEqual(keys.blobKey, kdf(key, 'card-blob'))
  assert.deepEqual(keys.id, hash('card-id', keys.pair.publicKey).slice(0, 16))
  assert.deepEqual(cardKeys(secret), keys)
})

test('the secret itself is left as it was', () => {
  const copy = secret.slice()
  cardKeys(copy)
  assert.deepEqual(copy, secret)
})

test('another secret, other keys', () => {
  const other = cardKeys(flipped(secret, 15))
  for (const field of ['id', 'lookup', 'blobKey'] as const) {
    assert.notDeepEqual(other[field], keys[field], field)
  }
})

test('a secret has 16 bytes', () => {
  for (const n of [0, 15, 17, 32]) refused('card_mistyped', () => cardKeys(new Uint8Array(n)))
})

test('the organisation is known from its founding card', () => {
  const { publicKey } = keys.pair
  assert.equal(toHex(organisationOf(publicKey)), toHex(hash('org', publicKey).slice(0, 16)))
})

test('a blob of any content has one size and opens with its card', () => {
  const short = (max: number) =>
    fc.string({ unit: 'grapheme', maxLength: 10 }).filter((s) => utf8(s).length <= max)
  const content = fc.record({
    org: short(60),
    name: short(60),
    endpoints: fc.array(short(40), { maxLength: 4 }),
    dkVer: fc.nat(0xffff),
    dirN: fc.maxSafeNat(),
  })
  fc.assert(
    fc.property(content, (part) => {
      const value = { ...blob, ...part }
      const sealed = sealBlob(value, keys)
      assert.equal(sealed.length, BLOB_BYTES)
      assert.deepEqual({ ...openBlob(sealed, keys) }, value)
    }),
    { numRuns: 50 },
  )
})

test('names that do not fit are refused when the card is made', () => {
  const full = 'x'.repeat(120)
  const endpoints = Array.from({ length: 4 }, () => 'x'.repeat(60))
  refused('too_large', () => sealBlob({ ...blob, org: full, name: full, endpoints }, keys))
  // One byte less than the padding needs: 511 bytes fit, 512 do not.
  const rest = 512 - (32 + 32 + 16 + 2 + 32 + 8 + 32 + 32 + 1 + 1 + 1 + 3 * 61)
  const exact = (size: number) => {
    const org = 'x'.repeat(Math.min(120, size))
    const name = 'x'.repeat(size - org.length)
    return { ...blob, org, name, endpoints: Array.from({ length: 3 }, () => 'x'.repeat(60)) }
  }
  refused('too_large', () => sealBlob(exact(rest), keys))
  assert.equal(openBlob(sealBlob(exact(rest - 1), keys), keys).endpoints.length, 3)
})

test('no other card opens the blob, and no changed byte goes unseen', () => {
  const sealed = sealBlob(blob, keys)
  refused('cannot_open', () => openBlob(sealed, cardKeys(seededBytes('other card', 16))))
  refused('cannot_open', () => openBlob(sealed, { ...keys, id: cardKeys(seededBytes('b', 16)).id }))
  for (let at = 0; at < sealed.length; at++) {
    refused('cannot_open', () => openBlob(flipped(sealed, at), keys))
  }
})

test('a blob of another length is not opened, even under the right key', () => {
  const nonce = seededBytes('nonce', 24)
  const big = pad(seededBytes('big', 600), () => 1024)
  refused('cannot_open', () =>
    openBlob(concat(nonce, aeadSeal(keys.blobKey, keys.id, big, nonce)), keys),
  )
  for (const n of [0, 10, 24, 40, BLOB_BYTES - 1]) {
    refused('cannot_open', () => openBlob(sealBlob(blob, keys).subarray(0, n), keys))
  }
})
