// A stolen device: revoking it with `voidFrom` takes back what it signed, and whatever rests on that.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Directory } from '../../protocol/directory.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import { KIND, ROLE } from '../../protocol/kinds.ts'
import { refused, seed, START, DAY } from '../helpers/seed.ts'
import type { TestDevice } from '../helpers/signers.ts'
import { foundWorld, staffedWorld, type World } from '../helpers/world.ts'

const until = (world: World, device: TestDevice) =>
  world.directory.devices.get(device.id)?.until ?? null
const role = (world: World, device: TestDevice) => world.directory.roleNow(device.person)

/** Two trusted people, so that the owner may void what the administrator's device signed. */
function scene() {
  const staff = staffedWorld()
  const { world, owner, admin } = staff
  const chief = world.join('Carla Chief', 'admin')
  const before = world.enrol(world.card(world.person('Bea Before', 'member', admin), admin), 'Bea')
  const from = world.directory.head.n + 1
  const voidAdmin = (voidFrom = from) =>
    world.revoke('device', admin.id, owner, { second: chief, voidFrom })
  return { ...staff, chief, before, from, voidAdmin }
}

describe('what the signer made from that index on', () => {
  test('ends: persons, cards and devices', () => {
    const { world, admin, before, voidAdmin } = scene()
    const thief = world.enrol(
      world.card(world.person('Theo Thief', 'member', admin), admin),
      'Theo',
    )
    const drawer = world.card(world.person('Dora Drawer', 'member', admin), admin)
    voidAdmin()
    const { n } = world.directory.head
    assert.deepEqual([until(world, thief), role(world, thief)], [n, null])
    refused('card_revoked', () => world.enrol(drawer, 'Dora'))
    assert.equal(world.directory.roleNow(drawer.person), null)
    assert.deepEqual([until(world, before), role(world, before)], [null, ROLE.member])
    assert.deepEqual(
      world.directory.losses.map((l) => l.device),
      [admin.id, thief.id],
    )
  })

  test('stays as it was seen in the past', () => {
    const { world, admin, voidAdmin } = scene()
    const thief = world.enrol(
      world.card(world.person('Theo Thief', 'member', admin), admin),
      'Theo',
    )
    const seen = world.directory.head.n
    voidAdmin()
    assert.ok(world.directory.deviceAt(thief.id, seen))
    assert.equal(world.directory.roleAt(thief.person, seen), ROLE.member)
  })

  test('stands when the index lies behind it', () => {
    const { world, admin, voidAdmin } = scene()
    const kept = world.enrol(world.card(world.person('Kai Kept', 'member', admin), admin), 'Kai')
    voidAdmin(world.directory.head.n + 1)
    assert.deepEqual([until(world, kept), role(world, kept)], [null, ROLE.member])
  })

  test('stands when no index is given', () => {
    const { world, owner, admin } = scene()
    const kept = world.enrol(world.card(world.person('Kai Kept', 'member', admin), admin), 'Kai')
    world.revoke('device', admin.id, owner)
    assert.equal(until(world, kept), null)
  })

  test('counts from the named index itself', () => {
    const { world, admin, voidAdmin } = scene()
    const person = world.person('Nora', 'member', admin)
    voidAdmin(world.directory.head.n)
    assert.equal(world.directory.roleNow(person), null)
  })
})

