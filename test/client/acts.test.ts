// Acts on the directory and on channels: what cannot be is refused on the phone, what others were faster
// with is built again, and memory never runs ahead of the disk.
import assert from 'node:assert/strict'
import { after, mock, test } from 'node:test'
import { addPeople, createChannel, directChannel } from '../../client/channels.ts'
import { Core } from '../../client/core.ts'
import { MemoryStore } from '../../client/memory-store.ts'
import { drain } from '../../client/outbox.ts'
import { approve, invite, revoke } from '../../client/people.ts'
import { refusalOf } from '../../client/refusal.ts'
import { META } from '../../client/replica.ts'
import { drop } from '../../client/store.ts'
import { submit } from '../../client/submit.ts'
import { bareItem } from '../../protocol/api.ts'
import { type DeviceId, type LogId, type PersonId } from '../../protocol/ids.ts'
import { CHANNEL_ROLE, CHANNEL_TYPE, type ChannelRole } from '../../protocol/kinds.ts'
import {
  caughtUp,
  copyStore,
  entryFrame,
  headOf,
  message,
  shown,
  Siege,
  type Victim,
} from '../helpers/hostile.ts'
import { seededId } from '../helpers/seed.ts'
import {
  channel,
  invite as inviteNamed,
  queue,
  read,
  revoke as revokeNow,
  welcome,
} from '../helpers/town.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, anna, malte, team } = siege

const owner = (): Promise<Victim> => siege.victim(olga)

test('Nobody is invited who is not known or has left', async () => {
  const { core } = await owner()
  const person = seededId<PersonId>('unknown')
  await assert.rejects(
    core.run(() => invite(core, { person })),
    { code: 'person_unknown' },
  )
  const leaver = await inviteNamed(olga, 'Lea Leaver')
  await revokeNow(olga, { what: 'person', subject: leaver.person })
  const later = await owner()
  const again = later.core.run(() => invite(later.core, { person: leaver.person }))
  await assert.rejects(again, { code: 'person_inactive' })
  assert.deepEqual(later.network.requests('entries'), [])
})

test('What is not there is neither approved nor revoked', async () => {
  const { core, network } = await owner()
  const nothing = seededId<DeviceId>('nothing')
  await assert.rejects(
    core.run(() => approve(core, nothing)),
    { code: 'not_found' },
  )
  for (const what of ['device', 'card'] as const) {
    const revoking = core.run(() => revoke(core, { what, subject: nothing }))
    await assert.rejects(revoking, { code: 'not_found', detail: what })
  }
  assert.deepEqual(network.requests('entries'), [])
})

test('Whoever is in already is not added again', async () => {
  const { core, network } = await owner()
  assert.equal(await core.run(() => addPeople(core, team, [malte.person])), 0)
  assert.deepEqual(network.requests('entries'), [])
})

test('Nobody is added to a channel that is not there', async () => {
  const { core, network } = await owner()
  const adding = core.run(() => addPeople(core, seededId<LogId>('none'), [malte.person]))
  await assert.rejects(adding, { code: 'not_found' })
  assert.deepEqual(network.requests('entries'), [])
})

for (const held of [true, false]) {
  const how = held ? 'with the key at hand' : 'by somebody who lacks the key'
  test(`Whoever is added ${how} reads all from then on, also when the line breaks at once`, async () => {
    const log = await channel(olga, `Shift ${how}`, malte)
    const nora = await welcome(town, olga, 'Nora Newcomer')
    const { core, network } = await owner()
    const { keys } = core.replica
    if (!held) for (const epoch of keys.keys()) keys.delete(epoch)
    let asked = 0
    network.lie('entries', (honest) =>
      asked++ === 0 ? honest() : Promise.reject(new TypeError('cut')),
    )
    await core.run(() => addPeople(core, log, [nora.person])).catch(() => {})
    assert.ok(core.replica.channels.get(log)?.members.has(nora.person))
    // Malte does not know of her yet.
    await malte.core.run(async () => {
      await queue(malte, log, 'The pump has stopped')
      await drain(malte.core)
    })
    await caughtUp(nora)
    assert.deepEqual(await read(nora, log), ['The pump has stopped'])
  })
}

test('A channel with a stranger is refused before anything is sent', async () => {
  const { core, network } = await owner()
  const stranger = seededId<PersonId>('nobody invited this one')
  const opening = core.run(() => createChannel(core, 'x', CHANNEL_TYPE.group, [stranger]))
  await assert.rejects(opening, { code: 'person_unknown' })
  assert.deepEqual(network.requests('entries'), [])
})

