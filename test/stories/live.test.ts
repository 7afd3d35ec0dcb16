// The live line: what is said arrives by itself, also after the box was away, also on a shared folder.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { Core } from '../../client/core.ts'
import { stayLive } from '../../client/live.ts'
import { SqliteStore } from '../../client/node/sqlite-store.ts'
import type { Row, Table } from '../../client/store.ts'
import { equal } from '../../protocol/bytes.ts'
import { KIND } from '../../protocol/kinds.ts'
import { message, operation, post } from '../helpers/hostile.ts'
import { ROUTES } from '../../protocol/api.ts'
import { encodeFrame } from '../../protocol/frames.ts'
import {
  approve,
  channel,
  invite,
  Phone,
  problems,
  queue,
  read,
  refused,
  reopen,
  remove,
  revoke,
  say,
  startTown,
  sync,
  type Town,
  TownNetwork,
  until,
  welcome,
} from '../helpers/town.ts'

/** The town's time, and pauses that are real but short. */
const briskly = (town: Town) => ({
  now: () => town.clock.now(),
  wait: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, Math.min(ms, 50))),
})

type Line = { states: boolean[]; end: Promise<unknown> }

function listen(phone: Phone): Line {
  const ending = new AbortController()
  const states: boolean[] = []
  const events = {
    changed: () => Promise.resolve(),
    state: (online: boolean) => void states.push(online),
  }
  const end = stayLive(phone.core, events, ending.signal).catch((error: unknown) => error)
  phone.beforeClose(async () => {
    ending.abort()
    await end
  })
  return { states, end }
}

async function twoPhones(town: Town) {
  const clock = briskly(town)
  const olga = await town.owner({ clock })
  const network = new TownNetwork()
  const anna = await welcome(town, olga, 'Anna Beispiel', 'member', {
    clock,
    network,
    folder: 'anna',
  })
  const team = await channel(olga, 'Crisis team', anna)
  const lines = { olga: listen(olga), anna: listen(anna) }
  const connected = (): boolean => town.box.context.live.of(olga.core.signer.org).size === 2
  await until(connected, 'both are connected')
  return { olga, anna, network, team, lines, connected }
}

const shows = (phone: Phone, team: Parameters<typeof read>[1], text: string) => async () =>
  (await read(phone, team)).includes(text)

test('A message arrives on a connected phone without any question from it', async (t) => {
  const town = await startTown(t)
  const { olga, anna, network, team } = await twoPhones(town)
  await say(olga, team, 'first')
  await until(shows(anna, team, 'first'), 'the first message')
  const asked = network.count(ROUTES.sync.path)
  await say(olga, team, 'second')
  await until(shows(anna, team, 'second'), 'the second message')
  assert.equal(network.count(ROUTES.sync.path), asked)
  assert.deepEqual(await read(anna, team), ['first', 'second'])
  assert.deepEqual(await problems(anna), [])
})

test('When the box was away both phones come back by themselves and go on', async (t) => {
  const town = await startTown(t)
  const { olga, anna, team, lines, connected } = await twoPhones(town)
  await say(olga, team, 'before')
  await town.stop()
  const lost = (): number => lines.anna.states.filter((online) => !online).length
  await until(() => lost() >= 3, 'the phone says that the box is away, and tries again')
  await town.start()
  await until(connected, 'both are connected again')
  await until(() => lines.anna.states.at(-1) === true, 'and the phone says so')
  await say(olga, team, 'after')
  await until(shows(anna, team, 'after'), 'the message after the restart')
  await say(anna, team, 'and back')
  await until(shows(olga, team, 'and back'), 'the answer')
  for (const phone of [olga, anna]) {
    assert.deepEqual(await read(phone, team), ['before', 'after', 'and back'])
    assert.deepEqual(await problems(phone), [])
  }
})

test('A connected phone whose owner is removed hears of it at once and stops', async (t) => {
  const town = await startTown(t)
  const { olga, anna, lines } = await twoPhones(town)
  await revoke(olga, { what: 'person', subject: anna.person })
  const reason = await lines.anna.end
  assert.equal(reason instanceof Error && 'code' in reason ? reason.code : reason, 'device_revoked')
})

