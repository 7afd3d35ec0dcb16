import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { KIND, ROLE } from '../../protocol/kinds.ts'
import { LOG_TIME_STEP } from '../../protocol/limits.ts'
import { DAY, MINUTE, seed, START } from '../helpers/seed.ts'
import { foundWorld, staffedWorld } from '../helpers/world.ts'

describe('log time', () => {
  test('begins with the founding', () => {
    assert.equal(foundWorld().directory.logTime, START)
  })

  test('follows what administrators sign, whatever the entry', () => {
    const { world, owner, admin } = staffedWorld()
    world.tick(owner, { t: START + MINUTE })
    assert.equal(world.directory.logTime, START + MINUTE)
    world.person('Nina', 'member', admin, { t: START + 2 * MINUTE })
    assert.equal(world.directory.logTime, START + 2 * MINUTE)
  })

  test('goes with any entry up to the very step', () => {
    const world = foundWorld()
    world.person('Nina', 'member', world.owner, { t: START + LOG_TIME_STEP + 1 })
    assert.equal(world.directory.logTime, START)
    world.person('Nora', 'member', world.owner, { t: START + LOG_TIME_STEP })
    assert.equal(world.directory.logTime, START + LOG_TIME_STEP)
  })

  test('never goes back', () => {
    const world = foundWorld()
    world.tick(world.owner, { t: START + DAY })
    world.tick(world.owner, { t: START })
    assert.equal(world.directory.logTime, START + DAY)
  })

  test('moves by two days at most, unless two agree', () => {
    const { world, owner, admin } = staffedWorld()
    const far = START + 400 * DAY
    world.tick(owner, { t: START + LOG_TIME_STEP })
    assert.equal(world.directory.logTime, START + 2 * DAY)
    world.tick(owner, { t: far })
    assert.equal(world.directory.logTime, START + 4 * DAY)
    world.tick(admin, { t: far })
    assert.equal(world.directory.logTime, START + 6 * DAY)
    world.person('Nora', 'member', owner, { t: far })
    assert.equal(world.directory.logTime, START + 6 * DAY)
    world.tick(owner, { t: far, second: admin })
    assert.equal(world.directory.logTime, far)
  })

  test('is not moved by others, cards or the root', () => {
    const { world, member, coordinator, guest } = staffedWorld()
    const t = START + DAY
    for (const by of [member, coordinator, guest]) world.card(by.person, by, { t, notAfter: START })
    const person = world.person('Nina', 'member')
    const card = world.card(person)
    world.say(KIND.device, world.deviceFields(card, card.pair), card, { t })
    world.say(KIND.box, { boxPk: seed('box') }, world.root, { t })
    assert.equal(world.directory.logTime, START)
  })
})

describe('a person', () => {
  test('has one role at each index', () => {
    const { world, owner, member } = staffedWorld()
    const joined = world.directory.persons.get(member.person)?.roles[0]?.n as number
    world.say(KIND.person, world.personFields(member.person, 'Milo', ROLE.coordinator), owner)
    const promoted = world.directory.head.n
    const at = (n: number) => world.directory.roleAt(member.person, n)
    assert.deepEqual([0, joined - 1, joined, promoted - 1, promoted, promoted + 9].map(at), [
      null,
      null,
      ROLE.member,
      ROLE.member,
      ROLE.coordinator,
      ROLE.coordinator,
    ])
    assert.equal(world.directory.roleNow(member.person), ROLE.coordinator)
  })

  test('keeps the newest name, and one line in the history of roles for each change', () => {
    const { world, owner, member } = staffedWorld()
    const fields = world.personFields(member.person, 'Milo Neu', ROLE.member)
    world.say(KIND.person, { ...fields, dkVer: 2 }, owner)
    const person = world.directory.persons.get(member.person)
    assert.deepEqual([person?.dkVer, person?.sealed, person?.roles.length], [2, fields.sealed, 1])
  })

  test('who left can come back', () => {
    const { world, owner, member } = staffedWorld()
    world.revoke('person', member.person, owner)
    world.say(KIND.person, world.personFields(member.person, 'Milo', ROLE.guest), owner)
    assert.equal(world.directory.roleNow(member.person), ROLE.guest)
    assert.equal(world.directory.activeDevices(member.person).length, 0)
    const again = world.enrol(world.card(member.person, owner), 'again')
    assert.deepEqual(
      world.directory.activeDevices(member.person).map((d) => d.id),
      [again.id],
    )
  })

  test('nobody knows has no role and no devices', () => {
    const { world } = staffedWorld()
    const nobody = seed('nobody').slice(0, 16) as typeof world.owner.person
    assert.equal(world.directory.roleAt(nobody, 99), null)
    assert.equal(world.directory.roleNow(nobody), null)
    assert.deepEqual(world.directory.devicesAt(nobody, 99), [])
    assert.equal(world.directory.deviceAt(nobody as never, 99), null)
  })
})

