// Being away, as a script says and reads it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holdfast, json, newcomer, one, refusal, town, type Town } from '../helpers/cli.ts'

const UNTIL = '2099-12-03T08:00:00.000Z'

async function listed(by: string, person: string): Promise<unknown> {
  await json(['sync', '--state', by])
  const lines = await json(['people', '--state', by])
  return lines.find((line) => line['person'] === person)?.['away']
}

async function staffed(stage: Town) {
  const anna = await newcomer(stage, 'Anna Amsel')
  const gast = await newcomer(stage, 'Gast Ginster', 'guest')
  return { anna, gast }
}

test('away, seen by others, and here again', async (t) => {
  const stage = await town(t)
  const { anna, gast } = await staffed(stage)
  const mine = ['--state', anna.state]
  const note = 'Bert Buche stands in'
  const said = await one(['away', '2099-12-03T08:00Z', '--note', note, ...mine])
  assert.deepEqual(said, { person: anna.person, away: { until: UNTIL, note } })
  assert.deepEqual(await listed(stage.owner, anna.person), { until: UNTIL, note })
  const { out } = await holdfast(['people', '--state', stage.owner])
  assert.match(out, /Anna Amsel .*away until 2099-12-03T08:00:00\.000Z: Bert Buche stands in/)
  // Without a time it tells what is known; guests hold no key for it.
  assert.deepEqual(await one(['away', ...mine]), said)
  assert.equal(await listed(gast.state, anna.person), null)

  // An administrator for somebody else, for a while.
  const before = Date.now()
  const other = await one(['away', '+3d', '--person', 'Anna Amsel', '--state', stage.owner])
  const { until } = other['away'] as { until: string }
  const days = (Date.parse(until) - before) / 86_400_000
  assert.ok(days >= 3 && days < 3.1, until)

  assert.deepEqual(await one(['away', 'off', ...mine]), { person: anna.person, away: null })
  assert.equal(await listed(stage.owner, anna.person), null)
})

test('what does not go is refused with a sentence', async (t) => {
  const stage = await town(t)
  const { anna, gast } = await staffed(stage)
  const { person: owner } = await one(['whoami', '--state', stage.owner])
  const away = (...args: string[]) => holdfast(['away', ...args])
  refusal(await away('soon', '--state', anna.state), 2, /until when/)
  refusal(await away('2020-01-01T00:00:00Z', '--state', anna.state), 2, /over already/)
  refusal(await away('+3d', '--state', gast.state), 1, /guests hold no key/)
  refusal(await away('+3d', '--person', 'Gast Ginster', '--state', stage.owner), 1, /guest/)
  await json(['sync', '--state', anna.state])
  refusal(await away('+3d', '--person', String(owner), '--state', anna.state), 1, /allow/)
  const long = ['+3d', '--note', 'x'.repeat(201), '--state', anna.state]
  refusal(await away(...long), 1, /large|long/)
  await one(['revoke', 'Anna Amsel', '--state', stage.owner])
  const gone = await away('+3d', '--person', anna.person, '--state', stage.owner)
  refusal(gone, 1, /./)
})
