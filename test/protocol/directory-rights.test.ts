import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Directory } from '../../protocol/directory.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import { REASON, REVOKE } from '../../protocol/entry-fields.ts'
import type { ErrorCode } from '../../protocol/errors.ts'
import type { PersonId } from '../../protocol/ids.ts'
import { KIND, ROLE } from '../../protocol/kinds.ts'
import { DIRECTORY_RULES, type DirectoryAct } from '../../protocol/permissions.ts'
import { refused, seed, seededId, seededPair } from '../helpers/seed.ts'
import type { TestDevice, TestSigner } from '../helpers/signers.ts'
import { foundWorld, staffedWorld } from '../helpers/world.ts'

const staff = staffedWorld()
const { world, owner, admin, coordinator, member, guest } = staff
const { directory } = world
const chief = world.join('Carla Chief', 'admin')
const target = world.join('Tim Target', 'member')
const signers = { guest, member, coordinator, admin, owner, chief }
const pendingOf = new Map<string, TestDevice>()
for (const [name, device] of Object.entries({ ...signers, target })) {
  pendingOf.set(name, world.enrol(world.card(device.person, device), `pending of ${name}`))
}
const newcomer = seededId<PersonId>('newcomer')

type Make = (by: TestSigner, second?: TestSigner) => Uint8Array
const personOf = (by: TestSigner) =>
  directory.devices.get(by.id as TestDevice['id'])?.person ?? target.person
const revoke =
  (what: keyof typeof REVOKE, subject: Uint8Array, voidFrom = 0): Make =>
  (by, second) =>
    world.entry(KIND.revoke, { what: REVOKE[what], subject, voidFrom, reason: REASON.lost }, by, {
      second,
    })
const person =
  (id: PersonId, role: keyof typeof ROLE): Make =>
  (by, second) =>
    world.entry(KIND.person, world.personFields(id, 'New', ROLE[role]), by, { second })
const card =
  (id: PersonId): Make =>
  (by, second) =>
    world.entry(KIND.card, world.cardFields(world.newCard(id)), by, { second })
const approve =
  (device: TestDevice): Make =>
  (by, second) =>
    world.entry(KIND.approve, { device: device.id }, by, { second })
const pending = (name: string) => pendingOf.get(name) as TestDevice

/** Each act in every shape that it can take. `own` acts are tried by each signer on itself. */
const ACTS: [DirectoryAct, string, Make][] = [
  ['person.staff', 'a new member', person(newcomer, 'member')],
  ['person.staff', 'a new coordinator', person(newcomer, 'coordinator')],
  ['person.staff', 'another role for staff', person(target.person, 'guest')],
  ['person.trusted', 'a new administrator', person(newcomer, 'admin')],
  ['person.trusted', 'an administrator of a member', person(target.person, 'admin')],
  ['person.trusted', 'a member of an administrator', person(chief.person, 'member')],
  ['card.staff', 'a card for a member', card(target.person)],
  ['card.trusted', 'a card for an administrator', card(chief.person)],
  ['card.own', 'a card for oneself', (by, second) => card(personOf(by))(by, second)],
  ['approve.other', 'a device of somebody else', approve(pending('target'))],
  ['revoke.own', 'a device of one’s own', (by, second) => revoke('device', by.id)(by, second)],
  ['revoke.device', 'a device of somebody else', revoke('device', target.id)],
  ['revoke.device', 'a device of an administrator', revoke('device', chief.id)],
  [
    'revoke.device',
    'a card of somebody else',
    revoke('card', world.card(target.person, target).id),
  ],
  ['revoke.staff', 'what a member signed', revoke('device', target.id, 3)],
  ['revoke.staff', 'a member', revoke('person', target.person)],
  ['revoke.trusted', 'an administrator', revoke('person', chief.person)],
  ['revoke.trusted', 'what an administrator signed', revoke('device', chief.id, 3)],
  ['tick', 'a tick', (by, second) => world.entry(KIND.tick, {}, by, { second })],
  ['box', 'a new box', (by, second) => world.entry(KIND.box, { boxPk: seed('b') }, by, { second })],
]

function expected(act: DirectoryAct, name: string, cosigned: boolean): ErrorCode | null {
  const { least, second, root } = DIRECTORY_RULES[act]
  if (name === 'root') return root ? null : 'not_allowed'
  if (ROLE[name as keyof typeof ROLE] < least) return 'not_allowed'
  return second && !cosigned ? 'second_signature' : null
}

function checkIn(state: Directory, bytes: Uint8Array): void {
  state.check(decodeEntry(bytes))
}

function judge(code: ErrorCode | null, bytes: Uint8Array): void {
  if (code === null) checkIn(directory, bytes)
  else refused(code, () => checkIn(directory, bytes))
}

describe('who may do what', () => {
  for (const [act, what, make] of ACTS) {
    test(`${act}: ${what}`, () => {
      for (const name of ['guest', 'member', 'coordinator', 'admin', 'owner'] as const) {
        const by = signers[name]
        judge(expected(act, name, false), make(by))
        const cosigner = name === 'owner' ? admin : owner
        judge(expected(act, name, true), make(by, cosigner))
        judge(expected(act, name, true), make(by, world.root))
      }
      if (act !== 'card.own' && act !== 'revoke.own')
        judge(expected(act, 'root', false), make(world.root))
    })
  }

  test('approve.own: everybody lets in their own further device', () => {
    for (const [name, by] of Object.entries(signers)) judge(null, approve(pending(name))(by))
  })

  test('revoke.own: everybody withdraws their own card', () => {
    const own = world.card(guest.person, guest)
    judge(null, revoke('card', own.id)(guest))
    judge('not_allowed', revoke('card', own.id)(member))
  })
})

