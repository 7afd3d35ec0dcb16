// A box that keeps the pieces of a file and gives back others: of another place, another file, another length,
// or its own. No piece opens but the right one in its place.
import assert from 'node:assert/strict'
import { ProtocolError } from '../../protocol/errors.ts'
import { chunkCount, type FileKey, openChunk, plainLength, sealChunk } from '../../protocol/file.ts'
import { FILE_CHUNK } from '../../protocol/limits.ts'
import { flipped, seed, seededBytes } from '../helpers/seed.ts'
import { attack, thwarted, tries } from './attack.ts'
import { type Dice, dice } from './dice.ts'

type Stored = { file: FileKey; chunks: Uint8Array[] }

function stored(name: string, size: number): Stored {
  const file = { key: seed(`file ${name}`), size }
  const content = seededBytes(name, Math.min(size, 4096))
  const chunks = Array.from({ length: chunkCount(file) }, (_, i) => {
    const plain = new Uint8Array(plainLength(file, i))
    plain.set(content.subarray(0, plain.length))
    return sealChunk(file, i, plain)
  })
  return { file, chunks }
}

const LARGE = [3 * FILE_CHUNK + 7, 3 * FILE_CHUNK + 7, 2 * FILE_CHUNK, 4 * FILE_CHUNK]
const large = LARGE.map((size, i) => stored(`large ${i}`, size))
const small = Array.from({ length: 60 }, (_, i) => stored(`small ${i}`, 1 + (i % 30) * 9))
const SAME_SIZE = new Map(Map.groupBy([...large, ...small], ({ file }) => file.size))

/** What the box gives for chunk `index` of `file`; null where the dice gave the right thing. */
type Lie = { file: FileKey; index: number; bytes: Uint8Array } | null
type Manipulation = (roll: Dice, from: Stored) => Lie

const anyIndex = (roll: Dice, { chunks }: Stored): number => roll.below(chunks.length)
const chunkAt = ({ chunks }: Stored, index: number): Uint8Array => chunks[index] ?? assert.fail()
const other = (roll: Dice, from: Stored): Stored | undefined =>
  roll.pick((SAME_SIZE.get(from.file.size) ?? []).filter((one) => one !== from))

const MANIPULATIONS: Record<string, Manipulation> = {
  'another place': (roll, from) => {
    const [index, instead] = [anyIndex(roll, from), anyIndex(roll, from)]
    return index === instead ? null : { file: from.file, index, bytes: chunkAt(from, instead) }
  },
  'another file of the same size': (roll, from) => {
    const spliced = other(roll, from)
    const index = anyIndex(roll, from)
    return spliced === undefined ? null : { file: from.file, index, bytes: chunkAt(spliced, index) }
  },
  'a shorter file': (roll, from) => {
    const index = anyIndex(roll, from)
    const size = index * FILE_CHUNK + roll.below(Math.min(FILE_CHUNK, from.file.size))
    if (size === from.file.size || index >= chunkCount({ ...from.file, size })) return null
    return { file: { ...from.file, size }, index, bytes: chunkAt(from, index) }
  },
  'a longer file': (roll, from) => {
    const index = anyIndex(roll, from)
    const size = from.file.size + 1 + roll.below(2 * FILE_CHUNK)
    return { file: { ...from.file, size }, index, bytes: chunkAt(from, index) }
  },
  'another name': (roll, from) => {
    const key = flipped(from.file.key, roll.below(32), 1 << roll.below(8))
    const index = anyIndex(roll, from)
    return { file: { ...from.file, key }, index, bytes: chunkAt(from, index) }
  },
  'a piece of its own': (roll, from) => {
    const index = anyIndex(roll, from)
    const planted = { ...from.file, key: seed(`planted ${roll.below(1000)}`) }
    const plain = new Uint8Array(plainLength(from.file, index))
    return { file: from.file, index, bytes: sealChunk(planted, index, plain) }
  },
  'an altered piece': (roll, from) => {
    const index = anyIndex(roll, from)
    const bytes = chunkAt(from, index)
    const altered = flipped(bytes, roll.below(bytes.length), 1 << roll.below(8))
    return { file: from.file, index, bytes: altered }
  },
  'a piece cut short': (roll, from) => {
    const index = anyIndex(roll, from)
    const bytes = chunkAt(from, index)
    return { file: from.file, index, bytes: bytes.subarray(0, roll.below(bytes.length)) }
  },
  'a place that does not exist': (roll, from) => {
    const index = from.chunks.length + roll.below(3)
    return { file: from.file, index, bytes: chunkAt(from, anyIndex(roll, from)) }
  },
}

function opens({ file, index, bytes }: NonNullable<Lie>): boolean {
  try {
    openChunk(file, index, bytes)
    return true
  } catch (error) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}

attack('P13', 'No piece of a file opens but the right one in its place', () => {
  for (const { file, chunks } of [...large, ...small])
    for (const [index, bytes] of chunks.entries()) assert.ok(opens({ file, index, bytes }))
  const roll = dice('P13')
  const names = Object.keys(MANIPULATIONS)
  const count = tries(100_000, 20_000)
  const done: Record<string, number> = {}
  let cases = 0
  for (let i = 0; cases < count; i++) {
    const name = names[i % names.length] ?? assert.fail()
    // One in twelve of the large ones: 64 KiB take their time.
    const from = roll.pick(roll.below(12) === 0 ? large : small) ?? assert.fail()
    const lie = MANIPULATIONS[name]?.(roll, from) ?? null
    if (lie === null) continue
    cases++
    done[name] = (done[name] ?? 0) + 1
    thwarted(opens(lie), `the file opens with ${name}`)
  }
  assert.ok(
    names.every((name) => (done[name] ?? 0) > count / 400),
    JSON.stringify(done),
  )
  return { cases, ...done }
})
