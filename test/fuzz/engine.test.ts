// The engine itself: it learns from coverage, repeats itself, makes findings small, and says so in its exit code.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test, type TestContext } from 'node:test'
import fc from 'fast-check'
import { readCorpus } from '../../scripts/fuzz/corpus.ts'
import { Coverage } from '../../scripts/fuzz/coverage.ts'
import { Explorer, type Outcome } from '../../scripts/fuzz/explore.ts'
import { mutate, type Mutation, MUTATION_RANGE } from '../../scripts/fuzz/mutation.ts'
import { Random } from '../../scripts/fuzz/random.ts'
import { prove } from '../helpers/proof.ts'
import { TARGETS } from './targets/all.ts'

const SCRIPT = join(import.meta.dirname, '../../scripts/fuzz.ts')
const CORPUS = join(import.meta.dirname, 'corpus')
const MOST_CORPUS = 200 * 1024

/** V8 counts blocks only in what is loaded after it was told to. */
const coverage = new Coverage()
const { toy } = await import('./toy.ts')
after(() => coverage.end())

async function explored(seed: number, executions: number, guided = true): Promise<Outcome> {
  const target = {
    name: 'toy',
    about: 'a fault behind four bytes',
    sources: guided ? ['test/fuzz/toy.ts'] : [],
    longest: 16,
    batch: 200,
    runs: 0,
    open: () => ({ samples: [], run: toy }),
  }
  const fuzzed = { samples: [new Uint8Array(4)], run: toy }
  return new Explorer(target, fuzzed, { coverage, limits: { seed, executions } }).run()
}

describe('the coverage-guided engine', () => {
  const ENOUGH = 60_000

  test('comes behind four bytes step by step, and makes what it finds small', async () => {
    const { findings, learnt } = await explored(1, ENOUGH)
    assert.equal(findings.length, 1)
    assert.equal(findings[0]?.smallest.toHex(), '66757a7b')
    assert.ok(learnt.length >= 3)
  })

  test('without coverage it does not', async () => {
    const { findings } = await explored(1, ENOUGH, false)
    assert.equal(findings.length, 0)
  })

  test('does the same again from the same seed', async () => {
    const [one, again, other] = [
      await explored(3, 20_000),
      await explored(3, 20_000),
      await explored(4, 20_000),
    ]
    const told = ({ learnt }: Outcome): string => learnt.map((input) => input.toHex()).join()
    assert.equal(told(one), told(again))
    assert.notEqual(told(one), told(other))
  })
})

test('a mutation changes a copy, and nothing becomes longer than it may', () => {
  const number = fc.nat(MUTATION_RANGE - 1)
  const mutations: fc.Arbitrary<Mutation[]> = fc.array(
    fc.tuple(number, number, number, number, number),
    { maxLength: 6 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), mutations, (input, list) => {
      const before = input.slice()
      const pool = [input, Uint8Array.of(1, 2, 3)]
      const first = mutate(input, list, pool, 100)
      assert.deepEqual(input, before)
      assert.ok(first.length <= 100)
      assert.deepEqual(mutate(input, list, pool, 100), first)
    }),
    { numRuns: 2000 },
  )
})

test('chance is spread over all numbers and the same from the same seed', () => {
  const [one, same, other] = [new Random(1), new Random(1), new Random(2)]
  const counts = new Array<number>()
  for (let i = 0; i < 16_000; i++) {
    const n = one.below(16)
    counts[n] = (counts[n] ?? 0) + 1
    assert.equal(same.below(16), n)
  }
  assert.ok(counts.length === 16 && counts.every((count) => count > 800 && count < 1200))
  assert.notEqual(other.next(), new Random(1).next())
})

describe('the command', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' })

  test('teaches itself', () => {
    const { status, stdout } = run('--help')
    assert.equal(status, 0)
    for (const name of Object.keys(TARGETS)) assert.ok(stdout.includes(name), name)
  })

  test('takes no target that is none and no number that is none', () => {
    assert.equal(run('--target', 'nothing').status, 2)
    assert.equal(run('--seconds', 'many').status, 2)
    assert.equal(run('--target', 'constructor').status, 2)
  })

  test('says what it did, and ends with 0 where nothing was found', () => {
    const { status, stdout } = run('--target', 'frames', '--seconds', '1', '--seed', '7')
    assert.equal(status, 0, stdout)
    assert.match(stdout, /^frames +executions \d+, per second \d+, corpus \d+, blocks reached \d+/m)
  })
})

describe('what is checked in', () => {
  const files = readdirSync(CORPUS)

  test('belongs to a target, can be read and stays small', () => {
    assert.ok(files.length > 0)
    const size = files.reduce((sum, name) => sum + statSync(join(CORPUS, name)).size, 0)
    assert.ok(size <= MOST_CORPUS, `${size} bytes`)
    for (const name of files) {
      const target = name.replace(/\.txt$/, '')
      assert.ok(Object.hasOwn(TARGETS, target), name)
      assert.ok(readCorpus(target).length > 0, name)
    }
  })
})

describe('proof', () => {
  const folderOf = (t: TestContext): string => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-proof-'))
    t.after(() => rmSync(folder, { recursive: true }))
    return folder
  }

  test('is a line each in the file that the environment names, and nowhere without', (t) => {
    const file = join(folderOf(t), 'proof.jsonl')
    const before = process.env['HOLDFAST_PROOF']
    t.after(() => {
      if (before === undefined) delete process.env['HOLDFAST_PROOF']
      else process.env['HOLDFAST_PROOF'] = before
    })
    process.env['HOLDFAST_PROOF'] = file
    prove('A', 'one', { n: 1 })
    delete process.env['HOLDFAST_PROOF']
    prove('B', 'two', { n: 2 })
    process.env['HOLDFAST_PROOF'] = file
    prove('C', 'three', { good: true })
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    assert.deepEqual(
      lines.map((line) => JSON.parse(line) as unknown),
      [
        { id: 'A', title: 'one', n: 1 },
        { id: 'C', title: 'three', good: true },
      ],
    )
  })
})