test('A connected phone that is removed from a channel hears nothing more of it', async (t) => {
  const town = await startTown(t)
  const { olga, anna, team } = await twoPhones(town)
  await remove(olga, team, anna)
  const other = await channel(olga, 'Canteen', anna)
  await say(olga, team, 'without Anna')
  await say(olga, other, 'soup')
  await until(shows(anna, other, 'soup'), 'the message in the other channel')
  assert.deepEqual(await read(anna, team), [])
  assert.deepEqual(await problems(anna), [])
})

test('A listener and a sender share one folder and do not get into each other’s way', async (t) => {
  const town = await startTown(t)
  const { olga, anna, team } = await twoPhones(town)
  const sender = await reopen(town, { folder: 'anna', clock: briskly(town) })
  const texts: string[] = []
  for (let i = 0; i < 5; i++) {
    for (const [who, phone] of [
      ['sender', sender],
      ['olga', olga],
      ['listener', anna],
    ] as const) {
      texts.push(`${who} ${i}`)
      await say(phone, team, `${who} ${i}`)
    }
  }
  for (const phone of [olga, anna, sender]) {
    await until(shows(phone, team, 'listener 4'), 'the last message')
    assert.deepEqual(await read(phone, team), texts)
    assert.deepEqual(await problems(phone), [])
  }
})

test('Both at the same time, many times over: nothing is lost and nothing is there twice', async (t) => {
  const town = await startTown(t)
  const { olga, anna, team } = await twoPhones(town)
  const sender = await reopen(town, { folder: 'anna', clock: briskly(town) })
  const talk = async (phone: Phone, who: string): Promise<void> => {
    for (let i = 0; i < 10; i++) await say(phone, team, `${who} ${i}`)
  }
  await Promise.all([talk(sender, 'sender'), talk(olga, 'olga'), talk(anna, 'listener')])
  for (const phone of [olga, anna, sender]) {
    await sync(phone)
    const texts = await read(phone, team)
    assert.equal(new Set(texts).size, 30)
    assert.equal(texts.length, 30)
    assert.deepEqual(await problems(phone), [])
  }
})

/** While the rows of a device are being read, another process stores something between two tables. */
class InterruptedStore extends SqliteStore {
  interrupt: (() => Promise<void>) | null = null

  override async list(table: Table, prefix?: Uint8Array): Promise<Row[]> {
    if (table === 'entries' && this.interrupt !== null) {
      const work = this.interrupt
      this.interrupt = null
      await work()
    }
    return super.list(table, prefix)
  }
}

test('A verb that starts while the listener is storing sees what the listener has stored', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const anna = await welcome(town, olga, 'Anna Beispiel', 'member', { folder: 'anna' })
  const team = await channel(olga, 'Crisis team', anna)
  await say(olga, team, 'just now')
  const store = new InterruptedStore(join(town.folder, 'anna'))
  store.interrupt = () => sync(anna)
  const core = await Core.open({ store, clock: town.clock })
  assert.ok(core !== null)
  const verb = new Phone(core, store)
  town.phones.push(verb)
  assert.deepEqual(await read(anna, team), ['just now'])
  assert.deepEqual(await read(verb, team), ['just now'])
})

test('Somebody who is not in the organisation any more cannot open a live line', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const anna = await welcome(town, olga, 'Anna Beispiel')
  await revoke(olga, { what: 'person', subject: anna.person })
  const code = await new Promise((resolve) => {
    anna.core.line.live(anna.core.signer, () => {}, resolve)
  })
  assert.equal(code, 4004)
  await assert.rejects(sync(anna), refused('device_revoked'))
})

test('A second phone that waits on the line comes in by itself once it is approved', async (t) => {
  const town = await startTown(t)
  const { olga, anna, team } = await twoPhones(town)
  await say(olga, team, 'from before')
  const { card } = await invite(anna, anna.person)
  const tablet = await town.enrol(card, { clock: briskly(town) })
  const line = listen(tablet)
  await until(() => line.states.at(-1) === true, 'the second phone is connected')
  await approve(anna, tablet.device)
  await until(shows(tablet, team, 'from before'), 'the history')
  await say(olga, team, 'to both')
  await until(shows(tablet, team, 'to both'), 'the next message')
  assert.deepEqual(await problems(tablet), [])
})

