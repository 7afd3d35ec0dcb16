// Small pictures that others have chosen: what is larger than it says is not drawn.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, utf8 } from '../../protocol/bytes.ts'
import { isSmallJpeg } from '../../pwa/device/small-jpeg.ts'

const segment = (marker: number, ...content: number[]): Uint8Array =>
  Uint8Array.of(0xff, marker, 0, content.length + 2, ...content)
const frame = (width: number, height: number): Uint8Array =>
  segment(0xc0, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0)
const jpeg = (...segments: Uint8Array[]): Uint8Array =>
  concat(Uint8Array.of(0xff, 0xd8), ...segments, segment(0xda, 0, 0, 0), new Uint8Array(20))

test('A JPEG of the size of small pictures is one, whatever stands before its frame', () => {
  assert.ok(isSmallJpeg(jpeg(frame(320, 240))))
  assert.ok(isSmallJpeg(jpeg(segment(0xe0, 1, 2, 3), segment(0xdb, 4), frame(640, 640))))
})

test('A larger one, one without a frame, another kind and a piece of one are none', () => {
  const none = [
    jpeg(frame(641, 10)),
    jpeg(frame(10, 16_383)),
    jpeg(frame(0, 10)),
    jpeg(segment(0xe0, 1)),
    utf8('RIFF....WEBPVP8L............'),
    new Uint8Array(0),
    jpeg(frame(320, 240)).subarray(0, 8),
  ]
  for (const bytes of none) assert.equal(isSmallJpeg(bytes), false)
})
