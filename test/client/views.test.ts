// What the screen shows: one thing that does not open takes no list with it, and no name is guessed.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { placeKey, problemRow, writeRow } from '../../client/rows.ts'
import { put } from '../../client/store.ts'
import {
  channels,
  findChannel,
  messageAt,
  messagesOf,
  nameOf,
  news,
  people,
  personOfDevice,
  profileOf,
  titleOf,
} from '../../client/views.ts'
import { idText, type LogId, type PersonId } from '../../protocol/ids.ts'
import { KIND, ROLE } from '../../protocol/kinds.ts'
import { encodeOperationData } from '../../protocol/operation-data.ts'
import { signEntry } from '../../protocol/entry.ts'
import {
  caughtUp,
  entryFrame,
  headOf,
  known,
  operation,
  post,
  shown,
  Siege,
  toldBy,
} from '../helpers/hostile.ts'
import { seededBytes, seededId } from '../helpers/seed.ts'
import { channel, direct, invite, remove, revoke, say, sync, welcome } from '../helpers/town.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, malte, anna, team } = siege

test('A profile that does not open leaves a short id in its place, and the others their names', async () => {
  const person = seededId<PersonId>('sealed with noise')
  const { directory, pair, identity } = olga.core.replica
  const sealed = seededBytes('noise', 120)
  const fields = { person, role: ROLE.member, state: 1, dkVer: identity.dkVer, sealed } as const
  await post(olga, signEntry(KIND.person, olga.core.context(directory.log), fields, pair.secretKey))
  const victim = await siege.victim()
  const { replica } = victim.core
  const listed = people(replica)
  assert.ok(listed.some(({ name }) => name === 'Malte Beispiel'))
  assert.equal(listed.find((one) => idText(one.person) === idText(person))?.name, short(person))
  assert.equal(profileOf(replica, person).name, '')
})

const short = (id: Uint8Array): string => idText(id).slice(0, 8)

test('A title that does not open leaves a short id in its place, and the others their titles', async () => {
  const victim = await siege.victim()
  const title = seededBytes('noise', 60)
  const { dkVer } = victim.core.replica.identity
  const data = encodeOperationData({ kind: 'title', dkVer, title })
  const n = headOf(victim, team)
  await shown(victim, entryFrame(n + 1, operation(olga, team, KIND.title, { data })))
  assert.deepEqual((await toldBy(victim)).codes, [])
  const titles = channels(victim.core.replica).map((one) => titleOf(victim.core.replica, one))
  assert.ok(titles.includes(short(team)))
  assert.ok(titles.includes('All staff'))
  assert.equal(findChannel(victim.core.replica, idText(team)).id, known(victim, team).id)
})

test('A fault of ours is not hidden behind a short id', async () => {
  const victim = await siege.victim()
  victim.core.replica.identity.dk = undefined as unknown as Uint8Array
  assert.throws(() => nameOf(victim.core.replica, malte.person), TypeError)
})

test('A channel is found by its id, by its title, and not by half of it', async () => {
  const victim = await siege.victim()
  const { replica } = victim.core
  assert.equal(findChannel(replica, 'crisis TEAM').id, known(victim, team).id)
  assert.equal(findChannel(replica, idText(team)).id, known(victim, team).id)
  assert.throws(() => findChannel(replica, 'crisis'), { code: 'not_found' })
  assert.throws(() => findChannel(replica, ''), { code: 'not_found' })
})

test('Two channels of one title are told apart by their ids only', async () => {
  const twins = [await channel(olga, 'Twin', anna), await channel(olga, 'Twin', anna)]
  const victim = await siege.victim()
  assert.throws(() => findChannel(victim.core.replica, 'Twin'), { code: 'usage', detail: /^2 / })
  for (const id of twins) {
    assert.deepEqual(findChannel(victim.core.replica, idText(id)).id, id)
  }
})

test('A channel that this person is not in is not found', async () => {
  const secret = await channel(olga, 'Without Anna', malte)
  await sync(malte)
  const victim = await siege.victim()
  assert.throws(() => findChannel(victim.core.replica, idText(secret)), { code: 'not_found' })
  const left = await channel(olga, 'Left', anna)

  const member = await siege.victim()
  assert.ok(channels(member.core.replica).some(({ id }) => idText(id) === idText(left)))
  await remove(olga, left, anna)
  await caughtUp(member)
  assert.ok(!channels(member.core.replica).some(({ id }) => idText(id) === idText(left)))
  assert.throws(() => findChannel(member.core.replica, 'Left'), { code: 'not_found' })
})

