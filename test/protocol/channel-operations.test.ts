import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compareBytes } from '../../protocol/channel-operations.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import type { ErrorCode } from '../../protocol/errors.ts'
import type { EpochId, LogId, PersonId } from '../../protocol/ids.ts'
import { CHANNEL_ROLE, KIND, type OperationKind } from '../../protocol/kinds.ts'
import { hash, sign, SIGN_LABELS } from '../../protocol/labels.ts'
import { MAX_AUDIENCE_PERSONS, MAX_GROUP_PERSONS } from '../../protocol/limits.ts'
import { encodeOperationData } from '../../protocol/operation-data.ts'
import { xwingPublic } from '../../protocol/sodium.ts'
import { addCrowd, crowd, openChannel } from '../helpers/channels.ts'
import { refused, seed, seededBytes, seededHash, seededId } from '../helpers/seed.ts'
import { staffedWorld } from '../helpers/world.ts'

const { world, owner, admin, coordinator, member, guest } = staffedWorld()
world.keepRecords()
const { manager, publisher } = CHANNEL_ROLE
const stranger = seededId<PersonId>('stranger')

describe('add, remove and role', () => {
  const channel = openChannel(world, owner, 'group', { people: [member.person] })

  test('change who is in and what they may', () => {
    const group = openChannel(world, owner, 'group')
    group.add(owner, [member.person, guest.person], publisher)
    const added = group.state.head.n
    assert.deepEqual(group.state.members.get(guest.person), {
      person: guest.person,
      role: publisher,
      seg: 0,
      since: added,
      sinceMemb: 2,
      publisherSince: 2,
    })
    group.setRole(owner, member.person, manager)
    assert.equal(group.state.members.get(member.person)?.role, manager)
    group.remove(member, guest.person)
    assert.equal(group.state.members.has(guest.person), false)
    assert.deepEqual(group.state.spans.get(guest.person), [
      { from: added, to: group.state.head.n, seg: 0 },
    ])
    assert.equal(group.state.segments[0]?.persons, 2)
    assert.deepEqual(
      [0, 1].map((n) => group.state.readable(guest.person, added - 1 + n)),
      [false, true],
    )
    assert.equal(group.state.readable(guest.person, group.state.head.n), true)
    assert.equal(group.state.readable(guest.person, group.state.head.n + 1), false)
    assert.equal(group.state.readable(owner.person, group.state.head.n + 1), true)
    assert.equal(group.state.readable(stranger, 1), false)
  })

  test('leave each time that somebody was in as it was', () => {
    const group = openChannel(world, owner, 'group', { people: [member.person] })
    const within = () => group.state.spans.get(member.person)?.map(({ from, to }) => [from, to])
    const now = (): number => group.state.head.n
    group.remove(owner, member.person)
    const first = [1, now()]
    group.add(owner, [member.person])
    const again = now()
    assert.deepEqual(within(), [first, [again, null]])
    group.remove(owner, member.person)
    assert.deepEqual(within(), [first, [again, now()]])
  })

  test('name people once, in ascending order', () => {
    const [a, b] = [admin.person, guest.person].toSorted(compareBytes) as [PersonId, PersonId]
    const add = (subjects: PersonId[]) => () =>
      channel.put(channel.operation(KIND.add, owner, { fields: { subjects } }))
    refused('malformed', add([b, a]))
    refused('malformed', add([a, a]))
    for (const kind of [KIND.add, KIND.remove, KIND.role] as const) {
      refused('malformed', () => channel.put(channel.operation(kind, owner)))
    }
  })

  test('of people who are in already, or are not, are refused', () => {
    refused('already_member', () => channel.add(owner, [member.person]))
    refused('not_member', () => channel.remove(owner, guest.person))
    refused('not_member', () => channel.setRole(owner, guest.person, publisher))
    refused('not_member', () => channel.remove(owner, guest.person, member.person))
    refused('person_unknown', () => channel.add(owner, [stranger]))
    const left = world.copy()
    left.revoke('person', guest.person, owner)
    const group = openChannel(left, owner, 'group')
    refused('person_inactive', () => group.add(owner, [guest.person]))
  })

  test('carry no data', () => {
    for (const kind of [KIND.add, KIND.remove, KIND.role] as const) {
      const subjects = [kind === KIND.add ? guest.person : member.person]
      const data = Uint8Array.of(0)
      refused('malformed', () => channel.put(channel.operation(kind, owner, { subjects, data })))
    }
  })

  test('are the managers’, whatever their role in the directory', () => {
    const group = openChannel(world, member, 'group', { people: [owner.person, guest.person] })
    const attempts: [OperationKind, PersonId][] = [
      [KIND.add, admin.person],
      [KIND.remove, guest.person],
      [KIND.role, guest.person],
    ]
    for (const [kind, subject] of attempts) {
      for (const by of [owner, guest, admin]) {
        if (kind === KIND.remove && by === guest) continue
        refused('not_allowed', () => group.put(group.operation(kind, by, { subjects: [subject] })))
      }
    }
    group.remove(guest, guest.person)
    refused('not_allowed', () =>
      group.put(group.operation(KIND.remove, owner, { subjects: [member.person, owner.person] })),
    )
  })

  test('stop where the channel is full', () => {
    const group = openChannel(world, owner, 'group')
    const people = crowd(world, MAX_GROUP_PERSONS)
    addCrowd(group, owner, people.slice(0, -1))
    assert.equal(group.state.members.size, MAX_GROUP_PERSONS)
    refused('channel_full', () => group.add(owner, people.slice(-1)))
    const audience = openChannel(world, owner, 'audience')
    const many = crowd(world, MAX_AUDIENCE_PERSONS, 'many')
    addCrowd(audience, owner, many.slice(0, -1))
    assert.equal(audience.state.segments.length, 20)
    refused('channel_full', () => audience.add(owner, many.slice(-1)))
  })
})

