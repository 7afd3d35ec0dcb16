import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findChecks } from '../../scripts/mutation/find-checks.ts'
import { LEFT, outdated } from '../../scripts/mutation/left.ts'

test('finds what only exists to throw, and nothing else', () => {
  const source = [
    'export function ensure(a: boolean): void {',
    '  if (!a) throw new Error(`(`)',
    '  ensure(',
    "    a && ')' !== b,",
    '  )',
    '  const c = ensure(a)',
    '  if (a) return b()',
    '  verifyEntry(a, b)',
    '}',
    '',
  ].join('\n')
  const found = findChecks('a.ts', source).map(({ line, text }) => [line, text])
  assert.deepEqual(found, [
    [2, 'if (!a) throw new Error(`(`)'],
    [3, "ensure( a && ')' !== b, )"],
    [8, 'verifyEntry(a, b)'],
  ])
})

test('what is left with a reason is still there', () => {
  const files = new Set(LEFT.map(({ file }) => file))
  const checks = [...files].flatMap((file) =>
    findChecks(file, readFileSync(join(import.meta.dirname, '../..', file), 'utf8')),
  )
  assert.deepEqual(outdated(checks), [])
})
