// Two administrators: what touches either of them takes both.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { approve, changeAll, changePerson } from '../../client/people.ts'
import { people, profileOf } from '../../client/views.ts'
import { fromPaper } from '../../protocol/card-text.ts'
import { bareItem } from '../../protocol/api.ts'
import { signEntry } from '../../protocol/entry.ts'
import { REASON, REVOKE } from '../../protocol/entry-fields.ts'
import { asId, type PersonId } from '../../protocol/ids.ts'
import { KIND, ROLE, type Role } from '../../protocol/kinds.ts'
import { EMPTY_PROFILE, sealProfile } from '../../protocol/profile.ts'
import { randomBytes, signPairFromSeed } from '../../protocol/sodium.ts'
import {
  cosign,
  invite,
  type Phone,
  refused,
  revoke,
  startTown,
  sync,
  type Town,
  welcome,
} from '../helpers/town.ts'

const THIRD = 'Dora Beispiel'
const knows = (phone: Phone, name: string): boolean =>
  people(phone.core.replica).some((one) => one.name === name)

/** The root key from the first owner's paper. */
const rootOf = (owner: Phone) => signPairFromSeed(fromPaper(owner.rootPaper ?? '', 32))

async function twoAdministrators(town: Town) {
  const olga = await town.owner()
  const anna = await welcome(town, olga, 'Anna Beispiel', 'admin')
  await sync(olga)
  return { olga, anna }
}

test('A third administrator waits for a second signature, which the other one gives', async (t) => {
  const town = await startTown(t)
  const { olga, anna } = await twoAdministrators(town)
  const { card, proposal } = await invite(olga, THIRD, 'admin')
  assert.ok(proposal !== null)
  await sync(anna)
  assert.equal(knows(anna, THIRD), false)
  await assert.rejects(town.enrol(card), refused('card_unknown'))

  await cosign(anna, proposal)
  const dora = await town.enrol(card)
  await sync(olga)
  assert.equal(dora.core.replica.directory.roleNow(dora.person), ROLE.admin)
  assert.ok([olga, anna, dora].every((phone) => knows(phone, THIRD)))
})

test('Nobody signs their own proposal a second time, on whichever of their phones', async (t) => {
  const town = await startTown(t)
  const { olga } = await twoAdministrators(town)
  const { proposal } = await invite(olga, THIRD, 'admin')
  assert.ok(proposal !== null)
  await assert.rejects(cosign(olga, proposal), refused('second_signature'))
  const tablet = await town.enrol((await invite(olga, olga.person)).card)
  await olga.act((core) => approve(core, tablet.device))
  await assert.rejects(cosign(tablet, proposal), refused('second_signature'))
  await sync(olga)
  assert.equal(knows(olga, THIRD), false)
})

test('A member cannot give the second signature', async (t) => {
  const town = await startTown(t)
  const { olga } = await twoAdministrators(town)
  const max = await welcome(town, olga, 'Max Beispiel')
  const { proposal } = await invite(olga, THIRD, 'admin')
  assert.ok(proposal !== null)
  await assert.rejects(cosign(max, proposal), refused('not_allowed'))
})

test('The root key from paper stands in for the second administrator', async (t) => {
  const town = await startTown(t)
  const { olga, anna } = await twoAdministrators(town)
  const root = rootOf(olga)
  const { card, proposal } = await invite(olga, THIRD, 'admin', { root })
  assert.equal(proposal, null)
  const dora = await town.enrol(card)
  await sync(anna)
  assert.equal(anna.core.replica.directory.roleNow(dora.person), ROLE.admin)
  const wrong = signPairFromSeed(new Uint8Array(32).fill(7))
  await assert.rejects(
    invite(olga, 'Erik Beispiel', 'admin', { root: wrong }),
    refused('device_unknown'),
  )
})

test('One administrator alone cannot remove the other', async (t) => {
  const town = await startTown(t)
  const { olga, anna } = await twoAdministrators(town)
  const target = { what: 'person', subject: anna.person } as const
  const { proposal } = await revoke(olga, target)
  assert.ok(proposal !== null)
  await sync(anna)
  assert.equal(anna.core.replica.active, true)
  await assert.rejects(cosign(olga, proposal), refused('second_signature'))
  const root = rootOf(olga)
  assert.equal((await revoke(olga, target, { root })).proposal, null)
  await assert.rejects(sync(anna), refused('device_revoked'))
})

test('The last owner stays, whoever signs', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const target = { what: 'person', subject: olga.person } as const
  await assert.rejects(revoke(olga, target), {
    ...refused('last_owner'),
    message: 'The last owner cannot be removed.',
  })
  const anna = await welcome(town, olga, 'Anna Beispiel', 'admin')
  const { proposal } = await revoke(olga, target)
  assert.ok(proposal !== null)
  await assert.rejects(cosign(anna, proposal), refused('last_owner'))
  const root = rootOf(olga)
  await assert.rejects(revoke(olga, target, { root }), refused('last_owner'))
  await sync(olga)
  assert.equal(olga.core.replica.directory.roleNow(olga.person), ROLE.owner)
})

