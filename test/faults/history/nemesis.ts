// What happens to the box and to the line, one thing after the other, some of them while others last.
import { setTimeout as sleep } from 'node:timers/promises'
import { oneOf } from '../form.ts'
import type { Place } from './place.ts'

const MINUTE = 60_000
const YEAR = 365 * 24 * 60 * MINUTE
const CLOCKS = [10 * YEAR, -10 * YEAR, 6 * MINUTE, -6 * MINUTE, 0]

type Fault = (place: Place, random: () => number) => Promise<void>

/** Somewhere between the two, in milliseconds. */
const moment = (random: () => number, from: number, to: number): Promise<void> =>
  sleep(from + random() * (to - from))

export const FAULTS: Record<string, Fault> = {
  async kill(place, random) {
    await place.end('SIGKILL')
    await moment(random, 0, 300)
    await place.start()
  },
  async stop(place, random) {
    await place.end('SIGTERM')
    await moment(random, 0, 300)
    await place.start()
  },
  async power(place, random) {
    if (!(await place.losePower())) return
    await moment(random, 0, 300)
    await place.start()
  },
  async sync(place) {
    if (await place.failSync(3000)) await place.start()
  },
  async cut(place, random) {
    place.proxy.cut()
    await moment(random, 100, 1200)
    place.proxy.heal()
  },
  async silence(place, random) {
    place.proxy.goSilent()
    await moment(random, 100, 1000)
    place.proxy.heal()
  },
  async loss(place, random) {
    place.proxy.loss = 0.2
    await moment(random, 500, 2000)
    place.proxy.loss = 0
  },
  async full(place, random) {
    place.disk?.fill(Math.floor(random() * 200_000))
    await moment(random, 200, 1500)
    place.disk?.empty()
  },
  async readOnly(place, random) {
    place.shim?.failWrites('EROFS')
    await moment(random, 200, 1000)
    place.shim?.mend()
  },
  clock(place, random) {
    place.setClock(oneOf(CLOCKS, random))
    return Promise.resolve()
  },
  async pause(place, random) {
    place.box.child.kill('SIGSTOP')
    await moment(random, 100, 800)
    place.box.child.kill('SIGCONT')
  },
}

/** Until `over`. Returns how often each fault came. */
export async function torment(
  place: Place,
  names: readonly string[],
  random: () => number,
  over: AbortSignal,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  while (!over.aborted) {
    await moment(random, 50, 700)
    const name = oneOf(names, random)
    counts[name] = (counts[name] ?? 0) + 1
    await FAULTS[name]?.(place, random)
  }
  return counts
}
