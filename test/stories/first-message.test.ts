// From the founding card to the first message in both directions.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { people } from '../../client/views.ts'
import { fromPaper } from '../../protocol/card-text.ts'
import { ROLE } from '../../protocol/kinds.ts'
import { signPairFromSeed } from '../../protocol/sodium.ts'
import { channel, invite, problems, read, refused, say, startTown, sync } from '../helpers/town.ts'

test('A founding card makes an owner, who invites a colleague, and both hear each other', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner({ folder: 'olga' })
  const { card } = await invite(olga, 'Anna Beispiel')
  const anna = await town.enrol(card, { folder: 'anna' })
  const team = await channel(olga, 'Crisis team', anna)

  const first = await say(olga, team, 'Is anybody there?')
  await sync(anna)
  const second = await say(anna, team, 'I am.')
  await sync(olga)

  for (const phone of [olga, anna]) {
    assert.deepEqual(await read(phone, team), ['Is anybody there?', 'I am.'])
    assert.deepEqual(await problems(phone), [])
  }
  assert.ok(second.n > first.n)
  const directory = people(anna.core.replica).map(({ name, role }) => [name, role])
  assert.deepEqual(directory, [
    ['Olga Beispiel', ROLE.owner],
    ['Anna Beispiel', ROLE.member],
  ])
})

test('A card works once: whoever comes second reads that it was already used', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const { card } = await invite(olga, 'Anna Beispiel')
  await town.enrol(card)
  for (const used of [card, town.card]) {
    await assert.rejects(town.enrol(used), {
      ...refused('card_used'),
      message: /^This card was already used\./,
      todo: 'If that was not you, tell an administrator at once; ask for a new card.',
    })
  }
})

test('Of two phones that use the same card at the same moment one gets in', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const { card, person } = await invite(olga, 'Anna Beispiel')
  const both = await Promise.allSettled([town.enrol(card), town.enrol(card)])
  const [late, ...more] = both.flatMap((one) => (one.status === 'rejected' ? [one] : []))
  assert.ok(late !== undefined && more.length === 0)
  await assert.rejects(Promise.reject(late.reason), refused('card_used'))
  await sync(olga)
  assert.equal(olga.core.replica.directory.persons.get(person)?.devices.length, 1)
})

test('The root key on paper is 32 bytes and is the one that everybody pins', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const anna = await town.enrol((await invite(olga, 'Anna Beispiel')).card)
  const paper = fromPaper(olga.rootPaper ?? '', 32)
  const { publicKey } = signPairFromSeed(paper)
  assert.equal(paper.length, 32)
  assert.deepEqual(olga.core.replica.directory.rootPk, publicKey)
  assert.deepEqual(anna.core.replica.directory.rootPk, publicKey)
  assert.deepEqual(anna.core.replica.identity.rootPk, publicKey)
  assert.equal(anna.rootPaper, null)
})

test('A card may be typed in lower case, without dashes and with O for zero', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const { card } = await invite(olga, 'Anna Beispiel')
  const typed = card.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')
  const anna = await town.enrol(typed)
  assert.equal(anna.core.replica.active, true)
})

test('A newer card kills the one that was lost in the post', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const { card: lost, person } = await invite(olga, 'Anna Beispiel')
  const { card } = await invite(olga, person)
  await assert.rejects(town.enrol(lost), refused('card_revoked'))
  const anna = await town.enrol(card)
  assert.deepEqual(anna.person, person)
})

test('The box is restarted between two messages and nobody notices', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const anna = await town.enrol((await invite(olga, 'Anna Beispiel')).card)
  const team = await channel(olga, 'Crisis team', anna)
  await say(olga, team, 'before')
  await town.restart()
  await say(anna, team, 'after')
  await sync(olga)
  assert.deepEqual(await read(olga, team), ['before', 'after'])
  assert.deepEqual(await problems(olga), [])
})
