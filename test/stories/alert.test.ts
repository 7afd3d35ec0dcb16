// The alert: thirty people are asked, and the roll call says who answered what.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { RollCallRow } from '../../client/alerts.ts'
import { changePerson } from '../../client/people.ts'
import { entryRow, keyRow, readRow } from '../../client/rows.ts'
import { news, profileOf } from '../../client/views.ts'
import { openAnswer } from '../../protocol/answer-keys.ts'
import type { AnswerEntry } from '../../protocol/answer.ts'
import { utf8 } from '../../protocol/bytes.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import { responseSeed } from '../../protocol/epoch-keys.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { LogId, MessageId } from '../../protocol/ids.ts'
import { CHANNEL_ROLE, KIND, ROLE } from '../../protocol/kinds.ts'
import {
  add,
  alert,
  answer,
  approve,
  audience,
  crowd,
  invite,
  type Phone,
  problems,
  refused,
  revoke,
  rollCall,
  startTown,
  sync,
  syncAll,
  type Town,
  welcome,
} from '../helpers/town.ts'

const OWN_WORDS = 'stuck in the lift of plant two'

async function alertable(town: Town, people = 4) {
  const olga = await town.owner()
  const carla = await welcome(town, olga, 'Carla Beispiel', 'coordinator')
  const names = Array.from({ length: people }, (_, i) => `Person ${i} Beispiel`)
  const staff = await crowd(town, olga, names)
  const invited = await Promise.all([0, 1, 2, 3].map((i) => invite(olga, `Without phone ${i}`)))
  const nobody = invited.map(({ person }) => person)
  const all = await audience(olga, 'All staff', carla, ...staff, ...nobody)
  await syncAll(carla, ...staff)
  return { olga, carla, staff, all }
}

const stateOf = (rows: RollCallRow[], phone: Phone): RollCallRow | undefined =>
  rows.find(({ person }) => Buffer.compare(person, phone.person) === 0)

const counts = (rows: RollCallRow[]): Record<string, number> =>
  Object.fromEntries(
    ['answered', 'received', 'waiting', 'unreachable'].map((state) => [
      state,
      rows.filter((row) => row.state === state).length,
    ]),
  )

test('Thirty people are alerted, and the roll call names every state', async (t) => {
  const town = await startTown(t)
  const { olga, carla, staff, all } = await alertable(town, 24)
  const { id } = await alert(olga, all, 'Fire in the control room.')
  assert.deepEqual(counts(await rollCall(olga, id)), {
    answered: 0,
    received: 1,
    waiting: 25,
    unreachable: 4,
  })

  const [first, second, third, fourth, ...rest] = staff as [Phone, Phone, Phone, Phone, ...Phone[]]
  await answer(first, id, 'Safe')
  await answer(second, id, 'on my way', 20)
  await answer(third, id, OWN_WORDS, 5)
  await syncAll(fourth, ...rest.slice(0, 10))
  const rows = await rollCall(olga, id)
  assert.deepEqual(counts(rows), { answered: 3, received: 12, waiting: 11, unreachable: 4 })
  assert.equal(stateOf(rows, first)?.answer, 'safe')
  assert.equal(stateOf(rows, second)?.answer, 'on my way (20 min)')
  assert.equal(stateOf(rows, third)?.answer, `${OWN_WORDS} (5 min)`)
  assert.deepEqual(stateOf(rows, fourth)?.state, 'received')
  assert.deepEqual(stateOf(rows, carla)?.state, 'waiting')
  assert.deepEqual(stateOf(rows, first)?.at, town.clock.now())

  town.clock.advance(60_000)
  await answer(first, id, 'need help')
  const later = await rollCall(carla, id)
  assert.equal(stateOf(later, first)?.answer, 'need help')
  assert.equal(stateOf(later, third)?.answer, `${OWN_WORDS} (5 min)`)
  assert.equal(counts(later)['answered'], 3)
  for (const phone of [olga, carla, ...staff]) assert.deepEqual(await problems(phone), [])
})