describe('what rests on it', () => {
  test('ends too, however long the row', () => {
    const { world, admin, voidAdmin } = scene()
    const first = world.enrol(world.card(world.person('Theo', 'member', admin), admin), 'Theo')
    const second = world.enrol(world.card(first.person, first), 'Theo 2')
    world.approve(second.id, first)
    const third = world.enrol(world.card(first.person, second), 'Theo 3')
    world.approve(third.id, second)
    voidAdmin()
    const { n } = world.directory.head
    assert.deepEqual(
      [first, second, third].map((d) => until(world, d)),
      [n, n, n],
    )
  })

  test('a device that the signer approved', () => {
    const { world, owner, admin, member, chief } = scene()
    const phone = world.enrol(world.card(member.person, member), 'phone')
    world.approve(phone.id, admin, { second: chief })
    world.revoke('device', admin.id, owner, { second: chief, voidFrom: world.directory.head.n })
    assert.equal(until(world, phone), world.directory.head.n)
    assert.equal(until(world, member), null)
  })

  test('a linked device of the stolen one’s person', () => {
    const { world, owner, chief, member } = scene()
    const from = world.directory.head.n + 1
    const phone = world.enrol(world.card(member.person, member), 'thief phone')
    world.approve(phone.id, member)
    world.revoke('device', member.id, chief, { voidFrom: from })
    assert.equal(until(world, phone), world.directory.head.n)
    assert.equal(until(world, owner), null)
  })

  test('a role goes back to what it was', () => {
    const { world, admin, member, voidAdmin } = scene()
    world.say(KIND.person, world.personFields(member.person, 'Milo', ROLE.coordinator), admin)
    const given = world.directory.head.n
    voidAdmin()
    assert.equal(role(world, member), ROLE.member)
    assert.equal(world.directory.roleAt(member.person, given), ROLE.coordinator)
    assert.equal(until(world, member), null)
  })

  test('somebody who was thrown out is back, but devices once ended stay ended', () => {
    const { world, admin, member, voidAdmin } = scene()
    world.revoke('person', member.person, admin)
    const ended = world.directory.head.n
    voidAdmin()
    assert.equal(role(world, member), ROLE.member)
    assert.equal(until(world, member), ended)
  })

  test('what others signed does not', () => {
    const { world, owner, voidAdmin } = scene()
    const kept = world.join('Kai Kept', 'member')
    voidAdmin()
    assert.equal(until(world, kept), null)
    assert.equal(until(world, owner), null)
    assert.equal(
      world.directory.cards.get(world.directory.devices.get(kept.id)?.card as never)?.until,
      null,
    )
  })
})

describe('voiding', () => {
  test('a person voids what every device of theirs signed', () => {
    const { world, owner, chief, admin } = scene()
    const twin = world.enrol(world.card(admin.person, admin), 'twin')
    world.approve(twin.id, admin)
    const from = world.directory.head.n + 1
    const a = world.person('made by one', 'member', admin)
    const b = world.person('made by the other', 'member', twin)
    world.revoke('person', admin.person, owner, { second: chief, voidFrom: from })
    assert.deepEqual(
      [a, b].map((id) => world.directory.roleNow(id)),
      [null, null],
    )
  })

  test('a second time keeps the first in force', () => {
    const { world, owner, chief, admin, member, voidAdmin } = scene()
    const thief = world.person('Theo', 'member', admin)
    voidAdmin()
    const from = world.directory.head.n + 1
    const phone = world.enrol(world.card(member.person, member), 'phone')
    world.approve(phone.id, member)
    world.revoke('device', member.id, owner, { second: chief, voidFrom: from })
    assert.equal(world.directory.roleNow(thief), null)
    assert.equal(until(world, phone), world.directory.head.n)
  })

  test('reads indexes right where entries without effect stand between', () => {
    const { world, owner, chief, admin, member } = scene()
    const bad = decodeEntry(world.entry(KIND.tick, {}, member))
    for (let i = 0; i < 3; i++) world.directory.skip(bad)
    const kept = world.person('Kai', 'member', admin)
    const from = world.directory.head.n + 1
    const gone = world.person('Nora', 'member', admin)
    world.revoke('device', admin.id, owner, { second: chief, voidFrom: from })
    assert.deepEqual(
      [kept, gone].map((id) => world.directory.roleNow(id)),
      [ROLE.member, null],
    )
  })

  test('gives the same directory to whoever reads the log later', () => {
    const { world, admin, voidAdmin } = scene()
    world.enrol(world.card(world.person('Theo', 'member', admin), admin), 'Theo')
    voidAdmin()
    world.join('Kai', 'member')
    const later = new Directory(world.org, world.root.pair.publicKey)
    for (const bytes of world.log) later.accept(decodeEntry(bytes))
    assert.deepEqual([...later.devices.values()], [...world.directory.devices.values()])
    assert.deepEqual([...later.persons.values()], [...world.directory.persons.values()])
    assert.deepEqual(later.losses, world.directory.losses)
  })
})

