// The sections of RUNBOOK.md that are about people, keys and names, typed as they stand there.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import {
  holdfast,
  json,
  newcomer,
  one,
  ORG,
  OWNER,
  refusal,
  serve,
  tempFolder,
  type Town,
} from '../helpers/cli.ts'

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

test('Lost first card: the empty organisation goes, and a new one takes its place', async (t) => {
  const folder = tempFolder(t)
  const data = join(folder, 'box')
  const founding = ['init', '--data', data, '--org', ORG, '--owner', OWNER]
  const { card: lost } = await one(founding)
  const entries = (await json(['status', '--data', data])).find(
    ({ figure }) => figure === 'entries',
  )
  assert.equal(entries?.['value'], 0, 'nobody has joined')
  rmSync(data, { recursive: true })
  const { card } = await one(founding)
  const box = await serve(t, data)
  const joining = (which: unknown, state: string): string[] => [
    'join',
    String(which),
    '--box',
    box.url,
    '--state',
    join(folder, state),
  ]
  refusal(await holdfast(joining(lost, 'finder')), 1, /card/)
  await one(joining(card, 'owner'))
})

test('Move to a new name: everybody changes over while the box answers to both', async (t) => {
  const town = await founded(t).then((made) => made.town)
  const { data, owner } = town
  const anna = await newcomer(town, 'Anna Beispiel')
  await one(['channel', 'create', 'Crisis team', 'Anna Beispiel', '--state', owner])
  await one(['send', 'Crisis team', 'Under the old name.', '--state', owner])
  await json(['sync', '--state', anna.state])
  await town.box.end('SIGTERM')
  const { port } = town.box
  const [old, fresh] = [`http://127.0.0.1:${port}`, `http://localhost:${port}`]
  const both = await serve(t, data, { port, more: ['--origin', fresh, '--also', old] })

  const states: string[] = []
  for (const [state, person] of [
    [owner, OWNER],
    [anna.state, 'Anna Beispiel'],
  ] as const) {
    const { card } = await one(['invite', '--person', person, '--state', state])
    const next = `${state}-new`
    const joined = await one(['join', String(card), '--box', fresh, '--state', next])
    await one(['approve', String(joined['device']), '--state', state])
    states.push(next)
  }
  const [ownerNew = '', annaNew = ''] = states
  for (const state of states) await json(['sync', '--state', state])
  const { device } = await one(['whoami', '--state', owner])
  for (const one of [device, anna.device])
    await json(['revoke', String(one), '--reason', 'replaced', '--state', ownerNew])
  await both.end('SIGTERM')

  await serve(t, data, { port, more: ['--origin', fresh] })
  refusal(await holdfast(['sync', '--state', anna.state]), 1)
  await one(['send', 'Crisis team', 'Under the new name.', '--state', ownerNew])
  const heard = await json(['sync', '--state', annaNew])
  assert.ok(heard.some(({ text }) => text === 'Under the new name.'))
})
