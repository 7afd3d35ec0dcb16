import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { OrgId, PersonId } from '../../protocol/ids.ts'
import {
  EMPTY_PROFILE,
  openProfile,
  openTitle,
  type Profile,
  sealProfile,
  sealTitle,
} from '../../protocol/profile.ts'
import { flipped, refused, seed, seededId } from '../helpers/seed.ts'

const dk = seed('directory key')
const person = seededId<PersonId>('person')
const org = seededId<OrgId>('org')
const olga: Profile = {
  ...EMPTY_PROFILE,
  name: 'Olga Owner',
  site: 'Werk Nord',
  mobile: '0171 3920000',
}

test('a profile comes back for its person under its key', () => {
  const short = fc
    .string({ unit: 'grapheme', maxLength: 12 })
    .filter((s) => Buffer.byteLength(s) <= 40)
  const shape = {
    name: short,
    mail: short,
    mobile: short,
    department: short,
    site: short,
    title: short,
  }
  fc.assert(
    fc.property(fc.record(shape), (value) => {
      assert.deepEqual({ ...openProfile(dk, person, sealProfile(dk, person, value)) }, { ...value })
    }),
  )
})

test('lengths tell names apart by 64 bytes at most', () => {
  const length = (name: string) => sealProfile(dk, person, { ...EMPTY_PROFILE, name }).length
  assert.equal(length('Olga'), length('Ottokar von Musterstadt'))
  assert.equal((length('x'.repeat(100)) - 24 - 16) % 64, 0)
})

test('the same profile never looks the same', () => {
  assert.notDeepEqual(sealProfile(dk, person, olga), sealProfile(dk, person, olga))
})

test('a profile of somebody else, under another key or changed does not open', () => {
  const sealed = sealProfile(dk, person, olga)
  refused('cannot_open', () => openProfile(dk, seededId('somebody else'), sealed))
  refused('cannot_open', () => openProfile(seed('older key'), person, sealed))
  for (let at = 0; at < sealed.length; at++) {
    refused('cannot_open', () => openProfile(dk, person, flipped(sealed, at)))
  }
  for (let n = 0; n < sealed.length; n += 7) {
    refused('cannot_open', () => openProfile(dk, person, sealed.subarray(0, n)))
  }
})

test('a field that is too long is refused when it is written', () => {
  refused('too_large', () => sealProfile(dk, person, { ...olga, name: 'x'.repeat(201) }))
  refused('too_large', () => sealProfile(dk, person, { ...olga, mobile: '0'.repeat(41) }))
  refused('too_large', () => sealTitle(dk, org, 'x'.repeat(201)))
})

test('a title comes back for its organisation', () => {
  const sealed = sealTitle(dk, org, 'Krisenstab')
  assert.equal(openTitle(dk, org, sealed), 'Krisenstab')
  refused('cannot_open', () => openTitle(dk, seededId('other org'), sealed))
  refused('cannot_open', () => openTitle(seed('older key'), org, sealed))
  refused('cannot_open', () => openTitle(dk, org, sealed.subarray(0, 24)))
})

test('a title is no profile', () => {
  const id = seededId<PersonId>('org')
  refused('malformed', () => openProfile(dk, id, sealTitle(dk, org, 'Krisenstab')))
})
