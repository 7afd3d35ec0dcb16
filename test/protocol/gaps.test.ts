// What a receipt says is missing has one form, and claims less where it cannot say everything.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { checkGaps, fewGaps, type Gap, isGap } from '../../protocol/gaps.ts'
import { MAX_GAPS } from '../../protocol/limits.ts'
import { covers, decodeReceipt, MAX_RECEIPT, signReceipt } from '../../protocol/receipt.ts'
import { refused, seededHash, seededId, seededPair, START } from '../helpers/seed.ts'

const UPTO = 200
const pair = seededPair('gaps')
const unsigned = {
  org: seededId<never>('org'),
  log: seededId<never>('log'),
  device: seededId<never>('device'),
  h: seededHash('h'),
  t: START,
}
const signed = (gaps: Gap[], upto = UPTO) =>
  signReceipt({ ...unsigned, upto, gaps }, pair.secretKey)

/** The one form of a set of indexes, made the slow way. */
function rangesOf(missing: Set<number>): Gap[] {
  const gaps: Gap[] = []
  for (let n = 1; n <= UPTO; n++) {
    if (!missing.has(n)) continue
    const last = gaps.at(-1)
    if (last?.to === n - 1) last.to = n
    else gaps.push({ from: n, to: n })
  }
  return gaps
}

const missing = (least: number, most: number) =>
  fc
    .array(fc.integer({ min: 1, max: UPTO }), { minLength: least, maxLength: most })
    .map((places) => new Set(places))
/** Within few places, so that they touch, overlap and reach too far. */
const NEAR = 9
const anyGap = fc.record({
  from: fc.integer({ min: 0, max: NEAR + 1 }),
  to: fc.integer({ min: 0, max: NEAR + 1 }),
})

describe('the gaps of a receipt', () => {
  test('are taken in one form only: what another list says of the same entries is refused', () => {
    fc.assert(
      fc.property(fc.array(anyGap, { maxLength: 3 }), (gaps) => {
        const places = gaps.flatMap(({ from, to }) =>
          Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i),
        )
        const inside = places.every((n) => n >= 1 && n <= NEAR)
        const one = JSON.stringify(rangesOf(new Set(places))) === JSON.stringify(gaps)
        if (inside && one) checkGaps(gaps, NEAR)
        else refused('malformed', () => checkGaps(gaps, NEAR))
      }),
      { numRuns: 2000 },
    )
  })

  test('say exactly what is missing as long as there is room', () => {
    fc.assert(
      fc.property(missing(0, MAX_GAPS), (places) => {
        const receipt = decodeReceipt(signed(fewGaps(rangesOf(places))))
        for (let n = 1; n <= UPTO; n++) assert.equal(covers(receipt, n), !places.has(n))
      }),
    )
  })

  test('claim less and never more where there is none, and stay exact for the newest', () => {
    fc.assert(
      fc.property(missing(30, 120), (places) => {
        const gaps = rangesOf(places)
        fc.pre(gaps.length > MAX_GAPS)
        const few = fewGaps(gaps)
        const receipt = decodeReceipt(signed(few))
        assert.equal(few.length, MAX_GAPS)
        for (let n = 1; n <= UPTO; n++) if (covers(receipt, n)) assert.ok(!places.has(n))
        const merged = few[0]?.to ?? 0
        for (let n = merged + 1; n <= UPTO; n++) assert.equal(isGap(few, n), places.has(n))
        for (let n = 1; n < (few[0]?.from ?? 0); n++) assert.ok(covers(receipt, n))
      }),
    )
  })

  test('leave an entry beyond the receipt open', () => {
    const receipt = decodeReceipt(signed([], 9))
    assert.deepEqual([covers(receipt, 9), covers(receipt, 10)], [true, false])
  })

  test('are signed in that form only', () => {
    refused('malformed', () => signed([{ from: 5, to: 4 }]))
    refused('malformed', () => signed([{ from: 1, to: UPTO + 1 }]))
    const many = Array.from({ length: MAX_GAPS + 1 }, (_, i) => ({
      from: 3 * i + 1,
      to: 3 * i + 1,
    }))
    refused('too_large', () => signed(many))
    assert.equal(signed(many.slice(1)).length, MAX_RECEIPT)
  })
})
