import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CHANNEL_TYPE,
  channelTypeName,
  hasPayload,
  isDirectoryKind,
  isMessageKind,
  isOperationKind,
  KIND,
  type Kind,
  kindName,
  KINDS,
  OUTSIDE,
  ROLE,
  roleName,
} from '../../protocol/kinds.ts'

test('numbers of kinds never change', () => {
  assert.deepEqual(KIND, {
    found: 1,
    person: 2,
    card: 3,
    device: 4,
    approve: 5,
    revoke: 6,
    tick: 7,
    box: 8,
    records: 9,
    checkpoint: 10,
    absence: 11,
    restore: 12,
    running: 13,
    create: 32,
    add: 33,
    remove: 34,
    role: 35,
    policy: 36,
    respkey: 37,
    title: 38,
    announce: 48,
    extension: 49,
    text: 64,
    alert: 65,
    exercise: 66,
    control: 67,
    answer: 80,
  })
})

test('each kind belongs to one family', () => {
  const family = (kind: Kind) =>
    [isDirectoryKind, isOperationKind, isMessageKind].map((is) => is(kind)).lastIndexOf(true)
  for (const kind of KINDS) {
    const expected = kind <= 13 ? 0 : kind <= 38 ? 1 : kind >= 64 && kind <= 67 ? 2 : -1
    assert.equal(family(kind), expected, kindName(kind))
  }
})

test('messages and answers carry a payload, nothing else does', () => {
  const carrying = KINDS.filter((kind) => hasPayload(kind)).map((kind) => kindName(kind))
  assert.deepEqual(carrying, ['text', 'alert', 'exercise', 'control', 'answer'])
})

test('outside structures share no number with entries', () => {
  const all = [...KINDS, ...Object.values(OUTSIDE)]
  assert.equal(new Set(all).size, all.length)
  assert.deepEqual(OUTSIDE, { receipt: 96, history: 97, head: 98, report: 99 })
})

test('names go with numbers', () => {
  for (const [name, kind] of Object.entries(KIND)) assert.equal(kindName(kind), name)
  for (const [name, role] of Object.entries(ROLE)) assert.equal(roleName(role), name)
  for (const [name, type] of Object.entries(CHANNEL_TYPE)) assert.equal(channelTypeName(type), name)
})

test('a larger role includes the smaller', () => {
  const { guest, member, coordinator, admin, owner } = ROLE
  assert.deepEqual([guest, member, coordinator, admin, owner], [1, 2, 3, 4, 5])
})
