// A phone lies in a drawer for half a year and is taken out again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pull } from '../../client/pull.ts'
import { ROUTES } from '../../protocol/api.ts'
import { SYNC_PAGE } from '../../protocol/limits.ts'
import {
  add,
  alert,
  answer,
  audience,
  channel,
  DAY,
  direct,
  HOUR,
  invite,
  type Phone,
  problems,
  read,
  reopen,
  revoke,
  rollCall,
  say,
  startTown,
  sync,
  syncAll,
  TownNetwork,
  welcome,
} from '../helpers/town.ts'

const WEEKS = 26
const WEEK = 7 * DAY + HOUR
/** Long enough that half a year of them is several pages. */
const report = (week: number, who: string): string => `${who}, week ${week}: `.padEnd(12_000, '.')

test('After half a year in a drawer a phone catches up, opens everything and speaks', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const anna = await welcome(town, olga, 'Anna Beispiel')
  const drawer = await welcome(town, olga, 'Kim Beispiel', 'member', { folder: 'kim' })
  const team = await channel(olga, 'Crisis team', anna, drawer)
  const all = await audience(olga, 'All staff', anna, drawer)
  const pair = await direct(anna, drawer)
  await say(olga, team, 'see you')
  await sync(drawer)
  await drawer.close()

  const visitors: Phone[] = []
  let exercise: Awaited<ReturnType<typeof alert>> | null = null
  for (let week = 1; week <= WEEKS; week++) {
    town.clock.advance(WEEK)
    await syncAll(olga, anna)
    for (const [who, phone] of [
      ['olga', olga],
      ['anna', anna],
    ] as const)
      for (let i = 0; i < 2; i++) await say(phone, team, report(week, `${who} ${i}`))
    if (week % 5 === 1) {
      const visitor = await welcome(town, olga, `Visitor ${week}`)
      await add(olga, team, visitor)
      await say(visitor, team, `hello in week ${week}`)
      visitors.push(visitor)
    }
    const [leaver] = week % 5 === 4 ? visitors.splice(0, 1) : []
    if (leaver !== undefined) await revoke(olga, { what: 'person', subject: leaver.person })
    if (week === 12) await say(anna, pair, 'just for Kim')
    if (week === 25) exercise = await alert(olga, all, 'Quarterly test', { exercise: true })
  }

  const network = new TownNetwork()
  const kim = await reopen(town, { folder: 'kim', network })
  await kim.core.run(() => pull(kim.core))
  assert.ok(network.count(ROUTES.sync.path) >= 3, 'several pages')
  await sync(olga)
  const expected = await read(olga, team)
  assert.ok(expected.join('').length > 1.5 * SYNC_PAGE)
  assert.deepEqual(await read(kim, team), expected)
  assert.deepEqual(await read(kim, pair), ['just for Kim'])
  assert.ok((kim.core.replica.channels.get(team)?.epochs.size ?? 0) >= WEEKS)
  assert.deepEqual(await kim.store.list('locked'), [])
  assert.deepEqual(await problems(kim), [])

  await say(kim, team, 'I am back')
  assert.ok(exercise !== null)
  await answer(kim, exercise.id, 'safe')
  const rows = await rollCall(olga, exercise.id)
  assert.equal(rows.find(({ name }) => name === 'Kim Beispiel')?.answer, 'safe')
  await syncAll(anna, olga)
  for (const phone of [olga, anna]) {
    assert.equal((await read(phone, team)).at(-1), 'I am back')
    assert.deepEqual(await problems(phone), [])
  }
})

test('Keys are renewed every week, and old secrets are gone five weeks after their replacement', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const anna = await welcome(town, olga, 'Anna Beispiel')
  const team = await channel(olga, 'Crisis team', anna)
  for (let week = 1; week <= 12; week++) {
    town.clock.advance(WEEK)
    await syncAll(olga, anna)
  }
  const prekeys = [...anna.core.replica.prekeys.keys()].toSorted((a, b) => a - b)
  assert.equal(prekeys.at(-1), 13)
  assert.ok(prekeys.length <= 7 && !prekeys.includes(1), `held: ${prekeys.join(' ')}`)
  const epochs = [...(anna.core.replica.channels.get(team)?.epochs.values() ?? [])]
  assert.ok(epochs.length >= 12)
})

test('A card from before the holidays still works after two months, and not after four', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const early = await invite(olga, 'Anna Beispiel')
  const late = await invite(olga, 'Bruno Beispiel')
  town.clock.advance(60 * DAY)
  const anna = await town.enrol(early.card)
  assert.equal(anna.core.replica.active, true)
  town.clock.advance(60 * DAY)
  await assert.rejects(town.enrol(late.card), { code: 'card_expired' })
})
