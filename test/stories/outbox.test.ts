// The phone dies or the network breaks at the worst moment: what was said arrives once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drain, waiting } from '../../client/outbox.ts'
import { ROUTES } from '../../protocol/api.ts'
import { equal } from '../../protocol/bytes.ts'
import type { LogId } from '../../protocol/ids.ts'
import { decodePrekey } from '../../protocol/prekey.ts'
import {
  add,
  DAY,
  channel,
  crowd,
  invite,
  type Phone,
  problems,
  queue,
  read,
  refused,
  remove,
  reopen,
  say,
  startTown,
  sync,
  syncAll,
  type Town,
  TownNetwork,
  welcome,
} from '../helpers/town.ts'

const ENTRIES = ROUTES.entries.path

async function pairOn(town: Town) {
  const olga = await town.owner()
  const network = new TownNetwork()
  const anna = await welcome(town, olga, 'Anna Beispiel', 'member', { folder: 'anna', network })
  const team = await channel(olga, 'Crisis team', anna)
  await sync(anna)
  return { olga, anna, network, team }
}

const rows = (phone: Phone) => phone.core.run(() => waiting(phone.core))

/** Cut at the first post of an entry, as far as the phone gets, and then its process is gone. */
async function dieWhileSaying(phone: Phone, to: LogId, text: string): Promise<Uint8Array> {
  await assert.rejects(say(phone, to, text), refused('box_unreachable'))
  const [left, ...more] = await rows(phone)
  assert.ok(left !== undefined && more.length === 0)
  assert.ok(left.row.sealed.length > 0, 'sealed, and its fate unknown')
  await phone.close()
  return left.row.sealed
}

for (const when of ['before', 'after'] as const) {
  test(`A phone that dies just ${when} its message reaches the box sends it once`, async (t) => {
    const town = await startTown(t)
    const { olga, anna: dying, network, team } = await pairOn(town)
    network.cut(ENTRIES, when)
    const sealed = await dieWhileSaying(dying, team, 'said once')

    const anna = await reopen(town, { folder: 'anna' })
    assert.deepEqual((await rows(anna))[0]?.row.sealed, sealed)
    await sync(anna)
    await sync(olga)
    await sync(anna)
    for (const phone of [anna, olga]) {
      assert.deepEqual(await read(phone, team), ['said once'])
      assert.deepEqual(await problems(phone), [])
    }
    assert.deepEqual(await rows(anna), [])
    const [org] = [...town.box.context.orgs.values()]
    const stored = org?.store.committed.logs.range(team, 1, 1000, 1000) ?? []
    assert.equal(
      stored.filter(({ header }) => equal(header, sealed.subarray(0, header.length))).length,
      1,
    )
  })
}

test('A message whose answer was lost gets the same place when it is sent again', async (t) => {
  const town = await startTown(t)
  const { olga, anna, network, team } = await pairOn(town)
  const { n } = await say(anna, team, 'one')
  network.cut(ENTRIES, 'after', 3)
  await assert.rejects(say(anna, team, 'two'), refused('box_unreachable'))
  await say(olga, team, 'meanwhile')
  await sync(anna)
  assert.deepEqual(await read(anna, team), ['one', 'two', 'meanwhile'])
  assert.equal((await rows(anna)).length, 1, 'the box has it, the phone does not know yet')
  network.heal()
  const sent = await anna.act((core) => drain(core))
  assert.deepEqual(
    sent.sent.map((one) => one.n),
    [n + 1],
  )
  await syncAll(olga, anna)
  for (const phone of [anna, olga]) {
    assert.deepEqual(await read(phone, team), ['one', 'two', 'meanwhile'])
    assert.deepEqual(await problems(phone), [])
  }
})

test('What is written without the box goes out in order when it is back', async (t) => {
  const town = await startTown(t)
  const { olga, anna, team } = await pairOn(town)
  await town.stop()
  for (const text of ['one', 'two', 'three']) await anna.core.run(() => queue(anna, team, text))
  await assert.rejects(sync(anna), refused('box_unreachable'))
  assert.equal((await rows(anna)).length, 3)
  await town.start()
  await sync(anna)
  await sync(olga)
  assert.deepEqual(await read(olga, team), ['one', 'two', 'three'])
})

