// Pushes wait here, apart for each service: one that is slow or down keeps nobody else waiting.
import type { Outcome } from './post.ts'

export type Job = { host: string; tries: number; work: () => Promise<Outcome> }
/** Passes time; a test gives another one. */
export type Later = (milliseconds: number, work: () => void) => void

const AT_ONCE = 16
const MAX_WAITING = 20_000
const TRIES = 3
/** So many failures in a row open the breaker: nothing is sent to that service for a while, twice as long each time. */
const BREAKS_AFTER = 5
const FIRST_REST = 5_000
const LONGEST_REST = 600_000

type Service = {
  waiting: Job[]
  running: number
  failures: number
  restsUntil: number
  rest: number
}

export class Queue {
  readonly #services = new Map<string, Service>()
  readonly #now: () => number
  readonly #later: Later

  constructor(now: () => number, later: Later) {
    this.#now = now
    this.#later = later
  }

  add(job: Job): void {
    const service = this.#serviceOf(job.host)
    // A wake-up that is so late is worth nothing: whoever opens the app sees everything anyway.
    if (service.waiting.length >= MAX_WAITING) service.waiting.shift()
    service.waiting.push(job)
    this.#pump(service)
  }

  #serviceOf(host: string): Service {
    const known = this.#services.get(host)
    if (known !== undefined) return known
    const fresh = { waiting: [], running: 0, failures: 0, restsUntil: 0, rest: FIRST_REST }
    this.#services.set(host, fresh)
    return fresh
  }

  #pump(service: Service): void {
    while (service.running < AT_ONCE && this.#now() >= service.restsUntil) {
      const job = service.waiting.shift()
      if (job === undefined) return
      service.running += 1
      void this.#run(service, job)
    }
  }

  async #run(service: Service, job: Job): Promise<void> {
    const { sent, gone, pause } = await job.work()
    service.running -= 1
    if (sent || gone) {
      service.failures = 0
      service.rest = FIRST_REST
    } else this.#failed(service, job, pause * 1000)
    this.#pump(service)
  }

  #failed(service: Service, job: Job, pause: number): void {
    service.failures += 1
    if (job.tries + 1 < TRIES) service.waiting.unshift({ ...job, tries: job.tries + 1 })
    if (service.failures < BREAKS_AFTER && pause === 0) return this.#again(service, FIRST_REST / 10)
    this.#again(service, Math.max(pause, service.rest))
    service.rest = Math.min(service.rest * 2, LONGEST_REST)
  }

  #again(service: Service, milliseconds: number): void {
    service.restsUntil = Math.max(service.restsUntil, this.#now() + milliseconds)
    this.#later(milliseconds, () => this.#pump(service))
  }
}