test('A member who coordinates nothing sees who has the alert, and no answer', async (t) => {
  const town = await startTown(t)
  const { olga, staff, all } = await alertable(town)
  const { id } = await alert(olga, all, 'Fire in the control room.')
  const [first, second] = staff as [Phone, Phone]
  await answer(first, id, OWN_WORDS)
  const rows = await rollCall(second, id)
  assert.deepEqual(
    rows.filter((row) => row.answer !== null || row.state === 'answered'),
    [],
  )
  assert.equal(stateOf(rows, first)?.state, 'received')
  assert.equal(second.core.replica.answers.size, 0)
  await assert.rejects(alert(second, all, 'a false alarm'), refused('not_allowed'))
})

test('LIVE and EXERCISE are two kinds of message, whatever the words say', async (t) => {
  const town = await startTown(t)
  const { olga, staff, all } = await alertable(town)
  await alert(olga, all, 'Leave the building.')
  const own = { exercise: true, answers: ['received', 'cannot come'] }
  const { id } = await alert(olga, all, 'Leave the building.', own)
  const [first] = staff as [Phone]
  await sync(first)
  const { items } = await first.core.run(() => news(first.core))
  const seen = items.map((item) => (item.type === 'message' ? item.kind : 'problem'))
  assert.deepEqual(seen, [KIND.alert, KIND.exercise])
  await answer(first, id, 'Cannot come')
  assert.equal(stateOf(await rollCall(olga, id), first)?.answer, 'cannot come')
})

test('The database of the box holds no word of an answer', async (t) => {
  const town = await startTown(t)
  const { olga, staff, all } = await alertable(town)
  const text = 'Fire in the control room.'
  const { id } = await alert(olga, all, text)
  for (const phone of staff) await answer(phone, id, OWN_WORDS)
  assert.equal(counts(await rollCall(olga, id))['answered'], 4)
  await town.stop()
  const found = readdirSync(town.data, { recursive: true, withFileTypes: true })
  for (const { name, parentPath } of found.filter((one) => one.isFile())) {
    const bytes = readFileSync(join(parentPath, name))
    for (const secret of [OWN_WORDS, text, 'All staff', 'need help'])
      assert.equal(bytes.includes(utf8(secret)), false, `${secret} in ${name}`)
  }
})

test('A changed mind counts at once, also within the same second', async (t) => {
  const town = await startTown(t)
  const { olga, staff, all } = await alertable(town)
  const { id } = await alert(olga, all, 'Fire in the control room.')
  const [first] = staff as [Phone]
  await answer(first, id, 'safe')
  await answer(first, id, 'need help')
  assert.equal(stateOf(await rollCall(olga, id), first)?.answer, 'need help')
})

test('A changed mind counts when the phone’s clock was put back in between', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  let wrong = 3_600_000
  const clock = { now: () => town.clock.now() + wrong, wait: () => Promise.resolve() }
  const { card } = await invite(olga, 'Anna Beispiel')
  const anna = await town.enrol(card, { clock })
  const all = await audience(olga, 'All staff', anna)
  const { id } = await alert(olga, all, 'Fire in the control room.')
  await answer(anna, id, 'safe')
  wrong = 0
  town.clock.advance(60_000)
  await answer(anna, id, 'need help')
  assert.equal(stateOf(await rollCall(olga, id), anna)?.answer, 'need help')
})

test('What comes from a phone that has been removed does not count; what came before does', async (t) => {
  const town = await startTown(t)
  const { olga, carla, staff, all } = await alertable(town)
  const [first, other] = staff as [Phone, Phone]
  const tablet = await town.enrol((await invite(first, first.person)).card)
  await approve(first, tablet.device)
  const { id } = await alert(olga, all, 'Fire in the control room.')
  await answer(first, id, 'safe')
  await answer(other, id, 'on my way')
  assert.equal(counts(await rollCall(olga, id))['answered'], 2)
  await revoke(olga, { what: 'device', subject: first.device, reason: 'lost' })
  const before = stateOf(await rollCall(olga, id), first)
  assert.deepEqual([before?.answer, before?.doubtful, before?.removed], ['safe', null, true])
  // Carla hears of the removal and of the answer in one go: which was first, nobody can tell her.
  const rows = await rollCall(carla, id)
  assert.equal(stateOf(rows, first)?.answer, null)
  assert.equal(stateOf(rows, first)?.doubtful, 'safe')
  assert.equal(stateOf(rows, other)?.answer, 'on my way')
  await sync(tablet)
  town.clock.advance(60_000)
  await answer(tablet, id, 'need help')
  for (const phone of [olga, carla]) {
    const row = stateOf(await rollCall(phone, id), tablet)
    assert.deepEqual([row?.answer, row?.doubtful, row?.removed], ['need help', null, false])
    assert.deepEqual(await problems(phone), [])
  }
})

