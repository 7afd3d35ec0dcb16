// An attack that fails proves something only if it would succeed without the check that stops it. One control
// for each attack here; `npm run attacks` runs them all.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { removalsOf, runControl } from '../../scripts/attacks/run-control.ts'
import { CONTROLS } from './controls.ts'

const ATTACKS = [
  ...Array.from({ length: 20 }, (_, i) => `P${i + 1}`),
  ...Array.from({ length: 11 }, (_, i) => `M${i + 1}`),
]

test('every attack has a control, and every control a story and a check that is there', () => {
  assert.deepEqual(new Set(CONTROLS.map(({ attack }) => attack)), new Set(ATTACKS))
  for (const control of CONTROLS) {
    const path = join(import.meta.dirname, control.tests)
    assert.ok(existsSync(path), control.tests)
    const titles = readFileSync(path, 'utf8').matchAll(
      /attack\(\s*'([PM]\d+)',\s*(?:'([^']*)'|"([^"]*)")/g,
    )
    const meant = [...titles].filter(
      ([, id, one, other]) =>
        id === control.attack && new RegExp(control.only).test(one ?? other ?? ''),
    )
    assert.ok(meant.length > 0, `${control.attack}: no story "${control.only}" in ${control.tests}`)
    assert.ok(removalsOf(control).length > 0)
  }
})

describe('without its check an attack succeeds', { concurrency: 2 }, () => {
  const first = ATTACKS.flatMap((id) => CONTROLS.find(({ attack }) => attack === id) ?? [])
  for (const control of first) {
    test(`${control.attack}: without ${control.without}`, async () => {
      assert.equal(await runControl(control), 'succeeds')
    })
  }
})