describe('voiding also takes back', () => {
  test('what the stolen device only signed as the second', () => {
    const { world, owner, admin, voidAdmin } = scene()
    const person = world.person('Otto', 'owner', owner, { second: admin })
    voidAdmin()
    assert.equal(world.directory.roleNow(person), null)
  })

  test('what a demoted administrator signed, by two of those who decided together', () => {
    const { world, owner, admin, chief, from } = scene()
    const person = world.person('Nora', 'member', admin)
    const demoted = world.personFields(admin.person, 'Adam', ROLE.member)
    world.say(KIND.person, demoted, owner, { second: chief })
    refused('second_signature', () => world.revoke('device', admin.id, owner, { voidFrom: from }))
    refused('second_signature', () =>
      world.revoke('person', admin.person, owner, { voidFrom: from }),
    )
    world.revoke('device', admin.id, owner, { second: chief, voidFrom: from })
    assert.equal(world.directory.roleNow(person), null)
  })

  test('the key of a box that the stolen device named', () => {
    const { world, owner, admin, chief, voidAdmin } = scene()
    world.say(KIND.box, { boxPk: seed('box of a thief') }, admin, { second: chief })
    voidAdmin()
    assert.deepEqual(world.directory.boxPk, world.box.publicKey)
    assert.equal(until(world, owner), null)
  })

  test('a name that the stolen device gave', () => {
    const { world, admin, member, voidAdmin } = scene()
    const { sealed, dkVer } = { ...world.directory.persons.get(member.person) }
    const fields = world.personFields(member.person, 'Spottname', ROLE.member)
    world.say(KIND.person, { ...fields, dkVer: 9 }, admin)
    voidAdmin()
    const person = world.directory.persons.get(member.person)
    assert.deepEqual([person?.sealed, person?.dkVer], [sealed, dkVer])
  })

  test('log time that the stolen device pushed forward', () => {
    const { world, admin, voidAdmin } = scene()
    for (let i = 1; i < 90; i++) world.tick(admin, { t: START + 2 * i * DAY })
    voidAdmin()
    assert.ok(world.directory.logTime <= START + 2 * DAY)
    assert.equal(world.directory.tickedAt, 0)
  })
})

test('nobody voids what their own standing rests on', () => {
  const world = foundWorld()
  const person = world.person('Otto Owner', 'owner')
  const otto = world.enrol(world.card(person), 'Otto')
  refused('not_allowed', () =>
    world.revoke('person', world.owner.person, otto, { second: world.root, voidFrom: 1 }),
  )
})

test('nobody signs for the removal of their own person and takes that signature back', () => {
  const { world, owner, admin } = staffedWorld()
  const before = world.directory.head.n
  for (const voidFrom of [1, before, before + 1, before + 2]) {
    refused('not_allowed', () =>
      world.revoke('person', admin.person, admin, { second: owner, voidFrom }),
    )
    refused('not_allowed', () =>
      world.revoke('person', admin.person, owner, { second: admin, voidFrom }),
    )
  }
  assert.equal(world.directory.head.n, before)
  world.revoke('person', admin.person, admin, { second: owner })
  assert.equal(world.directory.roleNow(admin.person), null)
})

test('nobody removes the last owner by taking back that there was another', () => {
  const { world, owner, admin, chief, from } = scene()
  const otto = world.person('Otto', 'owner', owner, { second: admin })
  world.enrol(world.card(otto, owner, { second: admin }), 'Otto')
  const take = (voidFrom: number) =>
    world.revoke('person', owner.person, admin, { second: chief, voidFrom })
  refused('not_allowed', () => take(from))
  assert.deepEqual([role(world, owner), until(world, owner)], [ROLE.owner, null])
  take(world.directory.head.n + 1)
  assert.deepEqual([role(world, owner), world.directory.roleNow(otto)], [null, ROLE.owner])
})
