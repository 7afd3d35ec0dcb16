import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { findChecks } from '../../scripts/mutation/find-checks.ts'
import { baselineOf, reachedIn } from '../../scripts/mutation/reach.ts'

const ROOT = join(import.meta.dirname, '../..')

test('a check is reached when the innermost range around it was run', () => {
  const [first, second] = findChecks('a.ts', '  ensure(a)\n  ensure(b)\n')
  assert.ok(first !== undefined && second !== undefined)
  const url = pathToFileURL(join(ROOT, 'a.ts')).href
  const range = (startOffset: number, endOffset: number, count: number) => {
    return { startOffset, endOffset, count }
  }
  const script = (...ranges: ReturnType<typeof range>[]) => [{ url, functions: [{ ranges }] }]
  assert.deepEqual(reachedIn(script(range(0, 30, 1)), [first, second]), [first, second])
  const untaken = script(range(0, 30, 1), range(second.start, second.end, 0))
  assert.deepEqual(reachedIn(untaken, [first, second]), [first])
  assert.deepEqual(reachedIn([], [first]), [])
})

test('a file of tests is run as it is, and what it comes by is known', async () => {
  const check = { file: 'protocol/labels.ts', line: 1, start: 0, end: 0, replacement: '', text: '' }
  const other = { ...check, file: 'client/live.ts' }
  const { passed, reached, milliseconds } = await baselineOf('test/protocol/labels.test.ts', [
    check,
    other,
  ])
  assert.deepEqual([passed, [...reached]], [true, [check]])
  assert.ok(milliseconds > 0)
  const missing = await baselineOf('test/protocol/no-such.test.ts', [check])
  assert.equal(missing.passed, false)
})
