// What a device lacks of a log that it otherwise holds: closed ranges of indexes. PROTOCOL.md section 18.
import { type Decoded, list, struct, u64 } from './codec.ts'
import { ensure } from './errors.ts'
import { MAX_GAPS } from './limits.ts'

const gap = struct({ from: u64, to: u64 })
/** Indexes `from` to `to`, both included. */
export type Gap = Decoded<typeof gap>
export const gapList = list(1, MAX_GAPS, gap)

/** One form for each set of indexes: ascending, not touching, within 1 … upto; else `malformed`. */
export function checkGaps(gaps: readonly Gap[], upto: number): void {
  let least = 1
  for (const { from, to } of gaps) {
    ensure(from >= least && to >= from && to <= upto, 'malformed', `gap ${from} to ${to}`)
    least = to + 2
  }
}

/** As many as a receipt can name: the oldest become one that claims less than is true, never more. */
export function fewGaps(gaps: readonly Gap[]): Gap[] {
  const newest = gaps.slice(1 - MAX_GAPS)
  const [first, last] = [gaps[0], gaps.at(-MAX_GAPS)]
  if (first === undefined || last === undefined) return [...gaps]
  return [{ from: first.from, to: last.to }, ...newest]
}

export function isGap(gaps: readonly Gap[], n: number): boolean {
  return gaps.some(({ from, to }) => from <= n && n <= to)
}
