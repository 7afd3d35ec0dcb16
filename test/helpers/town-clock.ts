// One clock for a whole town, which only moves when a story says so, or runs where browsers take part.
const START = Date.UTC(2026, 2, 2, 8)
export const HOUR = 3_600_000
export const DAY = 24 * HOUR

/** Serves the box (`now`, `monotonic`) and the devices (`now`, `wait`) alike. */
export class TownClock {
  readonly #runs: boolean
  #passed = 0

  constructor(runs = false) {
    this.#runs = runs
  }

  now(): number {
    return (this.#runs ? Date.now() : START) + this.#passed
  }

  monotonic(): number {
    return (this.#runs ? performance.now() : 0) + this.#passed
  }

  advance(milliseconds: number): void {
    this.#passed += Math.round(milliseconds)
  }

  /** Waiting is what moves time: a box that asks for a pause gets it at once. */
  wait(milliseconds: number): Promise<void> {
    if (this.#runs) return new Promise((resolve) => setTimeout(resolve, milliseconds))
    this.advance(milliseconds)
    return new Promise((resolve) => setImmediate(resolve))
  }
}

/** Until `holds`; the deadline only bounds a failure. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 60_000
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
