import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concat, toHex, utf8 } from '../../protocol/bytes.ts'
import {
  between,
  blob,
  type Codec,
  decode,
  encode,
  fixed,
  list,
  oneOf,
  Reader,
  struct,
  text,
  u16,
  u32,
  u64,
  u8,
  Writer,
} from '../../protocol/codec.ts'
import { refused } from '../helpers/seed.ts'

const SIZES = [1, 2, 4, 8] as const
const CODEC_OF = { 1: u8, 2: u16, 4: u32, 8: u64 }
const largest = (size: 1 | 2 | 4 | 8) =>
  size === 8 ? Number.MAX_SAFE_INTEGER : 2 ** (8 * size) - 1

for (const size of SIZES) {
  test(`an unsigned number of ${size} bytes goes there and back`, () => {
    const number = fc.maxSafeNat().map((n) => n % (largest(size) + 1))
    fc.assert(
      fc.property(number, (value) => {
        const bytes = encode(CODEC_OF[size], value)
        assert.equal(bytes.length, size)
        assert.equal(decode(CODEC_OF[size], bytes, size), value)
      }),
    )
    for (const value of [0, 1, largest(size)]) {
      assert.equal(decode(CODEC_OF[size], encode(CODEC_OF[size], value), size), value)
    }
  })

  test(`what is no number of ${size} bytes is not written`, () => {
    for (const value of [-1, 0.5, Number.NaN, Infinity, largest(size) + 1, 2 ** 53]) {
      refused('malformed', () => encode(CODEC_OF[size], value))
    }
  })

  test(`fewer than ${size} bytes are no number`, () => {
    for (let n = 0; n < size; n++) {
      refused('malformed', () => decode(CODEC_OF[size], new Uint8Array(n), size))
    }
  })
}

test('numbers are big-endian', () => {
  const all = struct({ a: u8, b: u16, c: u32, d: u64 })
  const bytes = encode(all, { a: 1, b: 0x0203, c: 0x04050607, d: 0x08090a0b0c0d })
  assert.equal(toHex(bytes), '0102030405060700000' + '8090a0b0c0d'.padStart(11, '0'))
})

test('a number beyond 2^53 is refused, since it would be read as another one', () => {
  const over = new Uint8Array(8)
  over.set([0x00, 0x20], 0)
  refused('malformed', () => decode(u64, over, 8))
  refused('malformed', () => decode(u64, new Uint8Array(8).fill(0xff), 8))
})

test('a reader works on a view into larger bytes', () => {
  const view = Uint8Array.of(9, 9, 1, 2, 9).subarray(2, 4)
  assert.equal(new Reader(view).uint(2), 0x0102)
  refused('malformed', () => new Reader(view).uint(4))
  refused('malformed', () => new Reader(view).bytes(3))
})

test('a reader knows its place', () => {
  const reader = new Reader(Uint8Array.of(1, 2, 3))
  reader.uint(1)
  assert.deepEqual([reader.at, reader.left], [1, 2])
  assert.deepEqual(reader.rest(), Uint8Array.of(2, 3))
  reader.end()
})

test('bytes after the end are refused', () => {
  refused('malformed', () => decode(u8, Uint8Array.of(1, 2), 2))
  refused('malformed', () => new Reader(Uint8Array.of(1)).end())
})

test('the length is judged before the bytes', () => {
  refused('too_large', () => decode(u8, Uint8Array.of(1, 2), 1))
  assert.equal(decode(u8, Uint8Array.of(1), 1), 1)
})

test('a writer grows and gives a copy', () => {
  const writer = new Writer()
  const parts = Array.from({ length: 9 }, (_, i) => new Uint8Array(100 * i).fill(i))
  for (const part of parts) writer.bytes(part)
  const taken = writer.take()
  assert.deepEqual(taken, concat(...parts))
  writer.uint(7, 1)
  assert.equal(taken.length, 3600)
  assert.equal(writer.take().length, 3601)
})

test('fixed takes and gives its length only', () => {
  const four = fixed(4)
  for (const n of [0, 3, 5]) refused('malformed', () => encode(four, new Uint8Array(n)))
  for (const n of [0, 3]) refused('malformed', () => decode(four, new Uint8Array(n), 9))
  refused('malformed', () => decode(four, new Uint8Array(5), 9))
})

test('a blob states its length and respects its maximum', () => {
  const small = blob(2, 3)
  assert.equal(toHex(encode(small, Uint8Array.of(5, 6))), '00020506')
  refused('too_large', () => encode(small, new Uint8Array(4)))
  refused('too_large', () => decode(small, Uint8Array.of(0, 4, 1, 2, 3, 4), 9))
  refused('malformed', () => decode(small, Uint8Array.of(0, 3, 1, 2), 9))
  refused('malformed', () => encode(blob(1, 1000), new Uint8Array(256)))
})

