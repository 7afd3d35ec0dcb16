// What a fuzzer does to bytes. A mutation is five small numbers, so that both engines can make them: one
// draws them by chance, the other (fast-check) also knows how to make them smaller.
import { concat } from '../../protocol/bytes.ts'
import { Random } from './random.ts'

export type Mutation = readonly [operation: number, at: number, a: number, b: number, c: number]
/** Each of the four numbers behind the operation. */
export const MUTATION_RANGE = 0x10000

type Pool = readonly Uint8Array[]
type Operation = (input: Uint8Array, mutation: Mutation, pool: Pool) => Uint8Array

/** Values at which a length, a count or an index turns over. */
const EDGES: readonly bigint[] = [
  0n,
  1n,
  2n,
  0x7fn,
  0x80n,
  0xffn,
  0x100n,
  0x7fffn,
  0xffffn,
  0x1_0000n,
  0x7fff_ffffn,
  0xffff_ffffn,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
]
const SIZES = [1, 2, 4, 8] as const
const LONGEST_NOISE = 400

const place = (at: number, length: number): number => at % Math.max(1, length)
const join = (...parts: Uint8Array[]): Uint8Array => concat(...parts)
const sampleOf = (pool: Pool, which: number): Uint8Array =>
  pool[which % Math.max(1, pool.length)] ?? new Uint8Array(0)

/** Short lengths are the likely ones: fields are short. */
const shortLength = (n: number): number => 1 + (n % (n % 3 === 0 ? 200 : 20))

function write(input: Uint8Array, at: number, size: number, value: bigint): Uint8Array {
  const out = input.slice()
  for (let i = 0; i < size && at + i < out.length; i++) {
    out[at + i] = Number((value >> BigInt(8 * (size - 1 - i))) & 0xffn)
  }
  return out
}

function read(input: Uint8Array, at: number, size: number): bigint {
  let value = 0n
  for (let i = 0; i < size; i++) value = (value << 8n) | BigInt(input[at + i] ?? 0)
  return value
}

function noise(length: number, seed: number): Uint8Array {
  const random = new Random(seed)
  return Uint8Array.from({ length }, () => random.below(256))
}

const sizeBy = (n: number): number => SIZES[n % SIZES.length] as number

const OPERATIONS: readonly Operation[] = [
  // One bit.
  (input, [, at, bit]) => {
    const out = input.slice()
    const i = place(at, input.length)
    if (i < out.length) out[i] = (out[i] as number) ^ (1 << (bit % 8))
    return out
  },
  // One byte.
  (input, [, at, value]) => write(input, place(at, input.length), 1, BigInt(value % 256)),
  // A number at its edge.
  (input, [, at, size, edge]) =>
    write(input, place(at, input.length), sizeBy(size), EDGES[edge % EDGES.length] as bigint),
  // A number that lies a little: lengths, counts, indices.
  (input, [, at, size, delta]) => {
    const [i, n] = [place(at, input.length), sizeBy(size)]
    const by = BigInt((delta % 17) - 8)
    return write(input, i, n, BigInt.asUintN(8 * n, read(input, i, n) + by))
  },
  // The end is missing.
  (input, [, at]) => input.slice(0, place(at, input.length)),
  // Something in the middle is missing.
  (input, [, at, length]) => {
    const i = place(at, input.length)
    return join(input.subarray(0, i), input.subarray(i + shortLength(length)))
  },
  // There is more behind the end, or in the middle.
  (input, [, at, length, value, where]) => {
    const i = where % 2 === 0 ? input.length : place(at, input.length)
    const more = new Uint8Array(shortLength(length)).fill(value % 256)
    return join(input.subarray(0, i), more, input.subarray(i))
  },
  // A field that comes several times.
  (input, [, at, length, times]) => {
    const i = place(at, input.length)
    const part = input.subarray(i, i + shortLength(length))
    const copies = Array.from({ length: 1 + (times % 8) }, () => part)
    return join(input.subarray(0, i), ...copies, input.subarray(i))
  },
  // The beginning of one and the end of another.
  (input, [, at, which, from], pool) => {
    const other = sampleOf(pool, which)
    return join(
      input.subarray(0, place(at, input.length)),
      other.subarray(place(from, other.length)),
    )
  },
  // A piece of another, in the same place or in any.
  (input, [, at, which, from, length], pool) => {
    const other = sampleOf(pool, which)
    const i = place(at, input.length)
    const start = from % 2 === 0 ? i : place(from, other.length)
    const piece = other.subarray(start, start + shortLength(length))
    return join(input.subarray(0, i), piece, input.subarray(i + piece.length))
  },
  // Two fields change places.
  (input, [, at, other, length]) => {
    const n = shortLength(length)
    const [i, k] = [place(at, input.length), place(other, input.length)].toSorted((x, y) => x - y)
    if (i === undefined || k === undefined || i + n > k) return input.slice()
    const [first, second] = [input.subarray(i, i + n), input.subarray(k, k + n)]
    return join(
      input.subarray(0, i),
      second,
      input.subarray(i + n, k),
      first,
      input.subarray(k + n),
    )
  },
  // Nothing but chance.
  (_, [, length, seed]) => noise(length % LONGEST_NOISE, seed),
]
export const OPERATION_COUNT = OPERATIONS.length

/** `input` itself is never changed; the result has at most `longest` bytes. */
export function mutate(
  input: Uint8Array,
  mutations: readonly Mutation[],
  pool: Pool,
  longest: number,
): Uint8Array {
  let bytes = input
  for (const mutation of mutations) {
    const operation = OPERATIONS[mutation[0] % OPERATION_COUNT] as Operation
    bytes = operation(bytes, mutation, pool).slice(0, longest)
  }
  return bytes
}

export function drawMutation(random: Random): Mutation {
  const number = (): number => random.below(MUTATION_RANGE)
  // Pure chance throws away what was learnt, so it is drawn rarely.
  const last = OPERATION_COUNT - 1
  const operation = random.below(200) === 0 ? last : random.below(last)
  return [operation, number(), number(), number(), number()]
}
