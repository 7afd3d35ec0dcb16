// Who may say that somebody is away, what becomes of it, and that it says nothing to anybody else.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Directory } from '../../protocol/directory.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import type { ErrorCode } from '../../protocol/errors.ts'
import type { PersonId } from '../../protocol/ids.ts'
import { KIND, ROLE, type RoleName } from '../../protocol/kinds.ts'
import {
  EMPTY_PROFILE,
  openAbsence,
  openProfile,
  sealAbsence,
  sealProfile,
} from '../../protocol/profile.ts'
import { DAY, flipped, refused, seed, seededId, START } from '../helpers/seed.ts'
import type { TestSigner } from '../helpers/signers.ts'
import { staffedWorld, type World } from '../helpers/world.ts'

const AWAY = { until: START + 7 * DAY, note: 'Vertretung: Anna Beispiel' }
const saidOf = (world: World, person: PersonId, directory = world.directory) => {
  const { sealed } = directory.persons.get(person)?.absence ?? assert.fail()
  return sealed.length === 0 ? null : { ...openAbsence(world.dk, person, sealed) }
}

describe('who may sign an absence', () => {
  const { world, ...staff } = staffedWorld()
  const target = world.join('Tim Target', 'member')
  const gone = world.join('Gerd Gone', 'member')
  world.revoke('person', gone.person, staff.owner)
  const waiting = world.enrol(world.card(target.person, target), 'a phone that waits')
  const entry = (person: PersonId, by: TestSigner) =>
    world.entry(KIND.absence, world.absenceFields(person), by)
  const judge = (code: ErrorCode | null, bytes: Uint8Array) => {
    const check = () => world.directory.check(decodeEntry(bytes))
    if (code === null) check()
    else refused(code, check)
  }
  const may: Record<RoleName, { own: boolean; other: boolean }> = {
    guest: { own: false, other: false },
    member: { own: true, other: false },
    coordinator: { own: true, other: false },
    admin: { own: true, other: true },
    owner: { own: true, other: true },
  }
  for (const [role, { own, other }] of Object.entries(may)) {
    const by = staff[role as RoleName]
    test(`${role}: ${own ? 'of oneself' : 'not of oneself'}, ${other ? 'and of others' : 'of nobody else'}`, () => {
      judge(own ? null : 'not_allowed', entry(by.person, by))
      judge(other ? null : 'not_allowed', entry(target.person, by))
    })
  }

  test('nobody for a guest, who could not read it, nor for who has left or is unknown', () => {
    judge('not_allowed', entry(staff.guest.person, staff.admin))
    judge('person_inactive', entry(gone.person, staff.admin))
    judge('person_unknown', entry(seededId('nobody'), staff.admin))
  })

  test('neither the root, a device that waits, nor one that has ended', () => {
    judge('not_allowed', entry(target.person, world.root))
    judge('device_pending', entry(target.person, waiting))
    judge('device_revoked', entry(gone.person, gone))
  })

  test('one signature, even for an administrator; a second one has no place', () => {
    judge(null, entry(staff.owner.person, staff.admin))
    const two = world.entry(KIND.absence, world.absenceFields(target.person), staff.admin, {
      second: staff.owner,
    })
    refused('malformed', () => decodeEntry(two))
  })
})

describe('what an absence does', () => {
  test('the newest of each person counts, and says nothing about others', () => {
    const { world, admin, member, coordinator } = staffedWorld()
    world.absence(member.person, member, AWAY)
    world.absence(member.person, admin, { until: START, note: 'sick' })
    assert.deepEqual(saidOf(world, member.person), { until: START, note: 'sick' })
    assert.equal(saidOf(world, coordinator.person), null)
    world.absence(member.person, member, { until: 0, note: '' })
    assert.deepEqual(saidOf(world, member.person), { until: 0, note: '' })
  })

  test('it ends with its person, and does not come back with them', () => {
    const { world, owner, member } = staffedWorld()
    world.absence(member.person, member, AWAY)
    world.revoke('person', member.person, owner)
    assert.equal(saidOf(world, member.person), null)
    world.say(KIND.person, world.personFields(member.person, 'Milo', ROLE.member), owner)
    assert.equal(saidOf(world, member.person), null)
  })

  test('another name or role leaves it', () => {
    const { world, owner, member } = staffedWorld()
    world.absence(member.person, member, AWAY)
    world.say(KIND.person, world.personFields(member.person, 'Milo', ROLE.coordinator), owner)
    assert.deepEqual(saidOf(world, member.person), AWAY)
  })

  test('it moves log time only if an administrator signs it, like everything else', () => {
    const { world, member, admin } = staffedWorld()
    const before = world.directory.logTime
    world.absence(member.person, member, AWAY, { t: before + DAY })
    assert.equal(world.directory.logTime, before)
    world.absence(member.person, admin, AWAY, { t: before + DAY })
    assert.equal(world.directory.logTime, before + DAY)
  })
})