test('What could not be sent is sent when the box says that it is there', async (t) => {
  const town = await startTown(t)
  const clock = briskly(town)
  const olga = await town.owner({ clock })
  const network = new TownNetwork()
  const anna = await welcome(town, olga, 'Anna Beispiel', 'member', { clock, network })
  const team = await channel(olga, 'Crisis team', anna)
  await sync(anna)
  await anna.core.run(() => queue(anna, team, 'from the cellar'))
  network.cut(ROUTES.entries.path, 'before', 2)
  const line = listen(anna)
  listen(olga)
  await until(() => line.states.at(-1) === true, 'the line stands')
  await until(() => network.cuts === 2, 'the message found no way before and after that')
  await anna.core.run(() => Promise.resolve())
  assert.deepEqual(await read(olga, team), [])
  // Two words at once: the second has been heard before the try that the first asks for is over.
  for (const { socket } of town.box.context.live.of(anna.core.signer.org))
    for (let i = 0; i < 2; i++) socket.send(encodeFrame({ type: 'alive', t: town.clock.now() }))
  await until(shows(olga, team, 'from the cellar'), 'the message')
})

test('A fault of ours ends the line and is heard of', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner({ clock: briskly(town) })
  const fault = new TypeError('ours')
  const events = { changed: () => Promise.reject(fault), state: () => {} }
  await assert.rejects(stayLive(olga.core, events, new AbortController().signal), fault)
})

test('Who hangs up while it catches up is not connected afterwards', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner({ clock: briskly(town) })
  const ending = new AbortController()
  const states: boolean[] = []
  const events = {
    changed: () => Promise.resolve(ending.abort()),
    state: (online: boolean) => void states.push(online),
  }
  await stayLive(olga.core, events, ending.signal)
  assert.ok(!states.includes(true))
  await until(() => town.box.context.live.of(olga.core.signer.org).size === 0, 'nobody is left')
})

test('The box’s word that it is there tells its time', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner({ clock: briskly(town) })
  const line = listen(olga)
  await until(() => line.states.at(-1) === true, 'connected')
  const error = 9 * 60_000
  for (const connection of town.box.context.live.of(olga.core.signer.org))
    connection.socket.send(encodeFrame({ type: 'alive', t: town.clock.now() - error }))
  await until(() => Math.abs(olga.core.clockError - error) < 5_000, 'the phone has heard it')
})

test('A connected phone gives the keys to a newcomer whom nobody else has given them to', async (t) => {
  const town = await startTown(t)
  const { olga, anna, team } = await twoPhones(town)
  const nina = await welcome(town, olga, 'Nina Newcomer')
  // As a device would whose line breaks after the first of two uploads.
  await post(olga, operation(olga, team, KIND.add, { subjects: [nina.person] }))
  const hasKey = (): boolean => {
    const { channels } = nina.core.replica
    const epoch = channels.get(team)?.currentEpoch(0) ?? null
    return epoch !== null && nina.core.replica.epochKey(epoch.id, epoch.gen) !== null
  }
  listen(nina)
  await until(hasKey, 'the key')
  await say(anna, team, 'welcome')
  await until(shows(nina, team, 'welcome'), 'the message')
})

test('A line on which something is missing that cannot be fetched is opened again', async (t) => {
  const town = await startTown(t)
  const { olga, anna, network, team, lines } = await twoPhones(town)
  await say(olga, team, 'before')
  await until(shows(anna, team, 'before'), 'the message before')
  network.cut(ROUTES.sync.path, 'before')
  const states = lines.anna.states.length
  const bytes = encodeFrame({ type: 'entry', n: 99, bytes: message(olga, team, 'from nowhere') })
  for (const { socket, device } of town.box.context.live.of(anna.core.signer.org))
    if (equal(device, anna.device)) socket.send(bytes)
  await until(() => lines.anna.states.slice(states).includes(false), 'the line is given up')
  await until(() => lines.anna.states.at(-1) === true, 'and stands again')
  await say(olga, team, 'after')
  await until(shows(anna, team, 'after'), 'the message after')
})
