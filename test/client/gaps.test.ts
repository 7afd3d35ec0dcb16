// What a phone says it lacks: every place that it could not verify and open, and none that it could.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import { Gaps } from '../../client/gaps.ts'
import { handHistory } from '../../client/history.ts'
import { approve as letIn } from '../../client/people.ts'
import { tidy } from '../../client/upkeep.ts'
import { checkGaps, type Gap, isGap } from '../../protocol/gaps.ts'
import { idText } from '../../protocol/ids.ts'
import { MAX_GAPS } from '../../protocol/limits.ts'
import { covers, decodeReceipt, type Receipt } from '../../protocol/receipt.ts'
import {
  accepted,
  announcement,
  caughtUp,
  entryFrame,
  headOf,
  known,
  message,
  reopened,
  shown,
  Siege,
  twin,
  type Victim,
} from '../helpers/hostile.ts'
import { invite, type Phone, sync } from '../helpers/town.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, anna, malte, team, all, alert } = siege

const rangesOf = (phone: Phone, log = team): readonly Gap[] => [
  ...(phone.core.replica.gaps.get(log)?.ranges ?? []),
]
const UNREADABLE = { plain: Uint8Array.of(99) }
const one = (n: number): Gap => ({ from: n, to: n })

/** A box and a member that show this phone entries which open, and entries which do not. */
async function showing(victim: Victim, readable: boolean[]): Promise<number> {
  const start = headOf(victim, team)
  const frames = readable.map((opens, i) =>
    entryFrame(
      start + 1 + i,
      message(malte, team, `${i}`, { seq: 500 + i, ...(opens ? {} : UNREADABLE) }),
    ),
  )
  await shown(victim, ...frames)
  assert.equal(headOf(victim, team), start + readable.length)
  return start
}

/** The last receipt for the team that left this phone. */
async function said(victim: Victim, about = team): Promise<Receipt> {
  victim.network.lie('receipt', () => Promise.resolve(accepted()))
  await victim.core.run(() => tidy(victim.core))
  const receipts = victim.network.requests('receipt').flatMap((sent) => sent.receipts)
  const mine = receipts.map(decodeReceipt).filter(({ log }) => idText(log) === idText(about))
  return mine.at(-1) ?? assert.fail('no receipt')
}

test('Two old gaps are both told, and everything around them is delivered', async () => {
  const victim = await siege.victim()
  const before = rangesOf(victim)
  const start = await showing(victim, [true, false, true, false, true])
  const receipt = await said(victim)
  assert.deepEqual(receipt.gaps, [...before, one(start + 2), one(start + 4)])
  const held = [1, 2, 3, 4, 5].map((i) => covers(receipt, start + i))
  assert.deepEqual(held, [true, false, true, false, true])
})

test('A restart changes nothing about what is told', async () => {
  const victim = await siege.victim()
  await showing(victim, [false, true, false, false])
  assert.deepEqual(rangesOf(await reopened(victim)), rangesOf(victim))
})

test('Forty unreadable entries of a member hide nothing but what is older than the newest fifteen', async () => {
  const victim = await siege.victim()
  const start = await showing(
    victim,
    Array.from({ length: 80 }, (_, i) => i % 2 === 1),
  )
  const receipt = await said(victim)
  assert.equal(receipt.gaps.length, MAX_GAPS)
  // Unreadable are start + 1, + 3, … + 79: the fifteen newest begin at + 51, and one range ends at + 49.
  assert.equal(receipt.gaps[0]?.to, start + 49)
  for (let i = 50; i <= 80; i++) assert.equal(covers(receipt, start + i), i % 2 === 0, `${i}`)
  for (let i = 1; i < 50; i++) assert.equal(covers(receipt, start + i), false, `${i}`)
  assert.equal(covers(receipt, 1), true, 'what stands before the first gap')
})

test('A false second entry for a place takes nothing back that was opened there', async () => {
  const victim = await siege.victim()
  const start = await showing(victim, [true])
  const [before, n] = [rangesOf(victim), start + 1]
  await shown(victim, entryFrame(n, message(malte, team, 'another', { seq: 900 })))
  assert.ok((await victim.store.list('problems')).length > 0, 'it is told')
  assert.deepEqual(rangesOf(victim), before)
  assert.ok(covers(await said(victim), n))
})

test('An announce that was verified is held, also while its key is missing; what it locks is not', async () => {
  const victim = await siege.victim()
  const before = rangesOf(victim)
  const start = headOf(victim, team)
  const forged = announcement(malte, team)
  const locked = message(malte, team, 'under a key that is on its way', {
    keys: [{ epoch: forged.epoch, gen: 0, ak: forged.ak }],
  })
  await shown(victim, entryFrame(start + 1, forged.entry), entryFrame(start + 2, locked))
  assert.deepEqual(rangesOf(victim), [...before, one(start + 2)])
})

test('A further phone lacks what was said before it, until the keys are handed over', async () => {
  const tablet = await town.enrol((await invite(anna, anna.person)).card)
  await anna.act((core) => letIn(core, tablet.device))
  await sync(tablet)
  const n = known(tablet, all).alerts.get(alert) ?? assert.fail('no alert')
  assert.ok(isGap(rangesOf(tablet, all), n))
  assert.ok(!isGap(rangesOf(anna, all), n))
  const copy = await twin(town, tablet)
  await anna.act((core) => handHistory(core, tablet.device))
  await caughtUp(copy)
  assert.deepEqual(rangesOf(copy, all), rangesOf(anna, all))
  assert.ok(covers(await said(copy, all), n))
})

describe('the ranges in memory', () => {
  const places = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 })

  test('are those of the set, whatever is closed again and in whatever order', () => {
    fc.assert(
      fc.property(places, places, (missing, closed) => {
        const gaps = new Gaps()
        for (const n of missing.toSorted((a, b) => a - b)) gaps.append(n)
        for (const n of closed) gaps.close(n)
        checkGaps(gaps.ranges, 60)
        for (let n = 1; n <= 60; n++)
          assert.equal(isGap(gaps.ranges, n), missing.includes(n) && !closed.includes(n), `${n}`)
      }),
      { numRuns: 1000 },
    )
  })
})
