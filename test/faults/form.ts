// How much each fault test does: the short form with every `npm test`, the long form with
// `npm run test:faults`. The one place where the two differ.
import { prove } from '../helpers/proof.ts'

const SIZES = {
  /** F1: kills, and how many of them before a new box takes over, so that checking stays cheap. */
  kills: { short: 5, long: 1000 },
  killsPerBox: { short: 5, long: 50 },
  /** F2: moments at which the power goes, and entries confirmed by then. */
  cuts: { short: 20, long: 200 },
  /** F2: boxes that are killed before the cut. */
  cutRestarts: { short: 1, long: 10 },
  cutEntries: { short: 150, long: 1500 },
  /** F6: entries said on either side of a step of the clock. */
  clockEntries: { short: 3, long: 20 },
  /** F7: databases that are mended, one after the other. */
  mends: { short: 8, long: 60 },
  /** F8: megabytes written while readers read. */
  walMegabytes: { short: 16, long: 600 },
  /** F13: how often the line goes up and down, and for how many milliseconds each. */
  flaps: { short: 6, long: 30 },
  flapTime: { short: 400, long: 5000 },
  /** F15: entries, each sent one to five times at once. */
  repeated: { short: 40, long: 400 },
  /** F16: entries delivered out of order, and devices that get them. */
  shuffled: { short: 400, long: 10_000 },
  shuffledDevices: { short: 3, long: 5 },
  /** F18: people whose box is brought back from a day ago. */
  rolledBack: { short: 12, long: 60 },
  /** F19: the most places of an upgrade at which the process is killed; all of them when there are fewer. */
  upgradeKills: { short: 8, long: 200 },
  /** F23: rounds of running out of memory. */
  memoryDeaths: { short: 1, long: 10 },
  /** F23: seconds of traffic on a box whose event loop stops again and again. */
  blockedSeconds: { short: 2, long: 60 },
  /** F26: seconds of acts and faults. */
  historySeconds: { short: 8, long: 600 },
} as const

export const LONG = process.env['HOLDFAST_FAULTS'] === 'long'

export function sizeOf(name: keyof typeof SIZES): number {
  return SIZES[name][LONG ? 'long' : 'short']
}

/** For random choices that can be made again: HOLDFAST_SEED, or a new one. */
export const SEED = Number(process.env['HOLDFAST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 15), z | 1)
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61)
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32
  }
}

export const oneOf = <T>(list: readonly T[], random: () => number): T =>
  list[Math.floor(random() * list.length)] as T

/** What a fault has shown, in one line, once each of its `parts` has held. */
export class Proof {
  readonly #id: string
  readonly #title: string
  readonly #file: string
  readonly #facts: Record<string, string | number | boolean> = {}
  #left: number
  #runs = 0

  constructor(id: string, title: string, file: string, parts: number) {
    this.#id = id
    this.#title = title
    this.#file = file
    this.#left = parts
  }

  /** Call it last in each test. */
  held(runs: number, facts: Record<string, string | number | boolean> = {}): void {
    Object.assign(this.#facts, facts)
    this.#runs += runs
    this.#left -= 1
    if (this.#left > 0) return
    const command = `npm ${LONG ? 'run test:faults' : 'test'} -- test/faults/${this.#file}`
    const form = LONG ? 'long' : 'short'
    const said = { runs: this.#runs, outcome: 'passed', form, command, ...this.#facts }
    prove(this.#id, this.#title, said)
  }
}
