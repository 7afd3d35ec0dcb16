import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concat } from '../../protocol/bytes.ts'
import {
  decodeFrame,
  encodeFrame,
  type Frame,
  joinFrames,
  splitFrames,
} from '../../protocol/frames.ts'
import type { EntryId, EpochId, LogId } from '../../protocol/ids.ts'
import { KINDS } from '../../protocol/kinds.ts'
import { EPOCH_WRAP_BYTES, MAX_REQUEST } from '../../protocol/limits.ts'
import { refused, seededId } from '../helpers/seed.ts'

const bytesOf = (n: number) => fc.uint8Array({ minLength: n, maxLength: n })
const id = <T extends Uint8Array>(n = 16) => bytesOf(n).map((b) => b as T)
const some = fc.uint8Array({ maxLength: 80 })
const n = fc.maxSafeNat()
const plainly = { noNullPrototype: true }
const stub = fc.record(
  { kind: fc.constantFrom(...KINDS), subject: bytesOf(16), id: id<EntryId>(32) },
  plainly,
)
const is = <T extends string>(type: T) => fc.constant(type)
const anyFrame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ type: is('entry'), n, bytes: some }, plainly),
  fc.record({ type: is('header'), n, bytes: some }, plainly),
  fc.record({ type: is('stub'), log: id<LogId>(), n, stub }, plainly),
  fc.record({ type: is('head'), bytes: bytesOf(148) }, plainly),
  fc.record(
    {
      type: is('wrap'),
      id: n,
      log: id<LogId>(),
      epoch: id<EpochId>(),
      gen: fc.nat(0xffff),
      wrap: bytesOf(EPOCH_WRAP_BYTES),
    },
    plainly,
  ),
  fc.record({ type: is('parcel'), id: n, bytes: some }, plainly),
  fc.record({ type: is('more') }, plainly),
  fc.record({ type: is('alive'), t: n }, plainly),
) as fc.Arbitrary<Frame>

test('whatever is framed is read back', () => {
  fc.assert(
    fc.property(anyFrame, (frame) => assert.deepEqual(decodeFrame(encodeFrame(frame)), frame)),
  )
})

test('different frames have different encodings', () => {
  fc.assert(
    fc.property(anyFrame, anyFrame, (one, other) => {
      if (encodeFrame(one).join() === encodeFrame(other).join()) assert.deepEqual(one, other)
    }),
  )
})

test('frames of one answer are taken apart again', () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 6 }), (frames) => {
      assert.deepEqual(splitFrames(joinFrames(frames.map(encodeFrame))), frames)
    }),
  )
  assert.deepEqual(splitFrames(new Uint8Array(0)), [])
})

test('a frame of unknown type, or none, is refused', () => {
  for (const type of [0, 9, 255]) refused('malformed', () => decodeFrame(Uint8Array.of(type)))
  refused('malformed', () => decodeFrame(new Uint8Array(0)))
})

test('a frame of fixed size takes no other', () => {
  const log = seededId<LogId>('log')
  const frames: Frame[] = [
    {
      type: 'stub',
      log,
      n: 1,
      stub: { kind: 64, subject: seededId('s'), id: new Uint8Array(32) as EntryId },
    },
    { type: 'head', bytes: new Uint8Array(148) },
    { type: 'more' },
    { type: 'alive', t: 5 },
  ]
  for (const frame of frames) {
    const bytes = encodeFrame(frame)
    refused('malformed', () => decodeFrame(concat(bytes, Uint8Array.of(0))))
    refused('malformed', () => decodeFrame(bytes.subarray(0, -1)))
  }
})

test('a frame that is too large is not looked at', () => {
  refused('too_large', () => decodeFrame(new Uint8Array(MAX_REQUEST + 1)))
  assert.equal(decodeFrame(concat(Uint8Array.of(1), new Uint8Array(MAX_REQUEST - 1))).type, 'entry')
})

test('an answer that ends within a frame is refused', () => {
  const joined = joinFrames([encodeFrame({ type: 'more' }), encodeFrame({ type: 'alive', t: 5 })])
  for (let cut = 1; cut < joined.length; cut++) {
    if (cut === 5) assert.deepEqual(splitFrames(joined.subarray(0, cut)), [{ type: 'more' }])
    else refused('malformed', () => splitFrames(joined.subarray(0, cut)))
  }
})
