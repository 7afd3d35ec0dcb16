// Cards and devices: who gets in, who waits, and what dies with what.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { possessionBytes } from '../../protocol/directory-rights.ts'
import { validAt } from '../../protocol/directory-state.ts'
import { KIND, ROLE } from '../../protocol/kinds.ts'
import { sign, SIGN_LABELS } from '../../protocol/labels.ts'
import {
  CARD_LIFE_STAFF,
  CARD_LIFE_TRUSTED,
  MAX_DEVICES_PER_PERSON,
} from '../../protocol/limits.ts'
import { DAY, refused, seededId, seededPair, START } from '../helpers/seed.ts'
import type { TestDevice } from '../helpers/signers.ts'
import { foundWorld, staffedWorld, type World } from '../helpers/world.ts'

const stateOf = (world: World, device: TestDevice) => {
  const known = world.directory.devices.get(device.id)
  assert.ok(known)
  return known
}
const isActive = (world: World, device: TestDevice) =>
  validAt(stateOf(world, device), world.directory.head.n)

describe('a card', () => {
  test('carries the role of its person, not another', () => {
    const world = foundWorld()
    const person = world.person('Milo', 'member')
    for (const role of [ROLE.guest, ROLE.coordinator, ROLE.admin]) {
      refused('not_allowed', () => world.card(person, world.owner, { role }))
    }
    world.card(person, world.owner, { role: ROLE.member })
  })

  test('lives a week for those who may change rights, a quarter for others', () => {
    const world = foundWorld()
    for (const [role, life] of [
      ['member', CARD_LIFE_STAFF],
      ['guest', CARD_LIFE_STAFF],
      ['coordinator', CARD_LIFE_TRUSTED],
      ['admin', CARD_LIFE_TRUSTED],
    ] as const) {
      const person = world.person(`some ${role}`, role)
      const notAfter = START + life
      refused('card_lifetime', () => world.card(person, world.owner, { notAfter: notAfter + 1 }))
      world.card(person, world.owner, { notAfter })
    }
    assert.deepEqual([CARD_LIFE_STAFF, CARD_LIFE_TRUSTED], [90 * DAY, 7 * DAY])
  })

  test('stands in the log once', () => {
    const world = foundWorld()
    const person = world.person('Milo', 'member')
    const card = world.card(person)
    refused('already_exists', () => world.say(KIND.card, world.cardFields(card), world.owner))
  })

  test('lets one device in, once', () => {
    const world = foundWorld()
    const card = world.card(world.person('Milo', 'member'))
    const device = world.enrol(card, 'Milo')
    assert.equal(isActive(world, device), true)
    assert.deepEqual(world.directory.cards.get(card.id)?.usedBy, device.id)
    refused('card_used', () => world.enrol(card, 'Milo again'))
  })

  test('that a newer one replaces is worth nothing', () => {
    const world = foundWorld()
    const person = world.person('Milo', 'member')
    const old = world.card(person)
    const mid = world.card(person)
    const present = world.card(person)
    const n = world.directory.head.n
    assert.deepEqual(
      [old, mid, present].map((c) => world.directory.cards.get(c.id)?.until),
      [n - 1, n, null],
    )
    for (const card of [old, mid]) refused('card_revoked', () => world.enrol(card, 'Milo'))
    world.enrol(present, 'Milo')
    assert.equal(world.directory.cards.get(present.id)?.until, null)
  })

  test('of somebody else is not replaced', () => {
    const world = foundWorld()
    const milo = world.card(world.person('Milo', 'member'))
    world.card(world.person('Mara', 'member'))
    world.enrol(milo, 'Milo')
  })

  test('that was withdrawn or expired by log time is refused', () => {
    const world = foundWorld()
    const card = world.card(world.person('Milo', 'member'))
    world.revoke('card', card.id, world.owner)
    refused('card_revoked', () => world.enrol(card, 'Milo'))
    const edge = world.card(world.person('Mara', 'member'), world.owner, { notAfter: START + DAY })
    const late = world.card(world.person('Lars', 'member'), world.owner, {
      notAfter: START + DAY - 1,
    })
    world.tick(world.owner, { t: START + DAY })
    refused('card_expired', () => world.enrol(late, 'Lars'))
    world.enrol(edge, 'Mara')
  })

  test('of a role that has changed since lets nobody in', () => {
    const world = foundWorld()
    const person = world.person('Milo', 'member')
    const card = world.card(person)
    world.say(KIND.person, world.personFields(person, 'Milo', ROLE.admin), world.owner)
    refused('card_revoked', () => world.enrol(card, 'Milo'))
    world.say(KIND.person, world.personFields(person, 'Milo', ROLE.member), world.owner)
    world.enrol(card, 'Milo')
  })

  test('dies with its person', () => {
    const world = foundWorld()
    const person = world.person('Milo', 'member')
    const card = world.card(person)
    world.revoke('person', person, world.owner)
    refused('card_revoked', () => world.enrol(card, 'Milo'))
    const left = foundWorld('left')
    const other = left.card(left.person('Milo', 'member'))
    left.directory.persons.get(other.person)?.roles.push({ n: 99, role: null })
    refused('person_inactive', () => left.enrol(other, 'Milo'))
  })
})

