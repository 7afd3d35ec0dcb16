import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  cutText,
  concat,
  equal,
  fromBase64Url,
  fromHex,
  fromUtf8,
  isZero,
  toBase64Url,
  toHex,
  u16be,
  u64be,
  utf8,
} from '../../protocol/bytes.ts'
import { flipped, refused, seed } from '../helpers/seed.ts'

const bytes = () => fc.uint8Array({ maxLength: 70 })

test('concat keeps order and copies', () => {
  const a = Uint8Array.of(1, 2)
  const joined = concat(a, new Uint8Array(0), Uint8Array.of(3))
  a[0] = 9
  assert.deepEqual(joined, Uint8Array.of(1, 2, 3))
  assert.deepEqual(concat(), new Uint8Array(0))
})

test('equal says yes to the same bytes only', () => {
  fc.assert(fc.property(bytes(), (a) => equal(a, a.slice())))
  const a = seed('equal')
  for (let at = 0; at < a.length; at++) assert.equal(equal(a, flipped(a, at)), false)
  assert.equal(equal(a, a.subarray(0, 31)), false)
  assert.equal(equal(a.subarray(0, 31), a), false)
  assert.equal(equal(new Uint8Array(0), new Uint8Array(0)), true)
})

test('equal does not let two differences cancel out', () => {
  assert.equal(equal(Uint8Array.of(1, 2), Uint8Array.of(2, 1)), false)
  assert.equal(equal(Uint8Array.of(1, 1), Uint8Array.of(0, 0)), false)
})

test('isZero looks at every byte', () => {
  assert.equal(isZero(new Uint8Array(16)), true)
  for (const at of [0, 7, 15]) assert.equal(isZero(flipped(new Uint8Array(16), at, 0x80)), false)
})

test('numbers are big-endian', () => {
  assert.equal(toHex(u16be(0x0102)), '0102')
  assert.equal(toHex(u16be(0xffff)), 'ffff')
  assert.equal(toHex(u64be(0x0102030405)), '0000000102030405')
  assert.equal(toHex(u64be(Number.MAX_SAFE_INTEGER)), '001fffffffffffff')
})

test('hexadecimal goes there and back and has one spelling', () => {
  fc.assert(
    fc.property(bytes(), (value) => {
      assert.match(toHex(value), /^[0-9a-f]*$/)
      assert.deepEqual(fromHex(toHex(value)), value)
    }),
  )
  for (const text of ['0', 'AB', 'aB', '0g', ' 00', '00\n', '0x00', '00 00', '٠٠']) {
    refused('malformed', () => fromHex(text))
  }
})

test('base64url goes there and back and has one spelling', () => {
  fc.assert(
    fc.property(bytes(), (value) => {
      assert.match(toBase64Url(value), /^[A-Za-z0-9_-]*$/)
      assert.deepEqual(fromBase64Url(toBase64Url(value)), value)
    }),
  )
  assert.deepEqual(fromBase64Url('-_8'), Uint8Array.of(0xfb, 0xff))
  for (const text of ['AA==', 'AA=', '+/8', 'A', 'AB', '-_9', 'A A', 'AA\n', 'AA.', 'ÄA']) {
    refused('malformed', () => fromBase64Url(text))
  }
})

test('text goes there and back, a byte-order mark included', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      if (text.isWellFormed()) assert.equal(fromUtf8(utf8(text)), text)
    }),
  )
  assert.equal(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41)), '\ufeffA')
})

test('bytes that are not UTF-8 are refused', () => {
  const bad = ['80', 'c0af', 'ed a0 80', 'f4 90 80 80', 'e2 82', 'ff', '41 c3', 'f8 88 80 80 80']
  for (const hex of bad) refused('malformed', () => fromUtf8(fromHex(hex.replaceAll(' ', ''))))
})

test('a text is cut between characters, never within one', () => {
  assert.equal(cutText('Müller', 2), 'M')
  assert.equal(cutText('Müller', 3), 'Mü')
  assert.equal(cutText('🚒🚒', 7), '🚒')
  assert.equal(cutText('abc', 3), 'abc')
  assert.equal(cutText('\ud83d', 9), '\ufffd')
})
