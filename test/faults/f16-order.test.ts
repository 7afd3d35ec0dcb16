// F16: entries reach devices out of order, in pages of any size, some of them twice. All show the same in
// the end, in the order of the log.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Proof, SEED, sizeOf } from './form.ts'
import { edit, edited } from './mutant.ts'
import { run } from './run.ts'

const ENTRIES = sizeOf('shuffled')
const DEVICES = sizeOf('shuffledDevices')
const argumentsFor = (entries: number, devices: number): string[] =>
  `--entries ${entries} --devices ${devices} --seed ${SEED}`.split(' ')

describe(`F16: delivery out of order (seed ${SEED})`, () => {
  const proof = new Proof('F16', 'Entries delivered out of order', 'f16-order.test.ts', 2)

  test(`${ENTRIES} entries give the same transcript on ${DEVICES} devices`, async (t) => {
    const { status, err, result } = await run('order-run.ts', argumentsFor(ENTRIES, DEVICES))
    assert.equal(status, 0, err)
    t.diagnostic(`${String(result['gaps'])} pages had a gap`)
    proof.held(ENTRIES * DEVICES, { seed: SEED, entries: ENTRIES, devices: DEVICES })
  })

  test('a device that takes entries as they come is caught', async () => {
    const gap = 'if (n > place.head.n + 1) return this.#missing()'
    const env = edited(edit('client/intake.ts', gap, ''))
    const { status, err } = await run('order-run.ts', argumentsFor(100, 1), env)
    assert.notEqual(status, 0)
    assert.match(err, /AssertionError/)
    proof.held(0, { controlCaught: true })
  })
})
