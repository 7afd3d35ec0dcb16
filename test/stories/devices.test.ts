// More than one phone: one is lost and replaced, another is added beside the first.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { handHistory } from '../../client/history.ts'
import { approve as approveOnly } from '../../client/people.ts'
import { news } from '../../client/views.ts'
import { idText } from '../../protocol/ids.ts'
import {
  approve,
  channel,
  direct,
  invite,
  type Phone,
  problems,
  read,
  refused,
  revoke,
  say,
  startTown,
  sync,
  syncAll,
  type Town,
  welcome,
} from '../helpers/town.ts'

async function pairWith(town: Town) {
  const olga = await town.owner()
  const anna = await welcome(town, olga, 'Anna Beispiel')
  const team = await channel(olga, 'Crisis team', anna)
  await say(olga, team, 'from before')
  await sync(anna)
  return { olga, anna, team }
}

test('A lost phone is locked out, and its replacement works at once without approval', async (t) => {
  const town = await startTown(t)
  const { olga, anna: lost, team } = await pairWith(town)
  await revoke(olga, { what: 'device', subject: lost.device, reason: 'lost' })
  await assert.rejects(sync(lost), refused('device_revoked'))
  const { card } = await invite(olga, lost.person)
  const anna = await town.enrol(card)
  assert.equal(anna.core.replica.active, true)

  await sync(olga)
  await say(olga, team, 'welcome back')
  await sync(anna)
  await say(anna, team, 'new phone')
  await sync(olga)
  assert.deepEqual(await read(anna, team), ['welcome back', 'new phone'])
  assert.deepEqual(await read(olga, team), ['from before', 'welcome back', 'new phone'])
  assert.deepEqual(await problems(anna), [])
  assert.deepEqual(await problems(olga), [])
  await assert.rejects(say(lost, team, 'I found it again'), refused('device_revoked'))
})

test('A person removes their own lost phone from their other one', async (t) => {
  const town = await startTown(t)
  const { olga, anna, team } = await pairWith(town)
  const tablet = await town.enrol((await invite(anna, anna.person)).card)
  await approve(anna, tablet.device)
  await sync(tablet)
  await revoke(tablet, { what: 'device', subject: anna.device, reason: 'lost' })
  await assert.rejects(sync(anna), refused('device_revoked'))
  await say(olga, team, 'after the loss')
  await sync(tablet)
  assert.deepEqual(await read(tablet, team), ['from before', 'after the loss'])
  assert.deepEqual(await problems(tablet), [])
})

test('A card that the thief made on the stolen phone dies with it', async (t) => {
  const town = await startTown(t)
  const { olga, anna } = await pairWith(town)
  const { card } = await invite(anna, anna.person)
  await revoke(olga, { what: 'device', subject: anna.device, reason: 'lost' })
  await assert.rejects(town.enrol(card), refused('card_revoked'))
})

test('A second phone waits, can do nothing, and reads what the first can once approved', async (t) => {
  const town = await startTown(t)
  const { olga, anna, team } = await pairWith(town)
  const pair = await direct(anna, olga)
  await say(anna, pair, 'between us')
  await sync(olga)
  await say(olga, pair, 'yes?')
  await sync(anna)
  const tablet = await town.enrol((await invite(anna, anna.person)).card)

  assert.equal(tablet.core.replica.active, false)
  assert.equal(tablet.core.replica.channels.size, 0)
  const { line, signer } = tablet.core
  await assert.rejects(line.call('receipts', { log: team }, signer), refused('device_pending'))
  await assert.rejects(line.call('entries', { items: [] }, signer), refused('device_pending'))
  await assert.rejects(approve(tablet, tablet.device), refused('device_pending'))
  await assert.rejects(invite(tablet, tablet.person), refused('device_pending'))

  assert.ok((await approve(anna, tablet.device)) > 0)
  await sync(tablet)
  assert.deepEqual(await read(tablet, team), ['from before'])
  assert.deepEqual(await read(tablet, pair), ['between us', 'yes?'])
  await syncAll(anna, tablet)
  await say(tablet, pair, 'from the tablet')
  await syncAll(olga, anna)
  const all = ['between us', 'yes?', 'from the tablet']
  for (const phone of [olga, anna, tablet]) {
    assert.deepEqual(await read(phone, pair), all)
    assert.deepEqual(await problems(phone), [])
  }
})