describe('every operation', () => {
  const channel = openChannel(world, owner, 'audience', { people: [member.person] })
  const publicKey = xwingPublic(seed('resp'))
  const respkey = {
    kind: 'respkey',
    channel: seededId<LogId>('c'),
    epoch: seededId<EpochId>('e'),
    publicKey,
  } as const
  const data = {
    [KIND.policy]: encodeOperationData({ kind: 'policy', recorded: 1 }),
    [KIND.title]: encodeOperationData({ kind: 'title', dkVer: 3, title: seededBytes('title', 80) }),
    [KIND.respkey]: encodeOperationData(respkey),
  }
  const put = (...args: Parameters<typeof channel.operation>) =>
    channel.state.check(decodeEntry(channel.operation(...args)))
  const refuses = (code: ErrorCode, ...args: Parameters<typeof channel.operation>) =>
    refused(code, () => channel.put(channel.operation(...args)))

  test('continues the chain of membership', () => {
    const { n, head } = channel.state.memb
    const options = { subjects: [guest.person] }
    for (const membN of [n, n + 2])
      refuses('memb_moved', KIND.add, owner, { ...options, fields: { membN } })
    refuses('memb_moved', KIND.add, owner, { ...options, fields: { membPrev: seededHash('m') } })
    const entry = channel.add(owner, [guest.person])
    assert.deepEqual(channel.state.memb, { n: n + 1, head: hash('members', head, entry.id) })
  })

  test('names a place of the directory that exists and does not lie before the last', () => {
    const { directory } = world
    const { n, h } = directory.head
    const options = { subjects: [admin.person] }
    refuses('directory_behind', KIND.add, owner, { ...options, dir: { n: n + 1, h } })
    refuses('forked', KIND.add, owner, { ...options, dir: { n, h: seededHash('d') } })
    refuses('memb_moved', KIND.add, owner, {
      ...options,
      dir: { n: n - 1, h: directory.hashAt(n - 1) as typeof h },
    })
    assert.equal(channel.state.dirN, n)
  })

  test('is signed by a valid device of a member, as an operation', () => {
    const options = { subjects: [admin.person] }
    refuses('device_unknown', KIND.add, { ...owner, id: seededId('nobody') }, options)
    refuses('bad_signature', KIND.add, { ...owner, pair: member.pair }, options)
    refuses('not_allowed', KIND.add, coordinator, options)
    const bytes = channel.operation(KIND.add, owner, options)
    const signed = bytes.subarray(0, -64)
    for (const label of SIGN_LABELS) {
      if (label === 'memb') continue
      const other = Uint8Array.from([...signed, ...sign(label, signed, owner.pair.secretKey)])
      refused('bad_signature', () => channel.put(other))
    }
  })

  test('carries data of its kind and names nobody, where it names nobody', () => {
    for (const kind of [KIND.policy, KIND.title, KIND.respkey] as const) {
      put(kind, owner, { data: data[kind] })
      refuses('malformed', kind, owner)
      refuses('malformed', kind, owner, { data: data[kind], subjects: [member.person] })
      refuses('malformed', kind, owner, {
        data: data[kind === KIND.title ? KIND.policy : KIND.title],
      })
      refuses('not_allowed', kind, member, { data: data[kind] })
    }
  })

  test('names a response key only that answers can be sealed to', () => {
    const unusable = { ...respkey, publicKey: new Uint8Array(publicKey.length).fill(0xff) }
    refuses('malformed', KIND.respkey, owner, { data: encodeOperationData(unusable) })
  })

  test('has its effect', () => {
    channel.data('policy', owner, { kind: 'policy', recorded: 1 })
    assert.equal(channel.state.recorded, true)
    channel.data('title', owner, { kind: 'title', dkVer: 3, title: seededBytes('title', 80) })
    assert.deepEqual(channel.state.title, { dkVer: 3, sealed: seededBytes('title', 80) })
    channel.data('respkey', owner, respkey)
    const { kind, ...named } = respkey
    assert.equal(kind, 'respkey')
    assert.deepEqual(channel.state.respKeys, [
      { ...named, n: channel.state.head.n, signer: owner.id },
    ])
  })
})

