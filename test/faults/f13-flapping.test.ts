// F13: the uplink comes and goes, and a fifth of what passes is lost at first. Everything said arrives on
// every device, once and in order.
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Clock, Core, systemClock } from '../../client/core.ts'
import { stayLive } from '../../client/live.ts'
import { drain, enqueue, waiting } from '../../client/outbox.ts'
import { news } from '../../client/views.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { LogId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import { type Proxy, proxyTo } from '../helpers/proxy.ts'
import { catchUp, joinAs, joinWith, openGroup, startTestBox, until } from '../server/kit.ts'
import { LONG, Proof, randomFrom, SEED, sizeOf } from './form.ts'
import { transcriptOf } from './transcript.ts'

const FLAPS = sizeOf('flaps')
const TIME = sizeOf('flapTime')
const LOSS = 0.2
const DEVICES = 4
/** In the short form devices try again as often as the line comes back. */
const clock: Clock = LONG
  ? systemClock
  : { ...systemClock, wait: (milliseconds) => sleep(Math.min(milliseconds, TIME / 4)) }

/** A device that lives behind the line, says things and notes when it sees those of the others. */
class Person {
  readonly core: Core
  readonly said: string[] = []
  readonly seen = new Map<string, number>()
  readonly #log: LogId
  readonly #ending = new AbortController()
  #live: Promise<void> = Promise.resolve()

  constructor(core: Core, log: LogId) {
    this.core = core
    this.#log = log
  }

  begin(): void {
    const events = { changed: () => this.#look(), state: () => {} }
    this.#live = stayLive(this.core, events, this.#ending.signal)
  }

  async end(): Promise<void> {
    this.#ending.abort()
    await this.#live
  }

  async say(text: string): Promise<void> {
    this.said.push(text)
    await this.core.run(() =>
      enqueue(this.core, this.#log, KIND.text, { type: 'text', text, replyTo: null }),
    )
    await this.core.run(() => drain(this.core)).catch(refusalOnly)
  }

  #look(): Promise<void> {
    return this.core.run(async () => {
      const { items, seen } = await news(this.core)
      for (const one of items) {
        assert.equal(one.type, 'message', JSON.stringify(one))
        if (one.type === 'message' && 'text' in one.content)
          this.seen.set(one.content.text, performance.now())
      }
      await seen()
    })
  }
}

function refusalOnly(error: unknown): void {
  if (!(error instanceof ProtocolError)) throw error
}

async function stage(t: TestContext) {
  const box = await startTestBox(t)
  const proxy = await proxyTo(t, box.port)
  const far = { url: proxy.url, host: new URL(proxy.url).host, port: proxy.port }
  box.box.context.hosts.add(far.host)
  const owner = await joinWith(box, box.card)
  const cores: Core[] = []
  for (let i = 0; i < DEVICES; i++) cores.push(await joinAs(far, owner, `Person ${i} Beispiel`))
  const log = await openGroup(owner, cores)
  const people = []
  for (const core of cores) {
    await catchUp(core)
    const restless = await Core.open({ store: core.store, clock })
    assert.ok(restless !== null)
    const person = new Person(restless, log)
    t.after(() => person.end())
    people.push(person)
  }
  return { proxy, people, log }
}

async function flap(proxy: Proxy): Promise<void> {
  for (let i = 0; i < FLAPS; i++) {
    proxy.heal()
    await sleep(TIME)
    proxy.cut()
    await sleep(TIME)
  }
}

describe(`F13: a line that comes and goes (seed ${SEED})`, () => {
  const proof = new Proof('F13', 'A flapping uplink that loses a fifth', 'f13-flapping.test.ts', 1)

  test(`${FLAPS} times up and down for ${TIME} ms: all arrives once`, async (t) => {
    const { proxy, people, log } = await stage(t)
    proxy.loss = LOSS
    proxy.random = randomFrom(SEED)
    for (const person of people) person.begin()
    const sent = new Map<string, number>()
    const over = new AbortController()
    const talking = people.map(async (person, i) => {
      for (let k = 1; !over.signal.aborted; k++) {
        sent.set(`${i}:${k}`, performance.now())
        await person.say(`${i}:${k}`)
        await sleep(TIME / 2)
      }
    })
    await flap(proxy)
    over.abort()
    proxy.heal()
    await Promise.all(talking)
    const total = sent.size
    const complete = async (): Promise<boolean> => {
      const counts = await Promise.all(people.map(({ core }) => transcriptOf(core, log)))
      return counts.every(({ length }) => length === total)
    }
    await until(complete, 'everything everywhere', 180_000)
    for (const person of people) await person.end()

    const [first, ...others] = await Promise.all(people.map(({ core }) => transcriptOf(core, log)))
    for (const other of others) assert.deepEqual(other, first, 'all show the same')
    for (const [i, { said, core }] of people.entries()) {
      const own = (first ?? []).map(({ text }) => text).filter((text) => text.startsWith(`${i}:`))
      assert.deepEqual(own, said, 'in the order in which it was said, once')
      assert.deepEqual(await core.store.list('problems'), [])
      assert.deepEqual(await waiting(core), [])
    }
    const delays = people
      .flatMap(({ seen }) => [...seen].map(([text, at]) => at - (sent.get(text) ?? at)))
      .toSorted((a, b) => a - b)
    const median = Math.round(delays[Math.floor(delays.length / 2)] ?? 0)
    t.diagnostic(`${total} messages, delivered after ${median} ms (median)`)
    proof.held(total, { seed: SEED, flaps: FLAPS, medianDeliveryMs: median })
  })
})
