// What a test leaves behind is cleared whatever happens: node:test skips the hooks after one that throws, and a
// browser that nobody closes keeps its test file from ending.
import { after } from 'node:test'

type Work = () => void | Promise<void>
export type Cleaner = { after(work: Work): void }

const known = new WeakMap<Cleaner, Work[]>()

/** At the end of the test; what came last goes first. */
export function cleanUp(t: Cleaner, work: Work): void {
  const works = known.get(t)
  if (works !== undefined) return void works.push(work)
  const first = [work]
  known.set(t, first)
  t.after(() => clear(first))
}

/** For what a whole suite shares; call it in `describe`. */
export function suiteCleaner(): Cleaner {
  const cleaner: Cleaner = { after }
  const works: Work[] = []
  known.set(cleaner, works)
  // Now: what a hook of the suite starts comes too late for a hook of its own.
  after(() => clear(works))
  return cleaner
}

async function clear(works: Work[]): Promise<void> {
  const failures: unknown[] = []
  for (const work of works.toReversed()) {
    try {
      await work()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length === 1) throw failures[0]
  if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join('\n'))
}
