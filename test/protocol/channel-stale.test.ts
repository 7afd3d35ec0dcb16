// An epoch that somebody must no longer read is stale: nothing is sent under it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CHANNEL_ROLE, KIND } from '../../protocol/kinds.ts'
import { decodeHeader } from '../../protocol/entry.ts'
import type { EpochId } from '../../protocol/ids.ts'
import { openChannel, readyChannel, twoSegments } from '../helpers/channels.ts'
import { refused, seed, seededId } from '../helpers/seed.ts'
import { staffedWorld } from '../helpers/world.ts'

function scene() {
  const staff = staffedWorld()
  const { world, owner, member, guest } = staff
  const people = [member.person, guest.person]
  return { ...staff, channel: readyChannel(world, owner, 'group', { people }) }
}

describe('by removal', () => {
  test('at once, until there is a new epoch', () => {
    const { channel, owner, member, guest } = scene()
    channel.send(member, 'vorher')
    channel.remove(owner, guest.person)
    assert.equal(channel.state.isStale(0), true)
    refused('epoch_stale', () => channel.send(member, 'nachher'))
    channel.announce(member)
    assert.equal(channel.state.isStale(0), false)
    channel.send(member, 'nachher')
  })

  test('by leaving too, and whoever left sends nothing', () => {
    const { channel, member, guest } = scene()
    channel.remove(guest, guest.person)
    refused('epoch_stale', () => channel.send(member, 'x'))
    refused('not_allowed', () => channel.send(guest, 'x'))
  })

  test('an addition makes nothing stale, and lets nobody send before the keys', () => {
    const { channel, owner, member, admin } = scene()
    channel.add(owner, [admin.person])
    assert.equal(channel.state.isStale(0), false)
    channel.send(member, 'x')
    refused('not_allowed', () => channel.send(admin, 'x'))
    channel.extend(member)
    channel.send(admin, 'x')
  })

  test('who was removed and added again is out until the keys are new', () => {
    const { channel, owner, member, guest } = scene()
    channel.remove(owner, guest.person)
    channel.add(owner, [guest.person])
    refused('not_allowed', () => channel.send(guest, 'x'))
    refused('epoch_stale', () => channel.send(member, 'x'))
    refused('epoch_stale', () => channel.extend(owner))
    channel.announce(owner)
    channel.send(guest, 'x')
  })

  test('a channel without an epoch is stale', () => {
    const { world, owner } = staffedWorld()
    const channel = openChannel(world, owner, 'group')
    assert.equal(channel.state.isStale(0), true)
    assert.equal(channel.state.isStale(7), true)
    const keys = [{ epoch: seededId<EpochId>('none'), gen: 0, ak: seed('none') }]
    refused('epoch_stale', () => channel.send(owner, 'x', { keys }))
  })
})

describe('by the directory', () => {
  test('as soon as the channel has seen the revocation', () => {
    const { world, channel, owner, member, guest } = scene()
    channel.send(member, 'vorher')
    world.revoke('device', guest.id, owner)
    assert.equal(channel.state.isStale(0), true)
    assert.equal(channel.state.isStale(0, channel.state.dirN), false)
    channel.send(member, 'noch nicht gesehen')
    channel.data('title', owner, { kind: 'title', dkVer: 1, title: new Uint8Array(40) })
    refused('epoch_stale', () => channel.send(member, 'gesehen'))
    refused('epoch_stale', () => channel.extend(owner))
    channel.announce(owner)
    assert.equal(channel.state.isStale(0), false)
    channel.send(member, 'neu')
    refused('not_allowed', () => channel.send(guest, 'x'))
    assert.equal(channel.wraps.filter((w) => w.epoch === channel.keys.at(-1)?.epoch).length, 2)
  })

  test('not by a device that never held the key', () => {
    const { world, channel, owner, guest, admin } = scene()
    const phone = world.enrol(world.card(guest.person, guest), 'pending')
    world.revoke('device', phone.id, owner)
    world.revoke('device', admin.id, owner)
    assert.equal(channel.state.isStale(0), false)
  })

  test('by a device that came after the epoch: its person may have handed it the keys', () => {
    const { world, channel, owner, guest } = scene()
    const phone = world.enrol(world.card(guest.person, guest), 'later')
    world.approve(phone.id, guest)
    world.revoke('device', phone.id, owner)
    assert.equal(channel.state.isStale(0), true)
  })

  test('not by a loss from before the epoch, nor of somebody added after it', () => {
    const { world, channel, owner, guest, admin } = scene()
    world.revoke('device', guest.id, owner)
    channel.announce(owner)
    assert.equal(channel.state.isStale(0), false)
    channel.add(owner, [admin.person])
    world.revoke('device', admin.id, owner)
    assert.equal(channel.state.isStale(0), false)
  })

  test('a device that joined after the epoch sends once an extension names it', () => {
    const { world, channel, owner, member } = scene()
    const phone = world.enrol(world.card(member.person, member), 'phone')
    world.approve(phone.id, member)
    refused('not_allowed', () => channel.send(phone, 'x'))
    channel.extend(owner, { gen: 0 })
    channel.send(phone, 'x')
  })

  test('a revoked device sends no header either, once the channel has seen it', () => {
    const { world, channel, owner, guest } = scene()
    world.revoke('device', guest.id, owner)
    channel.data('title', owner, { kind: 'title', dkVer: 1, title: new Uint8Array(40) })
    const { length } = decodeHeader(channel.message(guest, 'x').subarray(0, 291)).header
    const header = decodeHeader(channel.message(guest, 'x').subarray(0, length))
    refused('epoch_stale', () => channel.state.accept(header))
  })
})

