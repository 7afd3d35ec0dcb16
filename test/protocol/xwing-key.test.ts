import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ProtocolError } from '../../protocol/errors.ts'
import { xwingDecapsulate, xwingEncapsulate, xwingPublic } from '../../protocol/sodium.ts'
import { checkXwingPublic } from '../../protocol/xwing-key.ts'
import {
  withLargeCoefficient,
  withSmallCiphertext,
  withSmallPublic,
  X25519_SMALL,
} from '../attacks/small-order.ts'
import { refused, seed, seededBytes } from '../helpers/seed.ts'

const good = xwingPublic(seed('good'))

function takes(check: () => unknown): boolean {
  try {
    check()
    return true
  } catch (error) {
    if (error instanceof ProtocolError && error.code === 'malformed') return false
    throw error
  }
}

/** The library is the judge: what it seals to is usable, and nothing else. */
function agrees(publicKey: Uint8Array): boolean {
  const usable = takes(() => checkXwingPublic(publicKey))
  assert.equal(
    takes(() => xwingEncapsulate(publicKey)),
    usable,
  )
  return usable
}

test('keys that were made are usable', () => {
  for (let i = 0; i < 50; i++) assert.ok(agrees(xwingPublic(seed(`key ${i}`))))
})

test('a small point is not, with or without the top bit', () => {
  for (const u of X25519_SMALL) assert.ok(!agrees(withSmallPublic(good, u)))
})

test('a coefficient at the modulus is not, wherever it stands; one below is', () => {
  for (let index = 0; index < 768; index++)
    refused('malformed', () => checkXwingPublic(withLargeCoefficient(good, index)))
  for (const index of [0, 1, 383, 384, 766, 767])
    assert.ok(!agrees(withLargeCoefficient(good, index)))
  assert.ok(agrees(withLargeCoefficient(good, 5, 3328)))
  assert.ok(agrees(withLargeCoefficient(good, 6, 3328)))
})

test('noise, zeros and ones are judged as the library judges them', () => {
  for (let i = 0; i < 50; i++) agrees(seededBytes(`noise ${i}`, 1216))
  assert.ok(!agrees(new Uint8Array(1216)))
  assert.ok(!agrees(new Uint8Array(1216).fill(0xff)))
})

describe('a key of another length is not usable', () => {
  for (const length of [0, 1184, 1215, 1217])
    test(`${length} bytes`, () =>
      refused('malformed', () => checkXwingPublic(new Uint8Array(length))))
})

test('a ciphertext with a small point does not open', () => {
  const { ciphertext } = xwingEncapsulate(good)
  for (const u of X25519_SMALL)
    refused('cannot_open', () => xwingDecapsulate(withSmallCiphertext(ciphertext, u), seed('good')))
})
