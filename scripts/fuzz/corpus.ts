// Inputs that once reached what the samples do not: small, checked in, and replayed by `npm test`.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromHex, toHex } from '../../protocol/bytes.ts'

const FOLDER = join(import.meta.dirname, '../../test/fuzz/corpus')
/** Of one target, and of one input: all targets together stay below 200 KB of text. */
const MOST_BYTES = 3_000
const LONGEST = 600

const pathOf = (target: string): string => join(FOLDER, `${target}.txt`)

/** One input a line, in hex. */
export function readCorpus(target: string): Uint8Array[] {
  const path = pathOf(target)
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map(fromHex)
}

/** Keeps the short ones, the oldest first: what came early reached most. Returns how many. */
export function writeCorpus(target: string, inputs: readonly Uint8Array[]): number {
  const kept: string[] = []
  let bytes = 0
  for (const input of inputs) {
    if (input.length > LONGEST || bytes + input.length > MOST_BYTES) continue
    bytes += input.length
    kept.push(toHex(input))
  }
  mkdirSync(FOLDER, { recursive: true })
  if (kept.length > 0) writeFileSync(pathOf(target), `${kept.join('\n')}\n`)
  return kept.length
}
