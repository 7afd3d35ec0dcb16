// The box is stolen. Somebody brings it back from yesterday's backup, and the phones bring back today.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import {
  holdfast,
  json,
  type Line,
  newcomer,
  one,
  refusal,
  serve,
  type Town,
  town,
} from '../helpers/cli.ts'

const texts = (lines: Line[]): string[] =>
  lines.flatMap(({ text }) => (typeof text === 'string' ? [text] : []))

/** Everything that a device says when it catches up. */
const sync = (state: string): Promise<Line[]> => json(['sync', '--state', state])
const send = (channel: string, text: string, state: string) =>
  one(['send', channel, text, '--queue', '--state', state])

async function backedUp(t: TestContext) {
  const there = await town(t)
  const anna = await newcomer(there, 'Anna Beispiel')
  await one(['channel', 'create', 'Crisis team', 'Anna Beispiel', '--state', there.owner])
  await send('Crisis team', 'yesterday', there.owner)
  await sync(anna.state)
  const stick = join(there.folder, 'stick')
  mkdirSync(stick)
  const { secret } = await one([
    'backup',
    '--page',
    '--data',
    there.data,
    '--origin',
    'https://crisis.musterstadt.example',
  ])
  const { file } = await one(['backup', '--data', there.data, '--backup-to', stick])
  return { there, anna, secret: String(secret), file: String(file) }
}

/** Another machine under the same address. */
async function bringBack(t: TestContext, { folder, box }: Town, secret: string, file: string) {
  await box.end('SIGKILL')
  const data = join(folder, `restored-${Math.random()}`)
  await json(['restore', file, '--data', data], { input: secret })
  await serve(t, data, { port: box.port })
  return data
}

describe('a box from yesterday’s backup', () => {
  test('gets today back from the phones, takes nothing new until administrators have spoken, and then everything', async (t) => {
    const { there, anna, secret, file } = await backedUp(t)
    const { owner } = there
    await send('Crisis team', 'today, from Anna', anna.state)
    const bernd = await newcomer(there, 'Bernd Beispiel')
    await one([
      'channel',
      'create',
      'Night shift',
      'Bernd Beispiel',
      'Anna Beispiel',
      '--state',
      owner,
    ])
    await send('Night shift', 'a channel of today', owner)
    await one(['channel', 'create', 'All staff', '--audience', '--all', '--state', owner])
    const alert = await one(['alert', 'All staff', 'Fire in plant 2.', '--state', owner])
    await sync(bernd.state)
    await sync(anna.state)
    await one(['answer', String(alert['id']), 'safe', '--state', bernd.state])
    await json(['rollcall', String(alert['id']), '--state', owner])
    await sync(owner)
    await one(['channel', 'remove', 'Night shift', 'Anna Beispiel', '--state', owner])
    await send('Night shift', 'without Anna', owner)
    await sync(bernd.state)

    await bringBack(t, there, secret, file)
    const found = await sync(owner)
    const problems = found.filter(({ code }) => code === 'rolled_back')
    assert.ok(problems.length >= 1, 'it is an alarm')
    const queued = await send('Crisis team', 'while nobody has confirmed', owner)
    assert.equal(queued['queued'], true)
    refusal(
      await holdfast(['send', 'Crisis team', 'and this', '--state', owner]),
      1,
      /older copy|backup/,
    )
    const invited = await holdfast([
      'invite',
      '--name',
      'Carla Probe',
      '--role',
      'member',
      '--state',
      owner,
    ])
    refusal(invited, 1, /backup/)
    const said = await one(['restored', '--state', owner])
    assert.ok(Number(said['directory']) > 0)
    await sync(owner)
    await send('Night shift', 'after it', owner)
    const [forAnna, forBernd] = [await sync(anna.state), await sync(bernd.state)]
    assert.deepEqual(texts(forAnna), ['while nobody has confirmed', 'and this'])
    assert.deepEqual(texts(forBernd), ['after it'])

    // Whoever joins now reads what stands on the box: all of it, yesterday's and today's.
    const dora = await newcomer(there, 'Dora Musterfrau')
    await one(['channel', 'add', 'Crisis team', 'Dora Musterfrau', '--state', owner])
    await send('Crisis team', 'welcome', owner)
    assert.deepEqual(texts(await sync(dora.state)), ['welcome'])
    const roll = await json(['rollcall', String(alert['id']), '--state', owner])
    assert.equal(roll.find(({ name }) => name === 'Bernd Beispiel')?.['state'], 'answered')
  })

  test('learns from one phone what another one cannot bring, and a phone of today gets in again', async (t) => {
    const { there, anna, secret, file } = await backedUp(t)
    const bernd = await newcomer(there, 'Bernd Beispiel')
    await one(['channel', 'add', 'Crisis team', 'Bernd Beispiel', '--state', there.owner])
    await send('Crisis team', 'from Bernd', bernd.state)
    await sync(anna.state)
    await sync(there.owner)
    await bringBack(t, there, secret, file)
    refusal(await holdfast(['sync', '--state', bernd.state]), 1, /does not know this device/)
    await sync(anna.state)
    await sync(bernd.state)
    await one(['restored', '--state', there.owner])
    await send('Crisis team', 'here again', bernd.state)
    assert.deepEqual(texts(await sync(anna.state)), ['here again'])
  })

  test('lets nobody in with a card that was used since, nor with a card of before, until it goes on', async (t) => {
    const { there, secret, file } = await backedUp(t)
    const invited = await one([
      'invite',
      '--name',
      'Bernd Beispiel',
      '--role',
      'member',
      '--state',
      there.owner,
    ])
    await bringBack(t, there, secret, file)
    const joining = [
      'join',
      String(invited['card']),
      '--box',
      there.box.url,
      '--state',
      join(there.folder, 'b'),
    ]
    refusal(await holdfast(joining), 1, /does not know this card|backup/)
  })

  test('that nobody has called restored is believed by no device, whatever it says', async (t) => {
    const { there, anna, secret, file } = await backedUp(t)
    await send('Crisis team', 'today', anna.state)
    await sync(there.owner)
    const data = await bringBack(t, there, secret, file)
    assert.ok(data)
    const restored = await holdfast(['restored', '--state', anna.state])
    refusal(restored, 1, /role of this person/)
    await sync(anna.state)
    const waiting = await send('Crisis team', 'to nobody', anna.state)
    assert.equal(waiting['queued'], true)
  })
})
