// Which parts of the product a run has reached, from V8's own counters. Characters of the source are the
// unit: V8 leaves a block out of its list where its count equals that of the code around it.
import { type Profiler, Session } from 'node:inspector'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const ROOT = join(import.meta.dirname, '../..')

type Painted = Map<string, Uint8Array>

export class Coverage {
  readonly #session = new Session()
  #within: readonly string[] = []
  readonly #seen: Painted = new Map()
  /** Where V8 has ever seen a block begin, by file. */
  readonly #blocks = new Map<string, Set<number>>()

  /** Counts from now on; code that is loaded later is counted block by block. */
  constructor() {
    this.#session.connect()
    this.#post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** Only files below these paths of the repository count; nothing of them has been seen yet. */
  restrictTo(sources: readonly string[]): void {
    this.#seen.clear()
    this.#blocks.clear()
    this.#within = sources.map((path) => pathToFileURL(join(ROOT, path)).href)
    this.take()
  }

  /** What was reached since the last call. */
  take(): Painted {
    const painted: Painted = new Map()
    const read = (_: Error | null, found: Profiler.TakePreciseCoverageReturnType): void => {
      for (const script of found.result) {
        if (this.#within.some((start) => script.url.startsWith(start)))
          painted.set(script.url, this.#paint(script))
      }
    }
    this.#session.post('Profiler.takePreciseCoverage', read)
    return painted
  }

  isNew(painted: Painted): boolean {
    return [...painted].some(([url, here]) => {
      const seen = this.#seen.get(url)
      return here.some((reached, i) => reached === 1 && seen?.[i] !== 1)
    })
  }

  note(painted: Painted): void {
    for (const [url, here] of painted) {
      const seen = new Uint8Array(Math.max(here.length, this.#seen.get(url)?.length ?? 0))
      seen.set(this.#seen.get(url) ?? [])
      here.forEach((reached, i) => {
        if (reached === 1) seen[i] = 1
      })
      this.#seen.set(url, seen)
    }
  }

  /** Blocks that were reached, of those that V8 has told of. */
  blocks(): { reached: number; known: number } {
    let [reached, known] = [0, 0]
    for (const [url, starts] of this.#blocks) {
      known += starts.size
      for (const at of starts) reached += this.#seen.get(url)?.[at] ?? 0
    }
    return { reached, known }
  }

  end(): void {
    this.#session.disconnect()
  }

  /** Outer functions and blocks come before what they hold, so the innermost count stays. */
  #paint({ url, functions }: Profiler.ScriptCoverage): Uint8Array {
    const ranges = functions.flatMap((one) => one.ranges)
    const length = Math.max(0, ...ranges.map(({ endOffset }) => endOffset))
    const painted = new Uint8Array(length)
    const starts = this.#blocks.get(url) ?? new Set<number>()
    for (const { startOffset, endOffset, count } of ranges) {
      starts.add(startOffset)
      painted.fill(count > 0 ? 1 : 0, startOffset, endOffset)
    }
    this.#blocks.set(url, starts)
    return painted
  }

  #post(method: 'Profiler.enable'): void {
    this.#session.post(method)
  }
}
