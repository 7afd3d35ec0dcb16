// F1: kill -9 at random moments under load. Nothing confirmed is lost, nothing stands twice, neither in the
// database nor on a device.
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { type BoxProcess, serve } from '../helpers/cli.ts'
import { catchUp, until } from '../server/kit.ts'
import { assertSound, confirmedBy, stage, type Talker } from '../server/traffic.ts'
import { Proof, randomFrom, SEED, sizeOf } from './form.ts'
import { edit, edited } from './mutant.ts'
import { assertSameOnDevices } from './transcript.ts'

const AT_LEAST = 50
const KILLS = sizeOf('kills')
const PER_BOX = sizeOf('killsPerBox')
/** The kill comes somewhere within the next few requests, not always right behind an answer. */
const WITHIN = 40

/** Traffic until at least AT_LEAST more are confirmed, and then the box is gone. */
async function killUnderLoad(box: BoxProcess, talkers: Talker[], wait: number): Promise<void> {
  const before = confirmedBy(talkers)
  const traffic = Promise.all(talkers.map((talker) => talker.talk(box, () => false)))
  await until(() => confirmedBy(talkers) >= before + AT_LEAST, 'traffic', 60_000)
  const moment = performance.now() + wait
  while (performance.now() < moment) await new Promise((resolve) => setImmediate(resolve))
  await box.end('SIGKILL')
  await traffic
}

type Stage = Awaited<ReturnType<typeof stage>>

/** One box through `kills` kills. Returns how long each restart took, in milliseconds. */
async function survive(t: TestContext, place: Stage, kills: number, random: () => number) {
  const { data, talkers, held } = place
  let { box } = place
  const restarts: number[] = []
  for (let kill = 0; kill < kills; kill++) {
    await killUnderLoad(box, talkers, random() * WITHIN)
    assertSound(held(), talkers)
    const started = performance.now()
    box = await serve(t, data, { port: box.port })
    restarts.push(performance.now() - started)
  }
  // What was under way when the box died is sent once more, and must not stand twice.
  const before = confirmedBy(talkers)
  const enough = (): boolean => confirmedBy(talkers) > before + talkers.length
  await Promise.all(talkers.map((talker) => talker.talk(box, enough)))
  for (const { core } of talkers) await catchUp(core)
  await assertSameOnDevices(talkers)
  assert.equal(await box.end('SIGTERM'), 0)
  assertSound(held(), talkers)
  return restarts
}

/** The same, once, on a box that answers before its commit, which never comes: any kill has to show it. */
async function assertCaught(t: TestContext, { data, talkers, held, box }: Stage): Promise<void> {
  const file = 'server/store/group-commit.ts'
  const env = edited(
    edit(file, 'setImmediate(() => this.#commit())', 'setTimeout(() => this.#commit(), 600_000)'),
    edit(file, 'this.#group.push({ done', 'resolve(result); this.#group.push({ done'),
  )
  const broken = await serve(t, data, { port: box.port, env })
  await killUnderLoad(broken, talkers, 0)
  assert.throws(() => assertSound(held(), talkers), assert.AssertionError)
}

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

describe(`F1: kill -9 under load (seed ${SEED})`, () => {
  const proof = new Proof('F1', 'kill -9 under load', 'f01-kill.test.ts', 1)

  test(`${KILLS} kills lose nothing confirmed and double nothing`, async (t) => {
    const random = randomFrom(SEED)
    const restarts: number[] = []
    while (restarts.length < KILLS) {
      const kills = Math.min(PER_BOX, KILLS - restarts.length)
      await t.test(`kills ${restarts.length + 1} to ${restarts.length + kills}`, async (part) => {
        const place = await stage(part)
        restarts.push(...(await survive(part, place, kills, random)))
        if (restarts.length < KILLS) return
        const control = 'a box that answers before its commit is caught'
        await part.test(control, (last) => assertCaught(last, place))
      })
    }
    const [usual, longest] = [Math.round(median(restarts)), Math.round(Math.max(...restarts))]
    t.diagnostic(`restart: median ${usual} ms, longest ${longest} ms`)
    const facts = { seed: SEED, restartMedianMs: usual, restartLongestMs: longest }
    proof.held(KILLS, { ...facts, controlCaught: true })
  })
})