test('The second phone reads the history when another member was faster with the new key', async (t) => {
  const town = await startTown(t)
  const { olga, anna, team } = await pairWith(town)
  const tablet = await town.enrol((await invite(anna, anna.person)).card)
  await anna.act((core) => approveOnly(core, tablet.device))
  await sync(olga)
  await say(olga, team, 'for the newcomer')
  await sync(tablet)
  assert.deepEqual(await read(tablet, team), ['for the newcomer'])
  await anna.act((core) => handHistory(core, tablet.device))
  await sync(tablet)
  assert.deepEqual(await read(tablet, team), ['from before', 'for the newcomer'])
  assert.deepEqual(await problems(tablet), [])
})

test('A second phone that nobody approves reads nothing, whatever is said', async (t) => {
  const town = await startTown(t)
  const { olga, anna, team } = await pairWith(town)
  const stranger = await town.enrol((await invite(olga, anna.person)).card)
  await say(olga, team, 'not for the stranger')
  await syncAll(anna, stranger, olga, stranger)
  assert.equal(stranger.core.replica.active, false)
  assert.deepEqual(await read(stranger, team), [])
  assert.deepEqual(await stranger.store.list('keys'), [])
  assert.deepEqual(await stranger.store.list('entries', team), [])
  assert.deepEqual(await problems(stranger), [])
})

test('Colleagues hear of a further device, so that nobody becomes somebody else unseen', async (t) => {
  const town = await startTown(t)
  const { olga, anna } = await pairWith(town)
  const bert = await welcome(town, olga, 'Bert Beispiel')
  const { person, card } = await invite(olga, 'Dora Beispiel')
  await channel(olga, 'Expected', person)
  await town.enrol(card)
  await sync(olga)
  assert.deepEqual(await devicesTold(olga), [], 'a first device takes nobody’s place')
  for (const phone of [olga, anna, bert]) await devicesTold(phone)
  const tablet = await town.enrol((await invite(anna, anna.person)).card)
  await syncAll(olga, anna)
  assert.deepEqual(await devicesTold(anna), [`${idText(tablet.device)} waits`])
  assert.deepEqual(await devicesTold(olga), [], 'not before it can do anything')
  await approve(anna, tablet.device)
  await syncAll(olga, bert, tablet)
  assert.deepEqual(await devicesTold(olga), [`${idText(tablet.device)} is in`])
  assert.deepEqual(await devicesTold(bert), [], 'they share no channel')
  assert.deepEqual(await devicesTold(tablet), [], 'it knows itself')
  const third = await town.enrol((await invite(anna, anna.person)).card)
  assert.deepEqual(await devicesTold(third), [], 'what was there before it is no news')

  // An administrator who takes a colleague's place: revoke the phone, make a card, use it oneself.
  await revoke(olga, { what: 'device', subject: anna.device, reason: 'lost' })
  await revoke(olga, { what: 'device', subject: tablet.device, reason: 'lost' })
  const impostor = await town.enrol((await invite(olga, anna.person)).card)
  await sync(olga)
  assert.deepEqual(await devicesTold(olga), [`${idText(impostor.device)} is in`])
})

/** The further devices that a phone tells of as news. */
async function devicesTold({ core }: Phone): Promise<string[]> {
  const { items, seen } = await news(core)
  await seen()
  return items.flatMap((item) =>
    item.type === 'notice' ? [`${idText(item.device)} ${item.waiting ? 'waits' : 'is in'}`] : [],
  )
}
