// A sealed body that opens under two keys: XChaCha20-Poly1305 does not commit to its key, and whoever knows both
// solves one linear equation for a block of the ciphertext.
import sodium from 'libsodium-wrappers-sumo'
import { concat, u64be } from '../../protocol/bytes.ts'
import { aeadOpen } from '../../protocol/sodium.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { seededBytes } from '../helpers/seed.ts'

await sodium.ready

const P = (1n << 130n) - 5n
const TOP = 1n << 128n
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn
const NONCE = new Uint8Array(24)

function number(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
}

function bytesOf(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn))
}

function inverse(value: bigint): bigint {
  let [a, b, x, y] = [((value % P) + P) % P, P, 1n, 0n]
  while (a !== 0n) [a, b, x, y] = [b % a, a, y - (b / a) * x, x]
  return ((y % P) + P) % P
}

type Stream = { r: bigint; s: bigint; keys: Uint8Array }

function streamOf(key: Uint8Array, length: number): Stream {
  const all = sodium.crypto_stream_xchacha20_xor(new Uint8Array(64 + length), NONCE, key)
  const r = number(all.subarray(0, 16)) & CLAMP
  return { r, s: number(all.subarray(16, 32)), keys: all.subarray(64) }
}

/** Lengths are little-endian in this construction. */
const length8 = (n: number): Uint8Array => u64be(n).toReversed()

const blocksOf = (aad: Uint8Array, body: Uint8Array): bigint[] => {
  const all = concat(aad, body, length8(aad.length), length8(body.length))
  return Array.from({ length: all.length / 16 }, (_, i) => {
    return number(all.subarray(16 * i, 16 * i + 16)) + TOP
  })
}

/** The polynomial with the block at `at` left out, and the factor that stands before it. */
function around(blocks: bigint[], at: number, r: bigint): { rest: bigint; factor: bigint } {
  let [rest, factor] = [0n, 0n]
  for (const [i, block] of blocks.entries()) {
    rest = ((rest + (i === at ? 0n : block)) * r) % P
    factor = ((factor + (i === at ? 1n : 0n)) * r) % P
  }
  return { rest, factor }
}

/** Whether the last byte before the padding can be 0x80 under both keys. */
export function endsAlike(one: Uint8Array, other: Uint8Array, length: number): boolean {
  return streamOf(one, length).keys.at(-1) === streamOf(other, length).keys.at(-1)
}

/** `length` a multiple of 16, the keys such that `endsAlike`. Sixteen bytes in the middle are whatever it takes. */
export function twoKeyBody(
  keys: [Uint8Array, Uint8Array],
  aad: Uint8Array,
  length: number,
): Uint8Array {
  const [one, other] = keys.map((key) => streamOf(key, length)) as [Stream, Stream]
  const free = aad.length / 16 + 4
  for (let attempt = 0; attempt < 64; attempt++) {
    const body = seededBytes(`body ${attempt}`, length)
    body[length - 1] = 0x80 ^ (one.keys.at(-1) as number)
    const blocks = blocksOf(aad, body)
    const [a, b] = [around(blocks, free, one.r), around(blocks, free, other.r)]
    for (let k = -4n; k <= 4n; k++) {
      const difference = other.s - one.s + k * TOP - a.rest + b.rest
      const block = (((difference * inverse(a.factor - b.factor)) % P) + P) % P
      if (block < TOP || block >= 2n * TOP) continue
      body.set(bytesOf(block - TOP), 16 * 4)
      const tag = (((a.rest + block * a.factor) % P) + one.s) % TOP
      const sealed = concat(body, bytesOf(tag))
      if (keys.every((key) => opens(key, aad, sealed))) return sealed
    }
  }
  throw new Error('no such body in 64 attempts')
}

function opens(key: Uint8Array, aad: Uint8Array, sealed: Uint8Array): boolean {
  try {
    aeadOpen(key, aad, sealed)
    return true
  } catch (error) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}
