import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { messageBucket, pad, unpad } from '../../protocol/padding.ts'
import { refused } from '../helpers/seed.ts'

const steps64 = (length: number) => Math.ceil(length / 64) * 64

test('whatever is padded comes back, at a length that many contents share', () => {
  for (const bucket of [messageBucket, steps64]) {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 9000 }), (plain) => {
        const padded = pad(plain, bucket)
        assert.equal(padded.length, bucket(plain.length + 1))
        assert.deepEqual(unpad(padded, bucket), plain)
      }),
    )
  }
})

test('content that fills its bucket to the last byte comes back', () => {
  for (const n of [63, 127]) assert.equal(unpad(pad(new Uint8Array(n), steps64), steps64).length, n)
  for (const n of [0, 255, 511, 4095]) {
    assert.equal(unpad(pad(new Uint8Array(n), messageBucket), messageBucket).length, n)
  }
})

test('content that ends in padding bytes comes back unchanged', () => {
  for (const plain of [[0x80], [0x80, 0], [0], [0x80, 0x80, 0, 0]]) {
    assert.deepEqual(unpad(pad(Uint8Array.from(plain), steps64), steps64), Uint8Array.from(plain))
  }
})

test('lengths of messages: steps of 256 bytes to 4 KiB, then Padmé', () => {
  const known = [
    [1, 256],
    [256, 256],
    [257, 512],
    [4095, 4096],
    [4096, 4096],
    [4097, 4352],
    [4353, 4608],
    [8192, 8192],
    [8193, 8704],
    [16384, 16384],
    [16385, 17408],
    [65536, 65536],
    [65537, 67584],
  ] as const
  for (const [length, bucket] of known) assert.equal(messageBucket(length), bucket, `${length}`)
})

test('a bucket holds its length, never shrinks and costs at most 12 % beyond 4 KiB', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70_000 }), (length) => {
      const bucket = messageBucket(length)
      assert.ok(bucket >= length)
      assert.ok(messageBucket(length + 1) >= bucket)
      assert.equal(messageBucket(bucket), bucket)
      if (length > 4096) assert.ok(bucket <= length * 1.12, `${length} -> ${bucket}`)
    }),
  )
})

test('bytes without the marker are no padding', () => {
  refused('malformed', () => unpad(new Uint8Array(64), steps64))
  refused('malformed', () => unpad(new Uint8Array(0), steps64))
  refused('malformed', () => unpad(new Uint8Array(64).fill(0x80, 63, 64).fill(0x81, 63), steps64))
  refused('malformed', () => unpad(new Uint8Array(64).fill(1), steps64))
})

test('a padded length other than the one that pad chooses is refused', () => {
  const plain = Uint8Array.of(1, 2, 3)
  const twice = new Uint8Array(128)
  twice.set(pad(plain, steps64))
  refused('malformed', () => unpad(twice, steps64))
  refused('malformed', () => unpad(pad(plain, steps64).subarray(0, 60), steps64))
})