describe('second signature', () => {
  const make = person(newcomer, 'admin')

  test('one is enough while there is only one who could give it', () => {
    const small = foundWorld()
    const candidate = small.person('Adam', 'admin')
    assert.equal(small.directory.trustedCount(), 1)
    const first = small.enrol(small.card(candidate, small.owner), 'first')
    assert.equal(small.directory.trustedCount(), 2)
    const fields = small.personFields(newcomer, 'New', ROLE.admin)
    refused('second_signature', () => small.say(KIND.person, fields, small.owner))
    small.say(KIND.person, fields, small.owner, { second: first })
  })

  test('is by another person, not by another device of the same', () => {
    const twin = pending('owner')
    const trial = world.copy()
    trial.approve(twin.id, owner)
    refused('second_signature', () => trial.put(make(owner, twin)))
    trial.put(make(owner, admin))
  })

  test('is by an administrator at least', () => {
    for (const other of [coordinator, member, guest]) judge('not_allowed', make(owner, other))
  })

  test('is by somebody known, let in and not revoked', () => {
    judge('device_unknown', make(owner, { ...admin, id: seededId('nobody') }))
    judge('device_pending', make(owner, pending('admin')))
    const trial = world.copy()
    trial.revoke('device', chief.id, owner)
    refused('device_revoked', () => trial.put(make(owner, chief)))
  })

  test('by the root counts, but not twice', () => {
    judge(null, make(owner, world.root))
    judge(null, make(world.root, owner))
    judge('second_signature', make(world.root, world.root))
  })

  test('is verified also where none is needed', () => {
    const forged = { ...admin, pair: seededPair('forger') }
    judge('bad_signature', make(owner, forged))
    judge('bad_signature', person(newcomer, 'member')(owner, forged))
    judge('not_allowed', person(newcomer, 'member')(owner, member))
  })
})

describe('a signer', () => {
  const tick = (by: TestSigner) => world.entry(KIND.tick, {}, by)

  test('is a valid device of the directory or the root', () => {
    judge('device_unknown', tick({ ...owner, id: seededId('nobody') }))
    judge('device_pending', tick(pending('owner')))
    judge('bad_signature', tick({ ...owner, pair: admin.pair }))
    judge('bad_signature', person(newcomer, 'admin')({ ...world.root, pair: admin.pair }))
    judge('device_unknown', tick(world.foundingCard))
  })

  test('that was revoked signs no more', () => {
    const trial = world.copy()
    trial.revoke('device', chief.id, owner)
    refused('device_revoked', () => trial.put(tick(chief)))
  })

  test('whose person has left signs no more, whatever became of the device', () => {
    const trial = world.copy()
    trial.directory.persons.get(chief.person)?.roles.push({ n: 99, role: null })
    refused('person_inactive', () => trial.put(tick(chief)))
  })
})

test('nobody grants more than the signers have', () => {
  judge('not_allowed', person(newcomer, 'owner')(admin, chief))
  judge(null, person(newcomer, 'owner')(admin, owner))
  judge(null, person(newcomer, 'owner')(owner, admin))
  judge(null, person(newcomer, 'owner')(world.root))
  judge('not_allowed', card(owner.person)(admin, chief))
  judge(null, card(owner.person)(admin, owner))
})

test('the last owner stays', () => {
  judge('last_owner', person(owner.person, 'admin')(owner, admin))
  judge('last_owner', revoke('person', owner.person)(admin, owner))
  judge(null, person(owner.person, 'owner')(owner, admin))
  const trial = world.copy()
  const second = trial.person('Otto Owner', 'owner', owner, { second: admin })
  trial.enrol(trial.card(second, owner, { second: admin }), 'Otto Owner')
  checkIn(trial.directory, person(owner.person, 'admin')(owner, admin))
  checkIn(trial.directory, revoke('person', owner.person)(admin, owner))
})

test('an owner who never enrolled does not make the real one dispensable', () => {
  const trial = world.copy()
  trial.person('Otto Owner', 'owner', owner, { second: admin })
  refused('last_owner', () => trial.put(revoke('person', owner.person)(admin, owner)))
})

test('subjects that do not exist, have left or are done already', () => {
  judge('not_found', approve({ ...target, id: seededId('nobody') })(owner, admin))
  judge('already_exists', approve(target)(owner, admin))
  judge('not_found', revoke('device', seededId('nobody'))(owner))
  judge('not_found', revoke('card', seededId('nobody'))(owner))
  judge('person_unknown', revoke('person', seededId('nobody'))(owner))
  judge('person_unknown', card(seededId('nobody'))(owner))
  judge('card_revoked', revoke('card', world.foundingCard.id)(owner))
  const trial = world.copy()
  const card_ = trial.card(target.person, owner)
  trial.revoke('card', card_.id, owner)
  refused('card_revoked', () => trial.revoke('card', card_.id, owner))
  trial.revoke('person', target.person, owner)
  refused('person_inactive', () => trial.revoke('person', target.person, owner))
  refused('person_inactive', () => trial.card(target.person, owner, { role: ROLE.member }))
  refused('device_revoked', () => trial.revoke('device', target.id, owner))
  refused('device_revoked', () => trial.approve(pending('target').id, owner, { second: admin }))
})