test('text counts bytes, not characters', () => {
  const short = text(1, 4)
  assert.equal(decode(short, encode(short, 'öö'), 9), 'öö')
  refused('too_large', () => encode(short, 'ööa'))
  refused('malformed', () => decode(short, Uint8Array.of(1, 0xff), 9))
})

test('a list respects its maximum, whichever way', () => {
  const few = list(1, 2, u8)
  assert.deepEqual(decode(few, Uint8Array.of(2, 7, 8), 9), [7, 8])
  refused('too_large', () => encode(few, [1, 2, 3]))
  refused('too_large', () => decode(few, Uint8Array.of(3, 7, 8, 9), 9))
  refused('malformed', () => decode(few, Uint8Array.of(2, 7), 9))
})

test('a claimed count costs nothing before the items are there', () => {
  const many = list(4, 0xffff_ffff, u64)
  refused('malformed', () => decode(many, Uint8Array.of(0xff, 0xff, 0xff, 0xff), 9))
})

test('a number outside its bounds is neither written nor read', () => {
  const hours = between(2, 3, 300)
  for (const value of [3, 300]) assert.equal(decode(hours, encode(hours, value), 2), value)
  for (const value of [0, 2, 301]) {
    refused('malformed', () => encode(hours, value))
    refused('malformed', () => decode(hours, encode(u16, value), 2))
  }
})

test('oneOf refuses with the code it was given', () => {
  refused('malformed', () => decode(oneOf(1, [1, 2]), Uint8Array.of(3), 1))
  refused('unknown_version', () => decode(oneOf(1, [1], 'unknown_version'), Uint8Array.of(2), 1))
  refused('unknown_suite', () => encode(oneOf(2, [1], 'unknown_suite') as Codec<number>, 0))
  assert.equal(decode(oneOf(2, [1, 300]), Uint8Array.of(1, 44), 2), 300)
})

const everything = struct({
  a: u8,
  b: fixed(3),
  c: blob(2, 40),
  d: text(1, 60),
  e: list(2, 5, struct({ x: u32, y: blob(1, 9) })),
  f: oneOf(1, [4, 5, 6]),
  g: u64,
})
const someText = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((s) => utf8(s).length <= 60)
// Objects without a prototype would differ from decoded ones in nothing that counts.
const plainly = { noNullPrototype: true }
const item = fc.record({ x: fc.nat(), y: fc.uint8Array({ maxLength: 9 }) }, plainly)
const anything = fc.record(
  {
    a: fc.nat(255),
    b: fc.uint8Array({ minLength: 3, maxLength: 3 }),
    c: fc.uint8Array({ maxLength: 40 }),
    d: someText,
    e: fc.array(item, { maxLength: 5 }),
    f: fc.constantFrom(4 as const, 5 as const, 6 as const),
    g: fc.maxSafeNat(),
  },
  plainly,
)

test('whatever a struct writes it reads back', () => {
  fc.assert(
    fc.property(anything, (value) => {
      assert.deepEqual(decode(everything, encode(everything, value), 500), value)
    }),
  )
})

test('different values have different encodings', () => {
  fc.assert(
    fc.property(anything, anything, (one, other) => {
      const same = toHex(encode(everything, one)) === toHex(encode(everything, other))
      if (same) assert.deepEqual(one, other)
    }),
  )
})

test('no prefix of an encoding decodes, nor does it with a byte more', () => {
  fc.assert(
    fc.property(anything, (value) => {
      const bytes = encode(everything, value)
      for (let n = 0; n < bytes.length; n++) {
        refused('malformed', () => decode(everything, bytes.subarray(0, n), 500))
      }
      refused('malformed', () => decode(everything, concat(bytes, Uint8Array.of(0)), 500))
    }),
    { numRuns: 20 },
  )
})

test('whatever bytes decode, they are the encoding of what was read', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 12 })
  const short = struct({ a: oneOf(1, [0, 1, 2]), b: blob(1, 4), c: list(1, 3, u8) })
  fc.assert(
    fc.property(bytes, (input) => {
      let value
      try {
        value = decode(short, input, 12)
      } catch {
        return
      }
      assert.deepEqual(encode(short, value), input)
    }),
    { numRuns: 2000 },
  )
})

test('text that is not well-formed is refused when it is written', () => {
  refused('malformed', () => encode(text(1, 9), 'a\ud800'))
  refused('malformed', () => encode(text(1, 9), '\udc00a'))
})
