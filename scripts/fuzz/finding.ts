// A finding: the input, what it did, and the smallest input that still does it.
import { toHex } from '../../protocol/bytes.ts'
import type { Fuzzed } from './target.ts'

export type Finding = {
  /** What tells findings apart: the error without its figures, and where it was thrown. */
  kind: string
  error: Error
  input: Uint8Array
  smallest: Uint8Array
  times: number
}

/** Tries of the minimiser; each runs the target once. */
const MOST_TRIES = 3000

export async function errorOf(fuzzed: Fuzzed, input: Uint8Array): Promise<Error | null> {
  try {
    const running = fuzzed.run(input)
    if (running !== undefined) await running
    return null
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

export function kindOf(error: Error): string {
  const frame = /\n\s+at (?!.*(?:target|errors)\.ts)([^\n]*)/.exec(error.stack ?? '')?.[1] ?? ''
  const text = error.message.split('\n')[0]?.replace(/[0-9a-f]{8,}|\d+/g, '#') ?? ''
  return `${error.name}: ${text} at ${frame.replace(/file:\/\/.*\/(?=(?:[^/]+\/)?[^/]+$)/, '')}`
}

/** Takes pieces out, then turns bytes to zero, as long as the same kind of error comes. */
export async function minimise(
  fuzzed: Fuzzed,
  input: Uint8Array,
  kind: string,
): Promise<Uint8Array> {
  let tries = 0
  let best = input
  const still = async (candidate: Uint8Array): Promise<boolean> => {
    if (tries >= MOST_TRIES) return false
    tries++
    const error = await errorOf(fuzzed, candidate)
    if (error === null || kindOf(error) !== kind) return false
    best = candidate
    return true
  }
  for (let size = Math.ceil(best.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.length;) {
      const without = new Uint8Array([...best.subarray(0, at), ...best.subarray(at + size)])
      if (!(await still(without))) at += size
    }
  }
  for (let i = 0; i < best.length; i++) {
    if (best[i] === 0) continue
    const zeroed = best.slice()
    zeroed[i] = 0
    await still(zeroed)
  }
  return best
}

export function describeFinding({ error, input, smallest, times }: Finding): string {
  return [
    error.stack ?? error.message,
    `  smallest input (${smallest.length} bytes): ${toHex(smallest)}`,
    `  first input (${input.length} bytes, ${times} times in all): ${toHex(input)}`,
  ].join('\n')
}
