// The coverage-guided engine: mutate what is known, keep what reaches code that nothing has reached before.
import type { Coverage } from './coverage.ts'
import { errorOf, type Finding, kindOf, minimise } from './finding.ts'
import { drawMutation, mutate } from './mutation.ts'
import { Random } from './random.ts'
import type { Fuzzed, Target } from './target.ts'

export type Limits = { seed: number; seconds?: number; executions?: number }
export type Outcome = {
  executions: number
  seconds: number
  corpus: Uint8Array[]
  /** What was kept beyond the samples, because it reached something new. */
  learnt: Uint8Array[]
  findings: Finding[]
  /** The slowest input, in milliseconds. */
  slowest: { milliseconds: number; input: Uint8Array }
}

const MOST_MUTATIONS = 6
/** New inputs are mutated more often than old ones: what they reach is unexplored. */
const YOUNG = 30

export class Explorer {
  readonly #target: Target
  readonly #fuzzed: Fuzzed
  readonly #coverage: Coverage
  readonly #random: Random
  readonly #limits: Limits
  readonly #corpus: Uint8Array[]
  readonly #learnt: Uint8Array[] = []
  readonly #findings = new Map<string, Finding>()
  readonly #onFinding: (finding: Finding) => void
  readonly #started = performance.now()
  #executions = 0
  #slowest: Outcome['slowest'] = { milliseconds: 0, input: new Uint8Array(0) }

  constructor(
    target: Target,
    fuzzed: Fuzzed,
    around: { coverage: Coverage; limits: Limits; onFinding?: (finding: Finding) => void },
  ) {
    this.#target = target
    this.#fuzzed = fuzzed
    this.#coverage = around.coverage
    this.#limits = around.limits
    this.#onFinding = around.onFinding ?? (() => {})
    this.#random = new Random(around.limits.seed)
    this.#corpus = [...fuzzed.samples]
  }

  /** Starts from the samples and `stored`, of which only what adds something is kept. */
  async run(stored: readonly Uint8Array[] = []): Promise<Outcome> {
    this.#coverage.restrictTo(this.#target.sources)
    await this.#execute(this.#corpus)
    this.#coverage.note(this.#coverage.take())
    await this.#learn([...stored])
    while (!this.#over()) {
      await this.#learn(Array.from({ length: this.#target.batch }, () => this.#draw()))
      await this.#fuzzed.settle?.()
    }
    return {
      executions: this.#executions,
      seconds: (performance.now() - this.#started) / 1000,
      corpus: this.#corpus,
      learnt: this.#learnt,
      findings: [...this.#findings.values()],
      slowest: this.#slowest,
    }
  }

  #over(): boolean {
    const { seconds = Infinity, executions = Infinity } = this.#limits
    return this.#executions >= executions || performance.now() - this.#started >= seconds * 1000
  }

  #draw(): Uint8Array {
    const random = this.#random
    const { length } = this.#corpus
    const young = length > YOUNG && random.below(3) === 0
    const index = young ? length - 1 - random.below(YOUNG) : random.below(Math.max(1, length))
    const mutations = Array.from({ length: random.few(MOST_MUTATIONS) }, () => drawMutation(random))
    const parent = this.#corpus[index] ?? new Uint8Array(0)
    return mutate(parent, mutations, this.#corpus, this.#target.longest)
  }

  /** Runs the inputs; when together they reach something new, halves until it is known which ones did. */
  async #learn(inputs: Uint8Array[]): Promise<void> {
    if (inputs.length === 0) return
    await this.#execute(inputs)
    const painted = this.#coverage.take()
    if (!this.#coverage.isNew(painted)) return
    if (inputs.length === 1) {
      this.#coverage.note(painted)
      this.#corpus.push(...inputs)
      this.#learnt.push(...inputs)
      return
    }
    const half = Math.ceil(inputs.length / 2)
    await this.#learn(inputs.slice(0, half))
    await this.#learn(inputs.slice(half))
  }

  async #execute(inputs: readonly Uint8Array[]): Promise<void> {
    const width = this.#target.width ?? 1
    for (let at = 0; at < inputs.length; at += width) {
      if (width === 1) await this.#one(inputs[at] as Uint8Array)
      else await Promise.all(inputs.slice(at, at + width).map((input) => this.#one(input)))
    }
  }

  async #one(input: Uint8Array): Promise<void> {
    this.#executions++
    const before = performance.now()
    const error = await errorOf(this.#fuzzed, input)
    const milliseconds = performance.now() - before
    if (milliseconds > this.#slowest.milliseconds) this.#slowest = { milliseconds, input }
    if (error !== null) await this.#found(input, error)
  }

  async #found(input: Uint8Array, error: Error): Promise<void> {
    const kind = kindOf(error)
    const known = this.#findings.get(kind)
    if (known !== undefined) return void known.times++
    const finding = { kind, error, input, smallest: input, times: 1 }
    this.#findings.set(kind, finding)
    finding.smallest = await minimise(this.#fuzzed, input, kind)
    this.#onFinding(finding)
  }
}