test('With two owners one of them can be removed, by both', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const otto = await welcome(town, olga, 'Otto Beispiel', 'owner')
  const { proposal } = await revoke(olga, { what: 'person', subject: olga.person })
  assert.ok(proposal !== null)
  await cosign(otto, proposal)
  await assert.rejects(sync(olga), refused('device_revoked'))
  await assert.rejects(
    revoke(otto, { what: 'person', subject: otto.person }),
    refused('last_owner'),
  )
})

test('One signature past the own phone does not help: the box refuses it', async (t) => {
  const town = await startTown(t)
  const { olga, anna } = await twoAdministrators(town)
  const { directory, identity, pair } = olga.core.replica
  const { dk, dkVer } = identity
  const context = olga.core.context(directory.log)
  const stranger = asId<PersonId>(randomBytes(16))
  const person = (id: PersonId, role: Role): Uint8Array => {
    const sealed = sealProfile(dk, id, { ...EMPTY_PROFILE, name: THIRD })
    const fields = { person: id, role, state: 1, dkVer, sealed } as const
    return signEntry(KIND.person, context, fields, pair.secretKey)
  }
  const gone = { what: REVOKE.person, subject: anna.person, voidFrom: 0, reason: REASON.other }
  const alone = [
    person(stranger, ROLE.admin),
    person(anna.person, ROLE.member),
    signEntry(KIND.revoke, context, gone, pair.secretKey),
  ]
  for (const entry of alone) {
    const items = [bareItem(entry)]
    const answer = olga.core.line.call('entries', { items }, olga.core.signer)
    await assert.rejects(answer, refused('second_signature'))
  }
  await sync(anna)
  assert.equal(anna.core.replica.active, true)
})

test('Another phone for somebody takes both administrators, or the root key from paper', async (t) => {
  const town = await startTown(t)
  const { olga, anna } = await twoAdministrators(town)
  const max = await welcome(town, olga, 'Max Beispiel')
  const root = rootOf(olga)
  for (const signing of [{}, { root }]) {
    const tablet = await town.enrol((await invite(max, max.person)).card)
    const proposal = await olga.act((core) => approve(core, tablet.device, signing))
    assert.equal(proposal === null, 'root' in signing)
    await sync(tablet)
    assert.equal(tablet.core.replica.active, proposal === null)
    if (proposal !== null) await cosign(anna, proposal)
    await sync(tablet)
    assert.equal(tablet.core.replica.active, true)
  }
})

test('Who becomes administrator, or is one no longer, takes both, or the root key', async (t) => {
  const town = await startTown(t)
  const { olga, anna } = await twoAdministrators(town)
  const max = await welcome(town, olga, 'Max Beispiel')
  const root = rootOf(olga)
  const change = (role: Role, signing = {}) =>
    olga.act((core) =>
      changePerson(core, max.person, role, profileOf(core.replica, max.person), signing),
    )
  const proposal = await change(ROLE.admin)
  await sync(anna)
  assert.equal(anna.core.replica.directory.roleNow(max.person), ROLE.member)
  await cosign(anna, proposal ?? '')
  await sync(olga)
  assert.equal(olga.core.replica.directory.roleNow(max.person), ROLE.admin)
  assert.equal(await change(ROLE.member, { root }), null)
  assert.equal(olga.core.replica.directory.roleNow(max.person), ROLE.member)
  assert.equal(await change(ROLE.coordinator), null, 'no administrator is concerned')
})

test('A phone of somebody who has left is gone already', async (t) => {
  const town = await startTown(t)
  const { olga } = await twoAdministrators(town)
  const max = await welcome(town, olga, 'Max Beispiel')
  await revoke(olga, { what: 'person', subject: max.person })
  await assert.rejects(
    revoke(olga, { what: 'device', subject: max.device }),
    refused('device_revoked'),
  )
})

test('Of several changes at once, those that touch an administrator wait, and the others are done', async (t) => {
  const town = await startTown(t)
  const { olga, anna } = await twoAdministrators(town)
  const { person: carla } = await invite(olga, 'Carla Muster')
  const profile = { ...EMPTY_PROFILE, name: 'Other Name' }
  const made = await olga.act((core) =>
    changeAll(core, [
      { person: carla, role: ROLE.member, profile },
      { person: anna.person, role: ROLE.admin, profile },
    ]),
  )
  assert.deepEqual(
    made.map((proposal) => proposal === null),
    [true, false],
  )
  assert.equal(profileOf(olga.core.replica, carla).name, 'Other Name')
  assert.equal(profileOf(olga.core.replica, anna.person).name, 'Anna Beispiel')
  await sync(anna)
  await cosign(anna, made[1] ?? '')
  await sync(olga)
  assert.equal(profileOf(olga.core.replica, anna.person).name, 'Other Name')
})