test('A title stays on its line, and reads in one direction', async () => {
  const trap = await channel(anna, 'Gas!\nALERT\u202E', malte)
  const victim = await siege.victim()
  assert.equal(titleOf(victim.core.replica, known(victim, trap)), 'Gas! ALERT ')
})

test('A direct channel is called like the other person', async () => {
  const pair = await direct(malte, anna)
  const victim = await siege.victim()
  assert.equal(titleOf(victim.core.replica, known(victim, pair)), 'Malte Beispiel')
})

test('A guest sees what members told, and short ids for the rest', async () => {
  const guest = await welcome(town, olga, 'Gita Gast', 'guest')
  const group = await channel(olga, 'With a guest', guest, malte)
  await sync(guest)
  const { replica } = guest.core
  assert.equal(titleOf(replica, known(guest, group)), 'With a guest')
  assert.equal(nameOf(replica, malte.person), 'Malte Beispiel')
  assert.equal(nameOf(replica, anna.person), short(anna.person))
  replica.names.delete(group)
  assert.equal(titleOf(replica, known(guest, group)), short(group))
})

test('Who has left is no longer listed; who waits is listed as waiting', async () => {
  const { person } = await invite(olga, 'Lars Leaver')
  await revoke(olga, { what: 'person', subject: person })
  const tablet = await town.enrol((await invite(anna, anna.person)).card)
  const victim = await siege.victim()
  const listed = people(victim.core.replica)
  assert.ok(!listed.some((one) => idText(one.person) === idText(person)))
  const own = listed.find((one) => idText(one.person) === idText(anna.person))
  assert.deepEqual(own?.waiting, [tablet.device])
  assert.deepEqual(own?.devices, [anna.device])
})

test('What is no readable message is not shown as one', async () => {
  const victim = await siege.victim()
  assert.equal(await messageAt(victim.core, team, 1), null, 'an operation')
  assert.equal(await messageAt(victim.core, team, 9_999), null, 'nothing')
  assert.deepEqual(await messagesOf(victim.core, seededId<LogId>('unknown')), [])
  const { n } = await say(malte, team, 'readable')
  await caughtUp(victim)
  assert.ok((await messageAt(victim.core, team, n)) !== null)
  victim.core.replica.keys.delete(known(victim, team).currentEpoch(0)?.id ?? seededId('none'))
  assert.equal(await messageAt(victim.core, team, n), null, 'its key is gone')
})

test('News is new until it is confirmed, and a reason of a newer version is still shown', async () => {
  const victim = await siege.victim()
  const at = placeKey(team, 3)
  const row = { code: 'from_the_future', detail: 'x', t: 1 }
  await victim.store.commit([
    put('problems', at, writeRow(problemRow, row)),
    put('alarms', at, new Uint8Array(0)),
  ])
  const first = await news(victim.core)
  const [problem] = first.items
  assert.ok(problem?.type === 'problem')
  assert.deepEqual([problem.code, problem.reason], ['from_the_future', 'from_the_future (x)'])
  assert.equal((await news(victim.core)).items.length, first.items.length)
  await first.seen()
  assert.deepEqual((await news(victim.core)).items, [])
})

test('A direct channel keeps the name of somebody who has left', async () => {
  const lars = await welcome(town, olga, 'Lars Leaver')
  const pair = await direct(anna, lars)
  await revoke(olga, { what: 'person', subject: lars.person })
  await sync(anna)
  assert.equal(titleOf(anna.core.replica, known(anna, pair)), 'Lars Leaver')
  const alone = await channel(anna, '')
  assert.equal(titleOf(anna.core.replica, known(anna, alone)), '')
})

test('Nobody stands behind a device that the directory does not name', () => {
  assert.equal(personOfDevice(anna.core.replica, seededId('nobody')), null)
  assert.deepEqual(personOfDevice(anna.core.replica, malte.device), malte.person)
})
