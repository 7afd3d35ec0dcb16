// What ends with a revocation, and what does not.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { validAt } from '../../protocol/directory-state.ts'
import { ROLE } from '../../protocol/kinds.ts'
import { refused } from '../helpers/seed.ts'
import type { TestDevice } from '../helpers/signers.ts'
import { staffedWorld, type World } from '../helpers/world.ts'

const stateOf = (world: World, device: TestDevice) => {
  const known = world.directory.devices.get(device.id)
  assert.ok(known)
  return known
}

describe('revocation', () => {
  test('of a device ends it there and then, not before', () => {
    const { world, owner, member } = staffedWorld()
    world.revoke('device', member.id, owner)
    const { n } = world.directory.head
    assert.equal(stateOf(world, member).until, n)
    assert.deepEqual(
      [n - 1, n].map((i) => validAt(stateOf(world, member), i)),
      [true, false],
    )
    assert.deepEqual(world.directory.losses, [{ n, device: member.id, person: member.person }])
    assert.equal(world.directory.deviceAt(member.id, n), null)
    assert.ok(world.directory.deviceAt(member.id, n - 1))
    assert.equal(world.directory.roleNow(member.person), ROLE.member)
  })

  test('of a person ends every device, every unused card and the role', () => {
    const { world, owner, member } = staffedWorld()
    const second = world.enrol(world.card(member.person, member), 'second')
    world.approve(second.id, member)
    const pending = world.enrol(world.card(member.person, member), 'pending')
    const card = world.card(member.person, owner)
    world.revoke('person', member.person, owner)
    const { n } = world.directory.head
    for (const device of [member, second, pending]) assert.equal(stateOf(world, device).until, n)
    assert.equal(world.directory.losses.length, 3)
    assert.equal(world.directory.cards.get(card.id)?.until, n)
    assert.equal(world.directory.roleNow(member.person), null)
    assert.equal(world.directory.roleAt(member.person, n - 1), ROLE.member)
    assert.deepEqual(world.directory.devicesAt(member.person, n), [])
    assert.equal(world.directory.devicesAt(member.person, n - 1).length, 2)
  })

  test('of a device ends the unused cards that it made for its own person, and no others', () => {
    const { world, owner, admin, member } = staffedWorld()
    const chief = world.join('Carla Chief', 'admin')
    const own = world.card(member.person, member)
    world.revoke('device', member.id, owner)
    refused('card_revoked', () => world.enrol(own, 'thief'))
    const forOthers = world.card(world.person('Nina', 'member', admin), admin)
    const fromOwner = world.card(admin.person, owner, { second: chief })
    world.revoke('device', admin.id, owner)
    world.enrol(forOthers, 'Nina')
    world.enrol(fromOwner, 'Adam again')
  })

  test('of a person leaves the end of a device that was revoked before', () => {
    const { world, owner, member } = staffedWorld()
    world.revoke('device', member.id, owner)
    const { n } = world.directory.head
    world.revoke('person', member.person, owner)
    assert.equal(stateOf(world, member).until, n)
    assert.equal(world.directory.losses.length, 1)
  })

  test('of one device leaves the cards of another of the same person', () => {
    const { world, owner, member } = staffedWorld()
    const phone = world.enrol(world.card(member.person, member), 'phone')
    world.approve(phone.id, member)
    const card = world.card(member.person, phone)
    world.revoke('device', member.id, owner)
    assert.equal(world.directory.cards.get(card.id)?.until, null)
    assert.equal(world.directory.cards.get(card.id)?.own, true)
  })
})