test('who may sign second, and whether another owner is there', () => {
  const { world, owner, admin } = staffedWorld()
  const { directory } = world
  assert.deepEqual([directory.hasOtherOwner(owner.person), directory.trustedCount()], [false, 2])
  const second = world.person('Otto', 'owner', owner, { second: admin })
  assert.deepEqual([directory.hasOtherOwner(owner.person), directory.trustedCount()], [false, 2])
  world.enrol(world.card(second, owner, { second: admin }), 'Otto')
  assert.deepEqual([directory.hasOtherOwner(owner.person), directory.trustedCount()], [true, 3])
  assert.equal(directory.hasOtherOwner(second), true)
  world.revoke('person', admin.person, owner, { second: world.devices.at(-1) })
  assert.equal(directory.trustedCount(), 2)
  world.revoke('person', owner.person, owner, { second: world.devices.at(-1) })
  assert.equal(directory.hasOtherOwner(second), false)
})

test('the box is the newest one named, the records key that of its time', () => {
  const { world, owner, admin } = staffedWorld()
  const { directory } = world
  const first = world.keepRecords('first')
  const since = directory.head.n
  assert.equal(directory.recordsAt(since - 1), null)
  const { id, publicKey } = first
  assert.deepEqual(directory.recordsAt(since), {
    n: since,
    id,
    publicKey,
    needed: 2,
    custodians: 3,
  })
  const second = world.keepRecords('second')
  assert.deepEqual(directory.recordsAt(since)?.id, id)
  assert.deepEqual(directory.recordsAt(directory.head.n)?.id, second.id)
  world.say(KIND.box, { boxPk: seed('new box') }, owner, { second: admin })
  assert.deepEqual(directory.boxPk, seed('new box'))
})

test('the highest role since an index counts what has ended', () => {
  const { world, owner, member } = staffedWorld()
  const { directory } = world
  const since = (n: number) => directory.highestRoleSince(member.person, n)
  const joined = directory.head.n
  world.say(KIND.person, world.personFields(member.person, 'M', ROLE.coordinator), owner)
  const raised = directory.head.n
  world.say(KIND.person, world.personFields(member.person, 'M', ROLE.guest), owner)
  const { n } = directory.head
  assert.deepEqual([0, joined, raised, n, n + 9].map(since), [3, 3, 3, 1, 1])
  world.revoke('person', member.person, owner)
  assert.deepEqual([n, n + 1].map(since), [1, 0])
  assert.equal(directory.highestRoleSince(seed('x').slice(0, 16) as typeof member.person, 0), 0)
})

test('the newest tick is remembered, as far as log time went along', () => {
  const { world, owner, admin } = staffedWorld()
  const { directory } = world
  assert.equal(directory.tickedAt, 0)
  world.tick(owner, { t: START + DAY })
  assert.equal(directory.tickedAt, START + DAY)
  world.tick(admin, { t: START })
  assert.equal(directory.tickedAt, START + DAY)
  world.person('Nina', 'member', owner, { t: START + 2 * DAY })
  assert.equal(directory.tickedAt, START + DAY)
  world.tick(owner, { t: START + 900 * DAY })
  assert.equal(directory.tickedAt, START + 4 * DAY)
})
