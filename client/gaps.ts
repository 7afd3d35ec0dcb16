// Which entries of a log this device does not hold, kept as ranges while entries come and keys arrive: to
// list its rows for each receipt would take as long as there are rows.
import type { Gap } from '../protocol/gaps.ts'

export class Gaps {
  /** Ascending, not touching. */
  readonly #ranges: Gap[] = []

  get ranges(): readonly Gap[] {
    return this.#ranges
  }

  /** The next entry of the log, or a later one, is not held. */
  append(n: number): void {
    const last = this.#ranges.at(-1)
    const from = last?.to === n - 1 ? this.#ranges.pop()?.from : undefined
    this.#ranges.push({ from: from ?? n, to: n })
  }

  /** It is held now: its key has come. */
  close(n: number): void {
    const at = this.#ranges.findIndex(({ to }) => to >= n)
    const range = this.#ranges[at]
    if (range === undefined || range.from > n) return
    const left = [
      { from: range.from, to: n - 1 },
      { from: n + 1, to: range.to },
    ]
    this.#ranges.splice(at, 1, ...left.filter(({ from, to }) => from <= to))
  }
}