test('What others were faster with is built again on the new state, a few times', async () => {
  const { core, network } = await owner()
  let built = 0
  const build = (): Promise<ReturnType<typeof bareItem>[]> => {
    built++
    return Promise.resolve([bareItem(message(olga, team, `attempt ${built}`))])
  }
  network.refusing('entries', 'memb_moved', '', 2)
  const places = await core.run(() => submit(core, build))
  assert.deepEqual([built, places.length], [3, 1])
  network.refusing('entries', 'memb_moved')
  built = 0
  await assert.rejects(
    core.run(() => submit(core, build)),
    { code: 'memb_moved' },
  )
  assert.equal(built, 8)
  network.refusing('entries', 'not_allowed')
  built = 0
  await assert.rejects(
    core.run(() => submit(core, build)),
    { code: 'not_allowed' },
  )
  assert.equal(built, 1)
})

test('With nothing to say, nothing is sent', async () => {
  const { core, network } = await owner()
  assert.deepEqual(await core.run(() => submit(core, () => Promise.resolve([]))), [])
  assert.deepEqual(network.requests('entries'), [])
})

test('When the disk refuses, memory follows it back', async () => {
  const victim = await siege.victim()
  const n = headOf(victim, team)
  const disk = mock.method(victim.store, 'commit', () => Promise.reject(new Error('disk')))
  const bytes = message(malte, team, 'not stored', { seq: 400 })
  await assert.rejects(shown(victim, entryFrame(n + 1, bytes)), /disk/)
  assert.equal(headOf(victim, team), n)
  disk.mock.restore()
  await shown(victim, entryFrame(n + 1, bytes))
  assert.equal(headOf(victim, team), n + 1)
})

/** A store whose other users can be told about. */
class SharedStore extends MemoryStore {
  version = 0
  override foreignVersion(): number {
    return this.version
  }
}

async function shared(): Promise<{ core: Core; store: SharedStore }> {
  const copy = await copyStore(siege.anna.store)
  const store = Object.setPrototypeOf(copy, SharedStore.prototype) as SharedStore
  store.version = 0
  const core = await Core.open({ store, clock: town.clock })
  assert.ok(core !== null)
  return { core, store }
}

test('What another process stored is read before the next act, and only then', async () => {
  const { core, store } = await shared()
  const first = core.replica
  await core.run(() => Promise.resolve())
  assert.equal(core.replica, first)
  store.version++
  await core.run(() => Promise.resolve())
  assert.notEqual(core.replica, first)
})

test('A device that another process has removed does nothing more', async () => {
  const { core, store } = await shared()
  await store.commit([drop('meta', META.identity)])
  store.version++
  await assert.rejects(
    core.run(() => Promise.resolve()),
    { code: 'data_missing' },
  )
})

test('A clock that is far off is named, a little is not', async () => {
  const victim = await siege.victim()
  const { core } = victim
  core.noteHeard(town.clock.now() + 4 * 60_000)
  assert.equal(core.clockError, 0)
  core.noteHeard(town.clock.now() - 6 * 60_000)
  assert.equal(core.clockError, 6 * 60_000)
  core.noteHeard(null)
  assert.equal(core.clockError, 6 * 60_000)
  await shown(victim, { type: 'alive', t: town.clock.now() - 7 * 60_000 })
  assert.equal(core.clockError, 7 * 60_000, 'a word between the frames of a page')
  await caughtUp(victim)
  assert.equal(core.clockError, 0, 'the box has signed its time')
})

test('There is one direct channel with somebody, whoever opens it again', async () => {
  const { core, network } = await owner()
  const first = await core.run(() => directChannel(core, malte.person))
  network.asked.length = 0
  assert.deepEqual(await core.run(() => directChannel(core, malte.person)), first)
  assert.deepEqual(network.requests('entries'), [])
  const { core: its } = malte
  await caughtUp(malte)
  assert.deepEqual(await its.run(() => directChannel(its, olga.person)), first)
  await caughtUp(anna)
  const other = await anna.core.run(() => directChannel(anna.core, olga.person))
  assert.notDeepEqual(other, first)
})

test('Who may alert publishes in an audience at least, and manages where all do', async () => {
  const { core } = await owner()
  const people = [anna.person, malte.person]
  const rolesIn = async (role: ChannelRole) => {
    const log = await core.run(() => createChannel(core, 'x', CHANNEL_TYPE.audience, people, role))
    return people.map((person) => core.replica.channels.get(log)?.members.get(person)?.role)
  }
  const { member, publisher, manager } = CHANNEL_ROLE
  assert.deepEqual(await rolesIn(member), [publisher, member])
  assert.deepEqual(await rolesIn(manager), [manager, manager])
})

test('A fault of ours is no refusal', () => {
  const fault = new TypeError('ours')
  assert.throws(() => refusalOf(fault), fault)
})