test('without a manager left, the administrators among the members manage', () => {
  const other = world.copy()
  const people = [admin.person, guest.person]
  const group = openChannel(other, member, 'group', { people })
  refused('not_allowed', () => group.add(admin, [owner.person]))
  other.revoke('person', member.person, owner)
  refused('not_allowed', () => group.add(guest, [owner.person]))
  refused('not_allowed', () => group.add(owner, [owner.person]))
  group.add(admin, [owner.person])
  group.setRole(admin, guest.person, manager)
  refused('not_allowed', () => group.remove(admin, guest.person))
  const alone = openChannel(world, member, 'group', { people })
  alone.remove(member, member.person)
  alone.setRole(admin, admin.person, manager)
})

test('revoked and pending devices sign no operations', () => {
  const other = world.copy()
  const group = openChannel(other, owner, 'group', { people: [member.person] })
  group.setRole(owner, member.person, manager)
  const phone = other.enrol(other.card(member.person, member), 'phone')
  refused('device_pending', () => group.add(phone, [guest.person]))
  other.revoke('device', member.id, owner)
  refused('device_revoked', () => group.add(member, [guest.person]))
})

test('who left the organisation has no rights in its channels', () => {
  const other = world.copy()
  const group = openChannel(other, member, 'group')
  other.directory.persons.get(member.person)?.roles.push({ n: 1, role: null })
  refused('not_allowed', () => group.add(member, [guest.person]))
})

test('compareBytes orders as unsigned bytes, shorter first', () => {
  const order = [[], [0], [0, 0], [0, 255], [1], [127], [128], [255]].map((b) => Uint8Array.from(b))
  assert.deepEqual(order.toReversed().toSorted(compareBytes), order)
  assert.equal(compareBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)), 0)
})
