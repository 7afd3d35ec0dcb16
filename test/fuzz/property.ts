// The short form of fuzzing, by fast-check: what is checked in is run again, then mutations of the samples
// from a fixed seed. A failure prints the seed and the smallest input.
import { test } from 'node:test'
import fc from 'fast-check'
import { readCorpus } from '../../scripts/fuzz/corpus.ts'
import {
  mutate,
  type Mutation,
  MUTATION_RANGE,
  OPERATION_COUNT,
} from '../../scripts/fuzz/mutation.ts'
import { seedEverything } from '../../scripts/fuzz/random.ts'
import type { Fuzzed, Target } from '../../scripts/fuzz/target.ts'
import { prove } from '../helpers/proof.ts'

export const SEED = 2031
/** Keys and scenes are those of `npm run fuzz`: the corpus was found with them. */
const SCENE_SEED = 1

const number = fc.nat(MUTATION_RANGE - 1)
const mutation: fc.Arbitrary<Mutation> = fc.tuple(
  fc.nat(OPERATION_COUNT - 1),
  number,
  number,
  number,
  number,
)

/** A sample with up to four mutations, now and then bytes that have nothing to do with any. */
function mutated(samples: readonly Uint8Array[], longest: number): fc.Arbitrary<Uint8Array> {
  const bent = fc
    .record({
      sample: fc.nat(Math.max(0, samples.length - 1)),
      mutations: fc.array(mutation, { minLength: 1, maxLength: 4 }),
    })
    .map(({ sample, mutations }) =>
      mutate(samples[sample] ?? new Uint8Array(0), mutations, samples, longest),
    )
  const chance = fc.uint8Array({ maxLength: Math.min(longest, 300) })
  return fc.oneof({ arbitrary: bent, weight: 19 }, { arbitrary: chance, weight: 1 })
}

async function explored(target: Target, fuzzed: Fuzzed): Promise<number> {
  let executions = 0
  const run = async (input: Uint8Array): Promise<void> => {
    executions++
    await fuzzed.run(input)
  }
  const known = [...fuzzed.samples, ...readCorpus(target.name)]
  for (const input of known) await run(input)
  const property = fc.asyncProperty(mutated(known, target.longest), run)
  await fc.assert(property, { seed: SEED, numRuns: target.runs })
  await fuzzed.settle?.()
  return executions
}

/** One test for a target, with its line of proof. */
export function holds(load: () => Promise<Target>, name: string): void {
  test(name, async () => {
    seedEverything(SCENE_SEED)
    const target = await load()
    const fuzzed = await target.open()
    try {
      const executions = await explored(target, fuzzed)
      const facts = { engine: 'fast-check', seed: SEED, executions, findings: 0 }
      prove(`FUZZ-${name}`, target.about, { ...facts, ...fuzzed.facts?.() })
    } finally {
      await fuzzed.close?.()
    }
  })
}
