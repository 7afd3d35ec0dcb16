import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { EXPECTED, type Header, type Line, page } from '../../scripts/proof/page.ts'

const header: Header = {
  command: 'npm run attacks',
  date: '2026-01-01',
  commit: 'abc1234',
  machine: '2 cores',
  load: '0.1',
}

describe('the page of proofs', () => {
  test('names what nothing has shown', () => {
    const lines: Line[] = EXPECTED.faults
      .filter((id) => id !== 'F16')
      .map((id) => ({ id, title: 'held' }))
    const text = page({ faults: { header, lines } })
    assert.match(text, /Not shown: F16\./)
    assert.match(text, /## Figures\n\nNot shown yet: a, b, c/)
  })

  test('says no where a goal is missed, and counts what is met', () => {
    const bench: Line[] = [
      { id: 'BENCH-b-64', title: 'accepted', met: false, ratio: 0.04 },
      { id: 'BENCH-c-512', title: 'sealed', met: true, ratio: 1.1 },
    ]
    const text = page({ bench: { header, lines: bench } })
    assert.match(text, /\| BENCH-b-64 \| accepted \| \*\*no\*\* \| ratio 0\.04 \|/)
    assert.match(text, /Met: 1 of 2\./)
    assert.match(text, /Not shown: a, d, e, f, g, h\./)
  })

  test('tells what is left from what is missed, with its reason', () => {
    const mutation: Line[] = [
      { id: 'client', title: 'checks', met: true, percent: '98.0' },
      { id: 'protocol/a.ts:3', title: 'ensure(a)', reason: 'for the type' },
    ]
    const text = page({ mutation: { header, lines: mutation } })
    assert.match(text, /Met: 1 of 1\. Left: 1\. \*\*Not shown: protocol\.\*\*/)
    assert.match(text, /\| protocol\/a\.ts:3 \| ensure\(a\) \| left \| for the type \|/)
  })

  test('sorts by number and keeps its table whole', () => {
    const lines: Line[] = ['P10', 'P9'].map((id) => ({ id, title: 'one | two\nthree' }))
    const rows = page({ attacks: { header, lines } })
      .split('\n')
      .filter((line) => line.startsWith('| P'))
    assert.deepEqual(rows, [
      String.raw`| P9 | one \| two three | yes |  |`,
      String.raw`| P10 | one \| two three | yes |  |`,
    ])
  })

  test('in docs/ is what the runs have written', () => {
    const script = join(import.meta.dirname, '../../scripts/proof.ts')
    assert.equal(spawnSync(process.execPath, [script, '--check']).status, 0)
  })
})
