// The sections of RUNBOOK.md that are about people and keys, typed as they stand there.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { json, newcomer, one, ORG, OWNER, serve, tempFolder, type Town } from '../helpers/cli.ts'

/** An organisation, and the root key as the first owner has written it down. */
async function founded(t: TestContext): Promise<{ town: Town; root: string }> {
  const folder = tempFolder(t)
  const data = join(folder, 'box')
  const made = await one(['init', '--data', data, '--org', ORG, '--owner', OWNER])
  const card = String(made['card'])
  const box = await serve(t, data)
  const owner = join(folder, 'owner')
  const joined = await one(['join', card, '--box', box.url, '--state', owner])
  return { town: { folder, data, box, owner, card }, root: String(joined['root']) }
}

const roleOf = async (state: string, name: string): Promise<unknown> =>
  (await json(['people', '--state', state])).find((row) => row['name'] === name)?.['role']

test('Last owner gone: an administrator and the root key make another one', async (t) => {
  const { town, root } = await founded(t)
  const { state } = await newcomer(town, 'Carla Beispiel', 'admin')
  const [alone] = await json(['role', 'Carla Beispiel', 'owner', '--state', state])
  assert.ok(typeof alone?.['proposal'] === 'string', 'it takes somebody who is not there')
  await json(['role', 'Carla Beispiel', 'owner', '--root', root, '--state', state])
  assert.equal(await roleOf(state, 'Carla Beispiel'), 'owner')
  await json(['revoke', OWNER, '--reason', 'left', '--root', root, '--state', state])
  assert.equal(await roleOf(state, OWNER), undefined)
})

test('Lost root card: two administrators do what it did', async (t) => {
  const { town } = await founded(t)
  const chief = await newcomer(town, 'Carla Beispiel', 'admin')
  const inviting = ['invite', '--name', 'Dora Muster', '--role', 'admin', '--state', town.owner]
  const { proposal } = await one(inviting)
  assert.equal(await roleOf(town.owner, 'Dora Muster'), undefined)
  await json(['cosign', String(proposal), '--state', chief.state])
  await json(['sync', '--state', town.owner])
  assert.equal(await roleOf(town.owner, 'Dora Muster'), 'admin')
})
