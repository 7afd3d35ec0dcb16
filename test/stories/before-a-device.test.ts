// Somebody is in a channel before they have a device: keys come to them when the device does.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  add,
  channel,
  invite,
  problems,
  read,
  say,
  startTown,
  sync,
  welcome,
} from '../helpers/town.ts'

test('Somebody who was added before having a device gets the key from an ordinary member', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const anna = await welcome(town, olga, 'Anna Beispiel')
  const { card, person } = await invite(olga, 'Bruno Beispiel')
  const team = await channel(olga, 'Crisis team', anna)
  await say(olga, team, 'before Bruno is in')
  await add(olga, team, person)
  await say(olga, team, 'Bruno is in, without a device')
  await sync(anna)

  // From here on the owner is offline: nobody but Anna can seal the key.
  const bruno = await town.enrol(card)
  await sync(bruno)
  assert.deepEqual(await read(bruno, team), [])
  await sync(anna)
  await say(anna, team, 'welcome')
  await sync(bruno)

  assert.deepEqual(await read(bruno, team), ['welcome'])
  assert.deepEqual(await problems(bruno), [])
  await say(bruno, team, 'thank you')
  await sync(anna)
  const all = ['before Bruno is in', 'Bruno is in, without a device', 'welcome', 'thank you']
  assert.deepEqual(await read(anna, team), all)
  assert.deepEqual(await problems(anna), [])
  await sync(olga)
  assert.deepEqual(await read(olga, team), all)
  assert.deepEqual(await problems(olga), [])
})

test('What was said before an admission is never even on the newcomer’s phone', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const anna = await welcome(town, olga, 'Anna Beispiel')
  const bruno = await welcome(town, olga, 'Bruno Beispiel')
  const team = await channel(olga, 'Crisis team', anna)
  const { n } = await say(olga, team, 'before Bruno is in')
  await add(olga, team, bruno)
  await say(olga, team, 'and now')
  await sync(bruno)
  assert.deepEqual(await read(bruno, team), ['and now'])
  assert.deepEqual(await problems(bruno), [])
  const rows = await bruno.store.list('entries', team)
  const sizes = rows.map(({ value }) => value.length)
  assert.ok((sizes[n - 1] ?? 0) < 250, 'a stub, not the sealed body')
})

test('A channel of people without devices waits for the first of them', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const invited = [await invite(olga, 'Anna Beispiel'), await invite(olga, 'Bruno Beispiel')]
  const team = await channel(olga, 'Night shift', ...invited.map(({ person }) => person))
  await say(olga, team, 'anybody?')
  const phones = await Promise.all(invited.map(({ card }) => town.enrol(card)))
  await sync(olga)
  await say(olga, team, 'now')
  for (const phone of phones) {
    await sync(phone)
    assert.deepEqual(await read(phone, team), ['now'])
    assert.deepEqual(await problems(phone), [])
  }
})