describe('an absence that was said once', () => {
  test('is not said again by the box', () => {
    const { world, member } = staffedWorld()
    const first = world.entry(KIND.absence, world.absenceFields(member.person, AWAY), member)
    world.put(first)
    refused('memb_moved', () => world.put(first))
    world.absence(member.person, member, { until: 0, note: '' })
    refused('memb_moved', () => world.put(first))
    assert.deepEqual(saidOf(world, member.person), { until: 0, note: '' })
  })

  test('and then held back does not come after a later one', () => {
    const { world, member } = staffedWorld()
    const held = world.entry(KIND.absence, world.absenceFields(member.person, AWAY), member)
    world.absence(member.person, member, { until: 0, note: '' })
    refused('memb_moved', () => world.put(held))
  })

  test('nor after its person has left and come back', () => {
    const { world, owner, admin, member } = staffedWorld()
    const held = world.entry(KIND.absence, world.absenceFields(member.person, AWAY), admin)
    world.revoke('person', member.person, owner)
    world.say(KIND.person, world.personFields(member.person, 'Milo', ROLE.member), owner)
    refused('memb_moved', () => world.put(held))
  })

  test('also for whoever begins with a checkpoint', () => {
    const { world, member } = staffedWorld()
    const first = world.entry(KIND.absence, world.absenceFields(member.person, AWAY), member)
    world.put(first)
    world.absence(member.person, member, { until: 0, note: '' })
    const { org, root, directory } = world
    const late = Directory.restore(org, root.pair.publicKey, directory.snapshot())
    refused('memb_moved', () => late.check(decodeEntry(first)))
  })

  test('does not stand in the way of another person’s', () => {
    const { world, member, coordinator } = staffedWorld()
    const held = world.entry(KIND.absence, world.absenceFields(member.person, AWAY), member)
    world.absence(coordinator.person, coordinator)
    world.put(held)
  })
})

describe('taking back what a stolen device signed', () => {
  const scene = () => {
    const staff = staffedWorld()
    const { world, member, admin, owner } = staff
    const chief = world.join('Carla Chief', 'admin')
    world.absence(member.person, member, AWAY)
    const from = world.directory.head.n + 1
    const takeBack = () =>
      world.revoke('device', admin.id, owner, { second: chief, voidFrom: from })
    return { ...staff, takeBack }
  }

  test('brings back what was said before, and what somebody else said after stands', () => {
    const { world, admin, member, coordinator, takeBack } = scene()
    world.absence(member.person, admin, { until: 0, note: 'a lie' })
    world.absence(coordinator.person, admin, { until: START, note: 'a lie' })
    world.absence(coordinator.person, coordinator, AWAY)
    takeBack()
    assert.deepEqual(saidOf(world, member.person), AWAY)
    assert.deepEqual(saidOf(world, coordinator.person), AWAY)
  })

  test('lets nobody say again what was overwritten in between', () => {
    const { world, admin, member, takeBack } = scene()
    const held = world.entry(KIND.absence, world.absenceFields(member.person), member)
    world.absence(member.person, admin, { until: 0, note: 'a lie' })
    takeBack()
    refused('memb_moved', () => world.put(held))
  })

  test('ends in the same state for whoever reads the log later, or begins with a snapshot', () => {
    const { world, admin, member, takeBack } = scene()
    world.absence(member.person, admin, { until: 0, note: 'a lie' })
    takeBack()
    const { org, root, directory, log } = world
    const again = new Directory(org, root.pair.publicKey)
    for (const bytes of log) again.accept(decodeEntry(bytes))
    assert.deepEqual(again.snapshot(), directory.snapshot())
    const short = Directory.restore(org, root.pair.publicKey, directory.snapshot())
    assert.deepEqual(short.snapshot(), directory.snapshot())
    assert.deepEqual(saidOf(world, member.person, short), AWAY)
  })
})

describe('under the seal', () => {
  const [dk, person] = [seed('directory key'), seededId<PersonId>('person')]
  const sealed = sealAbsence(dk, person, AWAY)

  test('an absence comes back for its person and nobody else, under its key', () => {
    assert.deepEqual({ ...openAbsence(dk, person, sealed) }, AWAY)
    refused('cannot_open', () => openAbsence(dk, seededId('somebody else'), sealed))
    refused('cannot_open', () => openAbsence(seed('older key'), person, sealed))
    for (let at = 0; at < sealed.length; at++)
      refused('cannot_open', () => openAbsence(dk, person, flipped(sealed, at)))
  })

  test('every absence has one size: the box cannot tell "here again" from a holiday', () => {
    for (const note of ['', 'x', 'x'.repeat(200)])
      assert.equal(sealAbsence(dk, person, { until: 0, note }).length, sealed.length)
    refused('too_large', () => sealAbsence(dk, person, { until: 0, note: 'x'.repeat(201) }))
  })

  test('a profile is no absence, and an absence is no profile', () => {
    const profile = sealProfile(dk, person, { ...EMPTY_PROFILE, name: 'Milo Member' })
    refused('cannot_open', () => openAbsence(dk, person, profile))
    refused('cannot_open', () => openProfile(dk, person, sealed))
  })
})
