// The roll call as a script sees it: who was admitted after an alert has not received it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { json, newcomer, one, town } from '../helpers/cli.ts'

test('somebody admitted after the alert is waiting in the roll call, and received the next one', async (t) => {
  const stage = await town(t)
  const anna = await newcomer(stage, 'Anna Amsel')
  const at = ['--state', stage.owner]
  await one(['channel', 'create', 'All staff', '--audience', '--all', ...at])
  const { id: fire } = await one(['alert', 'All staff', 'Fire in the control room', ...at])
  await json(['sync', '--state', anna.state])
  const nora = await newcomer(stage, 'Nora Neu')
  await one(['channel', 'add', 'All staff', nora.person, ...at])
  await json(['sync', '--state', nora.state])
  const { id: over } = await one(['alert', 'All staff', 'All clear', ...at])
  await json(['sync', '--state', nora.state])
  const states = async (id: unknown) =>
    Object.fromEntries(
      (await json(['rollcall', String(id), ...at])).map(({ name, state }) => [name, state]),
    ) as Record<string, string>
  const first = await states(fire)
  assert.deepEqual([first['Anna Amsel'], first['Nora Neu']], ['received', 'waiting'])
  assert.equal((await states(over))['Nora Neu'], 'received')
})
