// A batch is all or nothing in memory too: after a rollback every state is what it was before.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ChannelEntry, Channel } from '../../protocol/channel.ts'
import { Directory } from '../../protocol/directory.ts'
import { decodeEntry, type Entry } from '../../protocol/entry.ts'
import { IdMap, type PersonId } from '../../protocol/ids.ts'
import { Journal } from '../../protocol/journal.ts'
import { CHANNEL_ROLE, KIND, ROLE } from '../../protocol/kinds.ts'
import { xwingPublic } from '../../protocol/sodium.ts'
import { readyChannel } from '../helpers/channels.ts'
import { refused, seed, seededId } from '../helpers/seed.ts'
import { staffedWorld } from '../helpers/world.ts'

/** Everything that can be read of a state, as plain values; maps by key, since their order says nothing. */
function snapshot(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.toHex()
  if (value instanceof IdMap) {
    const entries = [...value.entries()].map(
      ([k, v]) => [(k as Uint8Array).toHex(), snapshot(v)] as const,
    )
    return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }
  if (value instanceof Map) return [...value.entries()].map(([k, v]) => [k as unknown, snapshot(v)])
  if (Array.isArray(value)) return value.map(snapshot)
  if (value instanceof Journal || value instanceof Directory) return null
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, snapshot(part)]))
}

const stateOf = (state: Directory | Channel) =>
  Object.fromEntries(Object.entries(state).map(([name, part]) => [name, snapshot(part)]))

describe('journal', () => {
  const key = seededId<PersonId>('key')

  test('takes everything back in reverse', () => {
    const journal = new Journal()
    const map = new IdMap<PersonId, number>()
    const list = [1]
    const thing = { a: 1, b: 'x' }
    map.set(key, 1)
    const mark = journal.mark()
    journal.set(map, key, 2)
    journal.set(map, seededId('other'), 3)
    journal.unset(map, key)
    journal.unset(map, seededId('absent'))
    journal.push(list, 2)
    journal.push(list, 3)
    journal.assign(thing, 'a', 5)
    journal.assign(thing, 'a', 6)
    assert.deepEqual([map.get(key), list, thing], [undefined, [1, 2, 3], { a: 6, b: 'x' }])
    journal.rollback(mark)
    assert.deepEqual([[...map.values()], list, thing], [[1], [1], { a: 1, b: 'x' }])
  })

  test('goes back to the mark and not beyond', () => {
    const journal = new Journal()
    const list: number[] = []
    journal.push(list, 1)
    const mark = journal.mark()
    journal.push(list, 2)
    const later = journal.mark()
    journal.push(list, 3)
    journal.rollback(later)
    assert.deepEqual(list, [1, 2])
    journal.rollback(mark)
    assert.deepEqual(list, [1])
    journal.rollback(0)
    assert.deepEqual(list, [])
  })

  test('what is settled stays', () => {
    const journal = new Journal()
    const list: number[] = []
    journal.push(list, 1)
    journal.settle()
    assert.equal(journal.mark(), 0)
    journal.rollback(0)
    assert.deepEqual(list, [1])
  })
})

describe('directory', () => {
  const { world, owner, admin, member } = staffedWorld()
  const chief = world.join('Carla Chief', 'admin')
  const pending = world.enrol(world.card(member.person, member), 'pending')
  const second = { second: chief }
  const later = world.directory.head.n
  const acts: Record<string, () => unknown> = {
    person: () => world.person('Nina', 'member'),
    'person again': () =>
      world.say(KIND.person, world.personFields(member.person, 'M', ROLE.guest), owner),
    card: () => world.card(member.person, owner),
    device: () => world.enrol(world.card(member.person, owner), 'another'),
    approve: () => world.approve(pending.id, member),
    'revoke device': () => world.revoke('device', member.id, owner),
    'revoke card': () => world.revoke('card', world.card(member.person, member).id, owner),
    'revoke person': () => world.revoke('person', member.person, owner),
    'revoke with void': () =>
      world.revoke('device', admin.id, owner, { ...second, voidFrom: later }),
    tick: () => world.tick(owner, { t: world.now + 1000 }),
    box: () => world.say(KIND.box, { boxPk: seed('b') }, owner, second),
    records: () => world.keepRecords(),
    skip: () => world.directory.skip(decodeEntry(world.entry(KIND.tick, {}, member))),
  }
  world.directory.journal.settle()
  const before = stateOf(world.directory)
  const { head } = world.directory
  for (const [name, act] of Object.entries(acts)) {
    test(name, () => {
      act()
      assert.notDeepEqual(stateOf(world.directory), before)
      world.directory.journal.rollback(0)
      assert.deepEqual(stateOf(world.directory), before)
      assert.equal(world.directory.hashAt(head.n + 1), undefined)
      assert.deepEqual(world.directory.hashAt(head.n), head.h)
    })
  }

  test('goes on after a rollback as if nothing had been', () => {
    world.revoke('device', admin.id, owner, { ...second, voidFrom: later })
    world.directory.journal.rollback(0)
    const person = world.person('Nora', 'member', admin)
    const drawer = world.directory.head.n
    world.revoke('device', chief.id, owner, { second: admin, voidFrom: drawer })
    assert.equal(world.directory.roleNow(person), ROLE.member)
    world.directory.journal.rollback(0)
    assert.deepEqual(stateOf(world.directory), before)
  })

  test('an entry that fails half-way leaves nothing behind', () => {
    const cards = world.directory.persons.get(member.person)?.cards
    cards?.push(seededId('a card that nobody made'))
    assert.throws(() => world.revoke('person', member.person, owner), TypeError)
    cards?.pop()
    assert.deepEqual(stateOf(world.directory), before)
  })

  test('a refused entry changes nothing', () => {
    refused('not_allowed', () => world.tick(member))
    assert.deepEqual(stateOf(world.directory), before)
    assert.equal(world.directory.journal.mark(), 0)
  })
})

