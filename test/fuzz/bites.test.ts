// A fuzzer that finds nothing is worth something only if it finds what is there: without one check of the
// product each engine has to find out. All of them: npm run fuzz -- --selftest.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BITES, bites, removalOf } from '../../scripts/fuzz/selftest.ts'
import { runWithout } from '../../scripts/mutation/run-without.ts'

const PATIENCE = 120_000
/** A test run that knows it stands within another one runs nothing. */
delete process.env['NODE_TEST_CONTEXT']

const bite = (target: string, words: string) => {
  const found = BITES.find((one) => one.target === target && one.text.includes(words))
  assert.ok(found !== undefined, `${target}: ${words}`)
  return found
}

describe('the coverage-guided engine notices that a check is missing', () => {
  for (const [target, words] of [
    ['frames', 'r.end()'],
    ['directory', 'second_signature'],
  ] as const) {
    test(target, async () => assert.ok(await bites(bite(target, words))))
  }
})

describe('the property tests notice that a check is missing', () => {
  for (const [target, words, file] of [
    ['entry', "'era'", 'parsers'],
    ['channel', 'mayInChannel', 'machines'],
  ] as const) {
    test(target, async () => {
      const tests = [`--test-name-pattern=^${target}$`, `test/fuzz/${file}.test.ts`]
      assert.equal(await runWithout(removalOf(bite(target, words)), tests, PATIENCE), 'noticed')
    })
  }
})

test('every check that the selftest takes out stands in the product exactly once', () => {
  // Where the product has changed, BITES has to follow.
  for (const one of BITES) removalOf(one)
})
