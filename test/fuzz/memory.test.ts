// A length that lies costs what the bytes cost that are there, and not what it claims.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getHeapStatistics } from 'node:v8'
import { seedEverything } from '../../scripts/fuzz/random.ts'
import { prove } from '../helpers/proof.ts'
import { TARGETS } from './targets/all.ts'

const READERS = [
  'entry',
  'fields',
  'content',
  'outside',
  'sealed',
  'frames',
  'api',
  'rows',
  'texts',
] as const
/** An error with its stack, and what a reader sets up for itself: a few kilobytes, measured. */
const BASE = 64 * 1024
/** Read values of many small fields take more than their bytes; copies are made for comparing. */
const FACTOR = 64
/** Sizes in bytes and what is claimed: the largest, and large ones that the limits of the formats allow. */
const CLAIMS: readonly [size: number, value: number][] = [
  [1, 0xff],
  [2, 0xffff],
  [2, 0x7fff],
  [2, 1000],
  [4, 0xffff_ffff],
  [4, 0xf_ffff],
  [4, 20_000],
]
/** Most counts and lengths stand at the beginning. */
const EVERY_PLACE = 24
const PLACES = 6
const MOST_SAMPLES = 24

function used(): number {
  const { used_heap_size: heap, external_memory: outside } = getHeapStatistics()
  return heap + outside
}

function lying(sample: Uint8Array, at: number, size: number, value: number): Uint8Array {
  const bytes = sample.slice()
  for (let i = 0; i < size && at + i < bytes.length; i++)
    bytes[at + i] = Math.floor(value / 256 ** (size - 1 - i)) % 256
  return bytes
}

function* lies(sample: Uint8Array): Generator<Uint8Array> {
  const step = Math.max(1, Math.floor(sample.length / PLACES))
  for (let at = 0; at < sample.length; at += at < EVERY_PLACE ? 1 : step) {
    for (const [size, value] of CLAIMS) {
      const whole = lying(sample, at, size, value)
      yield whole
      yield whole.subarray(0, at + size)
    }
  }
}

for (const name of READERS) {
  test(name, async () => {
    seedEverything(1)
    const target = await TARGETS[name]()
    const fuzzed = await target.open()
    let [most, count] = [0, 0]
    for (const sample of fuzzed.samples.slice(0, MOST_SAMPLES)) {
      for (const input of lies(sample)) {
        count++
        const cost = (): number => {
          const before = used()
          void fuzzed.run(input)
          return used() - before
        }
        const limit = BASE + FACTOR * input.length
        let least = cost()
        // A collection or a compilation in between is no cost of the input: the least of a few counts.
        for (let again = 0; again < 4 && least > limit; again++) least = Math.min(least, cost())
        assert.ok(least <= limit, `${least} bytes for ${input.length}: ${input.toHex()}`)
        most = Math.max(most, least)
      }
    }
    const facts = { lies: count, 'most bytes': most, findings: 0 }
    prove(`FUZZ-memory-${name}`, 'a length that lies costs no memory', facts)
  })
}