describe('channel', () => {
  const { world, owner, member, guest, admin, coordinator } = staffedWorld()
  world.keepRecords()
  const channel = readyChannel(world, coordinator, 'audience', {
    people: [member.person, owner.person],
  })
  channel.send(coordinator, 'x')
  const { state } = channel
  const title = new Uint8Array(40)
  const respkey = {
    channel: channel.id,
    epoch: channel.keys[0]?.epoch as never,
    publicKey: xwingPublic(seed('response key')),
  }
  const acts: Record<string, () => unknown> = {
    add: () => channel.add(coordinator, [guest.person, admin.person]),
    remove: () => channel.remove(coordinator, member.person, owner.person),
    role: () => channel.setRole(coordinator, member.person, CHANNEL_ROLE.publisher),
    'role and back': () => {
      channel.setRole(coordinator, member.person, CHANNEL_ROLE.publisher)
      channel.setRole(coordinator, member.person, CHANNEL_ROLE.member)
    },
    policy: () => channel.data('policy', coordinator, { kind: 'policy', recorded: 1 }),
    title: () => channel.data('title', coordinator, { kind: 'title', dkVer: 9, title }),
    respkey: () => channel.data('respkey', coordinator, { kind: 'respkey', ...respkey }),
    announce: () => channel.announce(coordinator),
    extension: () => channel.extend(coordinator),
    text: () => channel.send(coordinator, 'y'),
    alert: () => channel.send(coordinator, 'y', { kind: KIND.alert }),
    'an entry after a newer directory': () => {
      world.tick()
      channel.announce(coordinator)
    },
    'remove and announce': () => {
      channel.remove(coordinator, member.person)
      channel.announce(coordinator)
    },
    'a place without effect': () =>
      state.advance({ kind: KIND.text, subject: seededId('s'), id: seed('e') as never }),
  }
  state.journal.settle()
  const before = stateOf(state)
  for (const [name, act] of Object.entries(acts)) {
    test(name, () => {
      act()
      assert.notDeepEqual(stateOf(state), before)
      state.journal.rollback(0)
      assert.deepEqual(stateOf(state), before)
    })
  }

  test('a refused entry changes nothing', () => {
    refused('not_allowed', () => channel.send(member, 'x'))
    assert.deepEqual(stateOf(state), before)
    assert.equal(state.journal.mark(), 0)
  })
})

describe('a start from the store', () => {
  const { world, owner, member, guest } = staffedWorld()
  const channel = readyChannel(world, owner, 'group', { people: [member.person] })
  channel.send(member, 'x')
  channel.add(owner, [guest.person])
  channel.extend(owner)
  channel.send(guest, 'y', { kind: KIND.control })

  test('gives the state that checking gave', () => {
    const again = new Channel(channel.id, world.directory, () => undefined)
    for (const [i, bytes] of channel.log.entries())
      again.restore(decodeEntry(bytes) as ChannelEntry, i + 1)
    again.resumeAt(channel.state.head)
    assert.deepEqual(stateOf(again), stateOf(channel.state))
  })

  test('an entry for an epoch or a segment that nobody checked is a programming error', () => {
    const fresh = () => new Channel(channel.id, world.directory, () => undefined)
    const applied = (kind: number) =>
      channel.log.map((b): Entry => decodeEntry(b)).find((e) => e.kind === kind)
    for (const kind of [KIND.announce, KIND.extension]) {
      assert.throws(() => fresh().restore(applied(kind) as ChannelEntry, 1), TypeError)
    }
  })
})