describe('a device entry', () => {
  const world = foundWorld()
  const card = world.card(world.person('Milo', 'member'))
  const pair = seededPair('new device')
  const fields = () => world.deviceFields(card, pair)

  test('is signed by a card that exists, for its person', () => {
    const unknown = { ...card, id: seededId<typeof card.id>('unknown') }
    refused('card_unknown', () => world.say(KIND.device, fields(), unknown))
    const other = { ...fields(), person: world.owner.person }
    refused('bad_signature', () => world.say(KIND.device, other, card))
    const whole = world.deviceFields({ ...card, person: world.owner.person }, pair)
    refused('bad_signature', () => world.say(KIND.device, whole, card))
    refused('bad_signature', () => world.say(KIND.device, fields(), { ...card, pair }))
  })

  test('proves that the new key is held', () => {
    const where = { org: world.org, signer: card.id }
    const proof = possessionBytes(where, card.person, pair.publicKey)
    const proofs = [
      ...SIGN_LABELS.filter((l) => l !== 'pop').map((l) => sign(l, proof, pair.secretKey)),
      sign('pop', proof, card.pair.secretKey),
      sign(
        'pop',
        possessionBytes({ ...where, org: seededId('org') }, card.person, pair.publicKey),
        pair.secretKey,
      ),
      sign(
        'pop',
        possessionBytes({ ...where, signer: seededId('c') }, card.person, pair.publicKey),
        pair.secretKey,
      ),
      sign('pop', possessionBytes(where, world.owner.person, pair.publicKey), pair.secretKey),
    ]
    for (const pop of proofs) {
      refused('bad_signature', () => world.say(KIND.device, { ...fields(), pop }, card))
    }
  })

  test('brings a key that no device has yet', () => {
    refused('already_exists', () =>
      world.say(KIND.device, world.deviceFields(card, world.owner.pair), card),
    )
  })

  test('is one of eight living ones at most', () => {
    const crowd = foundWorld('crowd')
    const { person } = crowd.owner
    const join = (i: number) => crowd.enrol(crowd.card(person, crowd.owner), `phone ${i}`)
    const phones = Array.from({ length: MAX_DEVICES_PER_PERSON - 1 }, (_, i) => join(i))
    refused('too_many_devices', () => join(100))
    crowd.revoke('device', (phones[0] as TestDevice).id, crowd.owner)
    join(101)
  })
})

describe('a further device', () => {
  const { world, owner, admin, member } = staffedWorld()

  test('waits for approval and counts for nothing until then', () => {
    const phone = world.enrol(world.card(member.person, owner), 'second phone')
    assert.deepEqual([stateOf(world, phone).from, isActive(world, phone)], [null, false])
    assert.equal(world.directory.activeDevices(member.person).length, 1)
    world.approve(phone.id, member)
    assert.equal(stateOf(world, phone).from, world.directory.head.n)
    assert.equal(isActive(world, phone), true)
    assert.equal(validAt(stateOf(world, phone), world.directory.head.n - 1), false)
    refused('already_exists', () => world.approve(phone.id, member))
  })

  test('is valid at once when no valid one is left', () => {
    const tim = world.join('Tim', 'member')
    world.revoke('device', tim.id, owner)
    assert.equal(isActive(world, world.enrol(world.card(tim.person, owner), 'Tim again')), true)
  })

  test('by an own card waits even when none is left', () => {
    const tom = world.join('Tom', 'member')
    const own = world.card(tom.person, tom)
    const phone = world.enrol(own, 'Tom phone')
    world.revoke('device', tom.id, owner)
    assert.equal(stateOf(world, phone).from, null)
    world.approve(phone.id, owner, { second: admin })
    assert.equal(isActive(world, phone), true)
  })

  test('that is pending makes no second signer of its person', () => {
    const small = foundWorld('small')
    const person = small.person('Adam', 'admin')
    small.directory.persons.get(person)?.devices.push(small.owner.id)
    const before = small.directory.trustedCount()
    small.enrol(small.card(person), 'Adam')
    assert.equal(small.directory.trustedCount(), before)
  })
})