test('A message that was sealed before new keys came is sealed again, and arrives once', async (t) => {
  const town = await startTown(t)
  const { olga, anna, network, team } = await pairOn(town)
  const leo = await welcome(town, olga, 'Leo Leaver')
  await add(olga, team, leo)
  network.cut(ENTRIES, 'before')
  await assert.rejects(say(anna, team, 'for the team'), refused('box_unreachable'))
  await remove(olga, team, leo)
  await sync(anna)
  await syncAll(olga, leo)
  assert.deepEqual(await read(olga, team), ['for the team'])
  assert.deepEqual(await read(leo, team), [])
  for (const phone of [olga, anna, leo]) assert.deepEqual(await problems(phone), [])
})

test('The same, when the box had taken it: it stands once, under the keys of then', async (t) => {
  const town = await startTown(t)
  const { olga, anna, network, team } = await pairOn(town)
  const leo = await welcome(town, olga, 'Leo Leaver')
  await add(olga, team, leo)
  network.cut(ENTRIES, 'after')
  await assert.rejects(say(anna, team, 'for the team'), refused('box_unreachable'))
  await remove(olga, team, leo)
  await syncAll(anna, olga, anna)
  for (const phone of [olga, anna]) {
    assert.deepEqual(await read(phone, team), ['for the team'])
    assert.deepEqual(await problems(phone), [])
  }
  assert.deepEqual(await rows(anna), [])
})

for (const path of [ROUTES.enrol.path, ROUTES.sync.path]) {
  for (const when of ['before', 'after'] as const) {
    test(`A joining phone that loses the box ${when} ${path} joins with the same card`, async (t) => {
      const town = await startTown(t)
      const olga = await town.owner()
      const { card } = await invite(olga, 'Anna Beispiel')
      const network = new TownNetwork()
      network.cut(path, when)
      await assert.rejects(
        town.enrol(card, { folder: 'anna', network }),
        refused('box_unreachable'),
      )
      const anna = await town.enrol(card, { folder: 'anna', network })
      assert.equal(anna.core.replica.active, true)
      await sync(olga)
      const known = olga.core.replica.directory.persons.get(anna.person)
      assert.deepEqual(known?.devices, [anna.device])
    })
  }
}

test('A phone whose first receipt is lost while joining has joined, and says so', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const { card, person } = await invite(olga, 'Anna Beispiel')
  await channel(olga, 'Crisis team', person)
  const network = new TownNetwork()
  network.cut(ROUTES.receipt.path, 'before')
  const first = town.enrol(card, { folder: 'anna', network })
  const anna = await first.catch(() => town.enrol(card, { folder: 'anna', network }))
  assert.equal(anna.core.replica.active, true)
})

test('A founder who loses the box while joining still gets the root key on paper', async (t) => {
  const town = await startTown(t)
  const network = new TownNetwork()
  network.cut(ROUTES.sync.path, 'after')
  await assert.rejects(town.owner({ folder: 'olga', network }), refused('box_unreachable'))
  const olga = await town.owner({ folder: 'olga', network })
  assert.ok(olga.rootPaper !== null)
})

test('A prekey whose way to the box was cut is offered again with the next sync', async (t) => {
  const town = await startTown(t)
  const { anna, network } = await pairOn(town)
  town.clock.advance(8 * DAY)
  network.cut(ROUTES.prekey.path, 'before')
  await assert.rejects(sync(anna), refused('box_unreachable'))
  const newest = Math.max(...anna.core.replica.prekeys.keys())
  await sync(anna)
  const { prekeys } = await anna.core.line.call(
    'prekeys',
    { devices: [anna.device] },
    anna.core.signer,
  )
  assert.deepEqual(
    prekeys.map((bytes) => decodePrekey(bytes).pkid),
    [newest],
  )
})

test('A phone that dies between new keys and their delivery leaves nobody without them', async (t) => {
  const town = await startTown(t)
  const network = new TownNetwork()
  const olga = await town.owner({ folder: 'olga', network })
  // More people than keys travel with the announce itself.
  const names = Array.from({ length: 66 }, (_, i) => `Person ${i} Beispiel`)
  const phones = await crowd(town, olga, names)
  network.cut(ROUTES.wraps.path, 'before')
  await assert.rejects(channel(olga, 'Crisis team', ...phones), refused('box_unreachable'))
  await olga.close()

  const again = await reopen(town, { folder: 'olga' })
  await sync(again)
  const [known] = [...again.core.replica.channels.values()]
  assert.ok(known !== undefined)
  await say(again, known.id, 'for everybody')
  const reading = async (phone: Phone): Promise<boolean> => {
    await sync(phone)
    return (await read(phone, known.id)).length === 1
  }
  const texts: boolean[] = []
  for (const phone of phones) texts.push(await reading(phone))
  assert.equal(texts.filter((has) => has).length, phones.length)
})
