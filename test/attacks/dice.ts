// Chance that can be repeated: the same name gives the same throws.
import { seed } from '../helpers/seed.ts'

export type Dice = {
  /** 0 … n − 1. */
  below(n: number): number
  pick<T>(from: readonly T[]): T | undefined
}

export function dice(name: string): Dice {
  let state = new DataView(seed(name).buffer).getUint32(0)
  const below = (n: number): number => {
    // xorshift32: good enough to choose by.
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % n
  }
  return { below, pick: (from) => (from.length === 0 ? undefined : from[below(from.length)]) }
}
