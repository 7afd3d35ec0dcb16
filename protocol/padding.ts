// Padding hides lengths: 0x80 then zeros, up to a length that many contents share.
import { ensure } from './errors.ts'

const SMALL_STEP = 256
const SMALL_LIMIT = 4096

/** Steps of 256 B to 4 KiB, then Padmé: at most 12 % more, log2 log2 n bits told about the length. */
export function messageBucket(length: number): number {
  if (length <= SMALL_LIMIT) return Math.ceil(length / SMALL_STEP) * SMALL_STEP
  const exponent = Math.floor(Math.log2(length))
  const step = 2 ** (exponent - (Math.floor(Math.log2(exponent)) + 1))
  return Math.ceil(length / step) * step
}

export function pad(plain: Uint8Array, bucket: (length: number) => number): Uint8Array {
  const out = new Uint8Array(bucket(plain.length + 1))
  out.set(plain)
  out[plain.length] = 0x80
  return out
}

/** Throws `malformed` unless the length is the bucket that `pad` would have chosen. */
export function unpad(padded: Uint8Array, bucket: (length: number) => number): Uint8Array {
  let end = padded.length - 1
  while (end >= 0 && padded[end] === 0) end--
  ensure(end >= 0 && padded[end] === 0x80, 'malformed', 'padding')
  ensure(bucket(end + 1) === padded.length, 'malformed', 'padding length')
  return padded.subarray(0, end)
}
