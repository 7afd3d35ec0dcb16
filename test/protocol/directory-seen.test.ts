// A signed entry has its say once: a box that shows it again, or for the first time when it suits, changes
// nothing that its signer had not seen.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Directory } from '../../protocol/directory.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import { KIND, type Role, ROLE } from '../../protocol/kinds.ts'
import { hashId } from '../../protocol/labels.ts'
import { xwingPublic } from '../../protocol/sodium.ts'
import { refused, seed } from '../helpers/seed.ts'
import { staffedWorld, type World } from '../helpers/world.ts'

const fresh = () => {
  const staff = staffedWorld()
  const { world, owner, admin, member } = staff
  const second = { second: admin }
  const asRole = (role: Role) =>
    world.entry(KIND.person, world.personFields(member.person, 'Milo', role), owner, second)
  return { ...staff, second, asRole }
}
const recordsEntry = (world: World, label: string): Uint8Array => {
  const recPk = xwingPublic(seed(label))
  const recKey = hashId('rec-key', recPk)
  const names = new Uint8Array(0)
  return world.entry(KIND.records, { recKey, recPk, needed: 1, custodians: 1, names }, world.root)
}

test('who was demoted is not raised by the entry that raised them before', () => {
  const { world, member, asRole } = fresh()
  const raise = asRole(ROLE.admin)
  world.put(raise)
  refused('memb_moved', () => world.put(raise))
  world.put(asRole(ROLE.member))
  refused('memb_moved', () => world.put(raise))
  assert.equal(world.directory.roleNow(member.person), ROLE.member)
})

test('an entry that was held back does not come into force after a later one', () => {
  const { world, member, asRole } = fresh()
  const held = asRole(ROLE.admin)
  world.put(asRole(ROLE.coordinator))
  refused('memb_moved', () => world.put(held))
  assert.equal(world.directory.roleNow(member.person), ROLE.coordinator)
})

test('who left does not come back by an old entry, and may come back by a new one', () => {
  const { world, owner, member, asRole } = fresh()
  const old = asRole(ROLE.member)
  world.revoke('person', member.person, owner)
  refused('memb_moved', () => world.put(old))
  assert.equal(world.directory.roleNow(member.person), null)
  world.put(asRole(ROLE.member))
  assert.equal(world.directory.roleNow(member.person), ROLE.member)
})

test('who came back is not removed by the entry that removed them before', () => {
  const { world, owner, member, asRole } = fresh()
  world.revoke('person', member.person, owner)
  const removal = world.log.at(-1) ?? assert.fail()
  world.put(asRole(ROLE.member))
  refused('memb_moved', () => world.put(removal))
  assert.equal(world.directory.roleNow(member.person), ROLE.member)
})

test('a records key that was replaced does not come back', () => {
  const { world } = fresh()
  const old = recordsEntry(world, 'old')
  const held = recordsEntry(world, 'held back')
  world.put(old)
  world.put(recordsEntry(world, 'new'))
  const { id } = world.directory.recordsAt(world.directory.head.n) ?? assert.fail()
  for (const entry of [old, held]) refused('memb_moved', () => world.put(entry))
  assert.equal(world.directory.recordsAt(world.directory.head.n)?.id, id)
})

test('a key of the box that was replaced does not come back', () => {
  const { world, owner, second } = fresh()
  const boxEntry = (label: string) => world.entry(KIND.box, { boxPk: seed(label) }, owner, second)
  const old = boxEntry('old')
  world.put(old)
  world.put(boxEntry('new'))
  refused('memb_moved', () => world.put(old))
  assert.deepEqual(world.directory.boxPk, seed('new'))
})

describe('what changes somebody else does not stand in the way', () => {
  test('a person', () => {
    const { world, owner, guest, asRole } = fresh()
    const held = asRole(ROLE.member)
    world.say(KIND.person, world.personFields(guest.person, 'Gita', ROLE.member), owner)
    world.put(held)
  })

  test('a device', () => {
    const { world, owner, admin, member } = fresh()
    const device = world.entry(
      KIND.revoke,
      { what: 2, subject: member.id, voidFrom: 0, reason: 2 },
      owner,
    )
    world.say(KIND.person, world.personFields(member.person, 'Milo', ROLE.member), admin)
    world.put(device)
    assert.ok(world.directory.devices.get(member.id)?.until !== null)
  })
})

describe('also for whoever begins with a checkpoint', () => {
  test('a role, a records key and a key of the box do not come back', () => {
    const { world, member, owner, second, asRole } = fresh()
    const boxEntry = (label: string) => world.entry(KIND.box, { boxPk: seed(label) }, owner, second)
    const old = [asRole(ROLE.admin), recordsEntry(world, 'old'), boxEntry('old')]
    for (const entry of old) world.put(entry)
    const now = [asRole(ROLE.member), recordsEntry(world, 'new'), boxEntry('new')]
    for (const entry of now) world.put(entry)
    const { org, directory, root } = world
    const late = Directory.restore(org, root.pair.publicKey, directory.snapshot())
    assert.deepEqual(late.head, directory.head)
    for (const entry of old) refused('memb_moved', () => late.check(decodeEntry(entry)))
    assert.equal(late.roleNow(member.person), ROLE.member)
  })
})
