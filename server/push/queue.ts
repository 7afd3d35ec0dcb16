// Pushes wait here, apart for each service: one that is slow or down keeps nobody else waiting.
import type { Outcome } from './post.ts'

/** `endpoint`: the subscription it goes to. */
export type Job = { host: string; endpoint: string; tries: number; work: () => Promise<Outcome> }
/** Passes time; a test gives another one. */
export type Later = (milliseconds: number, work: () => void) => void

/** A push that cannot even be made: nothing that the service has done. */
const DROPPED: Outcome = { sent: false, gone: false, refused: true, limited: false, pause: 0 }

const AT_ONCE = 16
const MAX_WAITING = 20_000
const TRIES = 3
/** After a failure nothing goes to that service for a while, twice as long with each one in a row. Milliseconds. */
const FIRST_REST = 500
const LONGEST_REST = 600_000
/** What a service may ask of everybody: an alert must not wait for longer. Milliseconds. */
const LONGEST_ASKED = 30_000
/** So many subscriptions refused one after the other for being too many: it is about the box, and not about one. */
const SEVERAL = 3

type Service = {
  waiting: Job[]
  running: number
  restsUntil: number
  rest: number
  /** Subscriptions that were too many since the last push that went. */
  limited: Set<string>
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
    const fresh = {
      waiting: [],
      running: 0,
      restsUntil: 0,
      rest: FIRST_REST,
      limited: new Set<string>(),
    }
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
    const outcome = await job.work().catch(() => DROPPED)
    service.running -= 1
    const pause = outcome.pause * 1000
    if (outcome.sent || outcome.gone) {
      service.rest = FIRST_REST
      service.limited.clear()
    } else if (outcome.limited) this.#limited(service, job, pause)
    else if (!outcome.refused) this.#failed(service, job, Math.min(pause, LONGEST_ASKED))
    this.#pump(service)
  }

  /** It waits by itself: whoever gets too many must not keep an alert from everybody else. */
  #limited(service: Service, job: Job, pause: number): void {
    const wait = Math.max(pause, FIRST_REST)
    service.limited.add(job.endpoint)
    if (service.limited.size >= SEVERAL) this.#again(service, Math.min(wait, LONGEST_ASKED))
    if (job.tries + 1 >= TRIES) return
    this.#later(wait, () => this.add({ ...job, tries: job.tries + 1 }))
  }

  #failed(service: Service, job: Job, pause: number): void {
    if (job.tries + 1 < TRIES) service.waiting.unshift({ ...job, tries: job.tries + 1 })
    // What was under way together fails together, and counts once.
    if (this.#now() < service.restsUntil && pause === 0) return
    this.#again(service, Math.max(pause, service.rest))
    service.rest = Math.min(service.rest * 2, LONGEST_REST)
  }

  #again(service: Service, milliseconds: number): void {
    service.restsUntil = Math.max(service.restsUntil, this.#now() + milliseconds)
    this.#later(milliseconds, () => this.#wake(service))
  }

  /** A timer may be early by a moment: what rests then would rest until somebody else is pushed. */
  #wake(service: Service): void {
    const left = service.restsUntil - this.#now()
    if (left > 0) this.#later(Math.ceil(left), () => this.#wake(service))
    else this.#pump(service)
  }
}
