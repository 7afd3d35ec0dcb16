// A box of its own process under fire: whatever stands on the wire is answered in the words of the table; its
// memory stays bounded, its log says nothing but ids, and it serves on.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readCorpus } from '../../scripts/fuzz/corpus.ts'
import { drawMutation, mutate } from '../../scripts/fuzz/mutation.ts'
import { Random } from '../../scripts/fuzz/random.ts'
import { one, ORG, OWNER, serve, tempFolder } from '../helpers/cli.ts'
import { prove } from '../helpers/proof.ts'
import { windowOf } from '../server/kit.ts'
import { fireAt, judgeLog, peopleOn, stillServes } from './fire.ts'
import { SEED } from './property.ts'

const CONNECTIONS = 600
const AT_ONCE = 12
const LONGEST = 12_000
/** More than a box takes for all it does here (measured: about 30 MB), and far less than what is claimed. */
const MOST_GROWTH = 150

function megabytesOf(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kilobytes) / 1024)
}

test('a box under fire', async (t) => {
  const data = join(tempFolder(t), 'box')
  const { card } = await one(['init', '--data', data, '--org', ORG, '--owner', OWNER])
  const box = await serve(t, data, { more: ['--log', 'debug'] })
  const { signers, samples, owner } = await peopleOn(box, String(card))
  const window = await windowOf(box)
  const fire = { ...box, signers, window: () => window }
  const tally = { answers: 0, accepted: 0, silent: 0 }
  const before = megabytesOf(box.child.pid ?? 0)
  const greeting = box.said().length

  const known = [...samples, ...readCorpus('http')]
  const random = new Random(SEED)
  const inputs = [
    ...known,
    ...Array.from({ length: CONNECTIONS }, () => {
      const mutations = Array.from({ length: random.few(4) }, () => drawMutation(random))
      return mutate(known[random.below(known.length)] as Uint8Array, mutations, known, LONGEST)
    }),
  ]
  for (let at = 0; at < inputs.length; at += AT_ONCE) {
    const group = inputs.slice(at, at + AT_ONCE).map(async (input, i) => {
      try {
        // Each from an address of its own, so that limits for strangers do not stand before everything else.
        await fireAt(fire, input, `127.1.${(at + i) >> 8}.${1 + ((at + i) % 250)}`, tally)
      } catch (error) {
        throw new Error(`seed ${SEED}, input ${input.toHex()}`, { cause: error })
      }
    })
    await Promise.all(group)
  }

  const after = megabytesOf(box.child.pid ?? 0)
  t.diagnostic(`${JSON.stringify(tally)}, ${before} MB before, ${after} MB after`)
  await stillServes(box, owner)
  judgeLog(box.said().slice(greeting).split('\n'))
  assert.equal(box.child.exitCode, null)
  assert.ok(after - before < MOST_GROWTH, `${before} MB before, ${after} MB after`)
  assert.ok(tally.accepted > 0 && tally.answers > inputs.length / 2, JSON.stringify(tally))
  const facts = { seed: SEED, connections: inputs.length, ...tally, findings: 0 }
  prove('FUZZ-http', 'a box under fire', { ...facts, 'MB before': before, 'MB after': after })
})