describe('by segment', () => {
  test('a removal touches its own segment only', () => {
    const { world, coordinator, member, guest } = staffedWorld()
    const channel = twoSegments(world, coordinator, [member.person, guest.person])
    channel.remove(coordinator, guest.person)
    assert.deepEqual(
      [0, 1].map((seg) => channel.state.isStale(seg)),
      [false, true],
    )
    refused('epoch_stale', () => channel.send(coordinator, 'x'))
    channel.announce(coordinator, { seg: 1 })
    channel.send(coordinator, 'x')
  })

  test('the end of a publisher touches all, since publishers hold all keys', () => {
    const { world, coordinator, member, guest } = staffedWorld()
    const channel = twoSegments(world, coordinator, [member.person, guest.person])
    channel.setRole(coordinator, guest.person, CHANNEL_ROLE.publisher)
    for (const seg of [0, 1]) channel.announce(coordinator, { seg })
    const stale = () => [0, 1].map((seg) => channel.state.isStale(seg))
    channel.setRole(coordinator, guest.person, CHANNEL_ROLE.manager)
    assert.deepEqual(stale(), [false, false])
    channel.setRole(coordinator, guest.person, CHANNEL_ROLE.member)
    assert.deepEqual(stale(), [true, false])
    channel.announce(coordinator, { seg: 0 })
    channel.setRole(coordinator, guest.person, CHANNEL_ROLE.publisher)
    for (const seg of [0, 1]) channel.announce(coordinator, { seg })
    world.revoke('device', guest.id, world.owner)
    assert.deepEqual(stale(), [true, true])
    for (const seg of [0, 1]) channel.announce(coordinator, { seg })
    channel.remove(coordinator, guest.person)
    assert.deepEqual(stale(), [true, true])
  })

  test('a newcomer takes the first place that is free', () => {
    const { world, coordinator, member, guest } = staffedWorld()
    const channel = twoSegments(world, coordinator, [member.person])
    assert.equal(channel.state.members.get(member.person)?.seg, 1)
    const first = [...channel.state.members.values()].find(
      (m) => m.seg === 0 && m.role === CHANNEL_ROLE.member,
    )
    channel.remove(coordinator, first?.person as typeof member.person)
    channel.add(coordinator, [guest.person])
    assert.equal(channel.state.members.get(guest.person)?.seg, 0)
    assert.deepEqual(
      channel.state.segments.map((s) => s.persons),
      [512, 1],
    )
  })
})

test('an alert is remembered by its id, a text is not', () => {
  const { world, owner } = scene()
  const channel = readyChannel(world, owner, 'audience')
  channel.send(owner, 'x')
  assert.equal(channel.state.alerts.size, 0)
  channel.send(owner, 'x', { kind: KIND.exercise })
  assert.deepEqual([...channel.state.alerts.values()], [channel.state.head.n])
})