test('A coordinator who is not in the audience reads the answers without a false alarm', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const carla = await welcome(town, olga, 'Carla Beispiel', 'coordinator')
  const anna = await welcome(town, olga, 'Anna Beispiel')
  const all = await audience(olga, 'Plant two', anna)
  const { id } = await alert(olga, all, 'Fire in plant two.')
  await answer(anna, id, 'safe')
  await syncAll(carla, olga)
  assert.deepEqual(await problems(carla), [])
  assert.deepEqual(await problems(olga), [])
})

test('A coordinator who came after the audience was opened reads the answers', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const anna = await welcome(town, olga, 'Anna Beispiel')
  const all = await audience(olga, 'All staff', anna)
  const carla = await welcome(town, olga, 'Carla Beispiel', 'coordinator')
  await add(olga, all, carla)
  await syncAll(olga, carla, olga, carla)
  const { id } = await alert(olga, all, 'Fire in the control room.')
  await answer(anna, id, 'safe')
  assert.equal(stateOf(await rollCall(olga, id), anna)?.answer, 'safe')
  assert.equal(stateOf(await rollCall(carla, id), anna)?.answer, 'safe')
})

test('Somebody who is no coordinator any more reads no further answers', async (t) => {
  const town = await startTown(t)
  const { olga, carla, staff, all } = await alertable(town)
  await olga.act((core) =>
    changePerson(core, carla.person, ROLE.member, profileOf(core.replica, carla.person)),
  )
  await syncAll(olga, carla, olga, carla)
  const { id } = await alert(olga, all, 'Fire in the control room.')
  const [first] = staff as [Phone]
  await answer(first, id, OWN_WORDS)
  assert.equal(stateOf(await rollCall(olga, id), first)?.answer, OWN_WORDS)
  assert.equal(stateOf(await rollCall(carla, id), first)?.answer, null)
})

test('A coordinator who left holds no key that opens a new answer', async (t) => {
  const town = await startTown(t)
  const { olga, carla, staff, all } = await alertable(town)
  const [first] = staff as [Phone]
  const before = await alert(olga, all, 'While she was here')
  await answer(first, before.id, 'safe')
  await revoke(olga, { what: 'person', subject: carla.person })
  const after = await alert(olga, all, 'After she left')
  await answer(first, after.id, 'safe')
  const opening = async (id: MessageId): Promise<number> => {
    await rollCall(olga, id)
    const [row] = await olga.store.list('entries', id)
    const entry = decodeEntry(readRow(entryRow, row?.value ?? assert.fail()).bytes)
    const held = await carla.store.list('keys')
    return held.filter(({ value }) => opens(entry as AnswerEntry, readRow(keyRow, value).ak, all))
      .length
  }
  assert.deepEqual([await opening(before.id), await opening(after.id)], [1, 0])
})

function opens(entry: AnswerEntry, ak: Uint8Array, of: LogId): boolean {
  try {
    return openAnswer(entry, responseSeed(ak, of)).choice === 0
  } catch (error) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}

test('A coordinator in an audience may alert at once, as one of its publishers', async (t) => {
  const town = await startTown(t)
  const { olga, carla, all } = await alertable(town, 2)
  await alert(carla, all, 'from the coordinator')
  const audienceOf = (phone: Phone) => phone.core.replica.channels.get(all)
  assert.equal(audienceOf(carla)?.members.get(carla.person)?.role, CHANNEL_ROLE.publisher)
  assert.equal(audienceOf(olga)?.members.get(olga.person)?.role, CHANNEL_ROLE.manager)
  const plain = [...(audienceOf(olga)?.members.values() ?? [])].filter(
    ({ person }) => person !== olga.person && person !== carla.person,
  )
  assert.ok(plain.some(({ role }) => role === CHANNEL_ROLE.member))
})
