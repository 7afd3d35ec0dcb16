// Months pass in which hardly anybody opens the app. Then an alert has to go out, as one small upload.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { invite as inviteOne, inviteAll } from '../../client/people.ts'
import { ROUTES } from '../../protocol/api.ts'
import { decode } from '../../protocol/codec.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import { MAX_REQUEST, SEGMENT_PERSONS } from '../../protocol/limits.ts'
import { EMPTY_PROFILE } from '../../protocol/profile.ts'
import { KIND, ROLE } from '../../protocol/kinds.ts'
import { HostileNetwork } from '../helpers/hostile-network.ts'
import {
  alert,
  audience,
  crowd,
  DAY,
  HOUR,
  type Phone,
  problems,
  read,
  revoke,
  startTown,
  sync,
  syncAll,
  type Town,
  welcome,
} from '../helpers/town.ts'
import type { PersonId } from '../../protocol/ids.ts'

const CARDS_AT_ONCE = 64
const TEXT = 'Fire in plant 2. Leave by the north gate, gather at the car park.'

/** Employees who have not unpacked their card: they fill the segments and hold no key. */
async function withoutPhones(by: Phone, count: number): Promise<PersonId[]> {
  const people: PersonId[] = []
  for (let at = 0; at < count; at += CARDS_AT_ONCE) {
    const part = Array.from({ length: Math.min(CARDS_AT_ONCE, count - at) }, (_, i) => ({
      profile: { ...EMPTY_PROFILE, name: `Employee ${at + i}` },
      role: ROLE.member,
    }))
    const made = await by.act((core) => inviteAll(core, part))
    people.push(...made.map(({ person }) => person))
  }
  return people
}

/** An audience of two segments with phones in both, and a coordinator whose uploads are counted. */
async function quietTown(t: TestContext) {
  const town = await startTown(t)
  const olga = await town.owner()
  const network = new HostileNetwork()
  const carla = await welcome(town, olga, 'Carla Beispiel', 'coordinator', { network })
  const staff = await crowd(town, olga, ['Bert Beispiel', 'Dora Beispiel', 'Emil Beispiel'])
  const first = await withoutPhones(olga, SEGMENT_PERSONS)
  const all = await audience(olga, 'All staff', carla, ...staff, ...first)
  await syncAll(carla, ...staff)
  return { town, olga, carla, network, staff, all }
}

/** The requests that came up to and with the one that carried the alert. */
function uploadsOf(network: HostileNetwork): { bytes: number[]; kinds: number[] } {
  const posts = network.asked.filter(({ path }) => path === ROUTES.entries.path)
  const items = posts.map(({ body }) => decode(ROUTES.entries.input, body, MAX_REQUEST).items)
  const kinds = items.map((list) => list.map(({ entry }) => decodeEntry(entry).kind))
  const carrier = kinds.findIndex((list) => list.includes(KIND.alert))
  return {
    bytes: posts.slice(0, carrier + 1).map(({ body }) => body.length),
    kinds: kinds[carrier] ?? [],
  }
}

async function pass(town: Town, days: number, ...open: Phone[]): Promise<void> {
  for (let day = 0; day < days; day += 7) {
    town.clock.advance(7 * DAY + HOUR)
    await syncAll(...open)
  }
}

test('After months in which nobody opened the app, the alert is one upload of 2 KB', async (t) => {
  const { town, carla, network, staff, all } = await quietTown(t)
  await pass(town, 120)
  network.asked.length = 0
  await alert(carla, all, TEXT)
  const { bytes, kinds } = uploadsOf(network)
  assert.deepEqual(kinds, [KIND.alert])
  assert.ok(bytes.length === 1 && (bytes[0] as number) < 2048, `${bytes.join(' + ')} bytes`)
  for (const phone of staff) {
    await sync(phone)
    assert.deepEqual(await read(phone, all), [TEXT])
  }
})

test('People left in the quiet months, and a coordinator was seen since: the alert is as small', async (t) => {
  const { town, olga, carla, network, staff, all } = await quietTown(t)
  const [bert, dora, emil] = staff as [Phone, Phone, Phone]
  await pass(town, 60)
  await revoke(olga, { what: 'person', subject: bert.person, reason: 'left' })
  await pass(town, 30, carla)
  network.asked.length = 0
  await alert(carla, all, TEXT)
  const { bytes, kinds } = uploadsOf(network)
  assert.deepEqual([kinds, bytes.length], [[KIND.alert], 1])
  assert.ok((bytes[0] as number) < 2048)
  for (const phone of [dora, emil]) {
    await sync(phone)
    assert.deepEqual([await read(phone, all), await problems(phone)], [[TEXT], []])
  }
})

test('Somebody left and nobody has made new keys: they go along announced, and the alert does not wait for them', async (t) => {
  const { town, olga, carla, network, staff, all } = await quietTown(t)
  const [bert, dora, emil] = staff as [Phone, Phone, Phone]
  await pass(town, 60)
  // By an administrator who is not in the audience: nobody there knows yet.
  const card = await olga.act((core) =>
    inviteOne(core, { profile: { ...EMPTY_PROFILE, name: 'Adam Beispiel' }, role: ROLE.admin }),
  )
  const adam = await town.enrol(card.card)
  await revoke(adam, { what: 'person', subject: bert.person, reason: 'left' })
  network.asked.length = 0
  await alert(carla, all, TEXT)
  const { bytes, kinds } = uploadsOf(network)
  assert.ok(kinds.includes(KIND.announce) && kinds.at(-1) === KIND.alert)
  assert.ok(bytes.length === 1 && (bytes[0] as number) < 4096, `${bytes.join(' + ')} bytes`)
  for (const phone of [dora, emil]) {
    await sync(phone)
    assert.deepEqual([await read(phone, all), await problems(phone)], [[TEXT], []])
  }
})
