import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeEntry, type EntryOf } from '../../protocol/entry.ts'
import { epochIdOf } from '../../protocol/epoch-core.ts'
import { keyCommitment, openEpochKey } from '../../protocol/epoch-keys.ts'
import { asId, type EpochId, NO_ID } from '../../protocol/ids.ts'
import { CHANNEL_ROLE, type KIND } from '../../protocol/kinds.ts'
import { sign, SIGN_LABELS } from '../../protocol/labels.ts'
import type { TestChannel } from '../helpers/channel-world.ts'
import { openChannel, readyChannel, twoSegments } from '../helpers/channels.ts'
import { refused, seed, seededHash, seededId } from '../helpers/seed.ts'
import { staffedWorld } from '../helpers/world.ts'

type AnnounceFields = Partial<EntryOf<typeof KIND.announce>['fields']>
type ExtensionFields = Partial<EntryOf<typeof KIND.extension>['fields']>
const none = asId<EpochId>(NO_ID)
const { world, owner, admin, coordinator, member, guest } = staffedWorld()
const group = () => openChannel(world, owner, 'group', { people: [member.person] })
const readyGroup = () => readyChannel(world, owner, 'group', { people: [member.person] })
const announcing =
  (channel: TestChannel, fields: AnnounceFields, by = owner) =>
  () =>
    channel.put(channel.announcement(by, { fields }).entry)
const extending =
  (channel: TestChannel, fields: ExtensionFields, by = owner) =>
  () =>
    channel.put(channel.extension(by, { fields }))

describe('announce', () => {
  test('makes an epoch that everybody entitled can open', () => {
    const channel = group()
    const id = channel.announce(member)
    const epoch = channel.state.currentEpoch(0)
    assert.ok(epoch)
    assert.deepEqual([epoch.id, epoch.seg, epoch.gen, epoch.n], [id, 0, 0, channel.state.head.n])
    assert.deepEqual([epoch.membN, epoch.dirN], [1, world.directory.head.n])
    assert.deepEqual(epoch.creator, member.id)
    assert.deepEqual([epoch.sealers, epoch.t], [new Map([[0, [member.id]]]), world.now])
    for (const device of [owner, member]) {
      const commit = epoch.commits.get(0) as Parameters<typeof openEpochKey>[3]
      const ak = openEpochKey(channel.wrapFor(device, id), epoch.core, 0, commit, device.prekeySeed)
      assert.deepEqual(ak, channel.keyAt(id, 0))
    }
    assert.equal(channel.state.isStale(0), false)
  })

  test('names the epoch before it: the first of two is the one', () => {
    const channel = group()
    const [first, second] = [channel.announcement(owner), channel.announcement(member)]
    channel.put(first.entry)
    refused('epoch_moved', () => channel.put(second.entry))
    refused('epoch_moved', () => channel.put(first.entry))
    channel.put(channel.announcement(member).entry)
    refused('epoch_moved', () => channel.put(first.entry))
    refused('epoch_moved', announcing(channel, { prevEpoch: none }))
    refused('epoch_moved', announcing(group(), { prevEpoch: epochIdOf(decodeEntry(first.entry)) }))
  })

  test('is for the membership and directory as they are', () => {
    const channel = group()
    const { n, head } = channel.state.memb
    for (const membN of [n - 1, n + 1])
      refused('memb_moved', announcing(channel, { membN, nwraps: 0 }))
    refused('memb_moved', announcing(channel, { membHead: seededHash('m') }))
    assert.notDeepEqual(head, seededHash('m'))
    const dir = world.directory.head
    refused('directory_behind', announcing(channel, { dirN: dir.n + 1 }))
    refused('forked', announcing(channel, { dirH: seededHash('d') }))
    const before = { dirN: dir.n - 1, dirH: world.directory.hashAt(dir.n - 1) as typeof dir.h }
    refused('memb_moved', announcing(channel, before))
  })

  test('is for a segment that exists, with no more wraps than devices', () => {
    const channel = group()
    refused('malformed', () =>
      channel.put(channel.announcement(owner, { fields: { seg: 1, nwraps: 0 } }).entry),
    )
    refused('malformed', announcing(channel, { nwraps: 3 }))
    announcing(channel, { nwraps: 2 })()
    announcing(group(), { nwraps: 0 })()
  })

  test('is signed by a valid device of somebody who may', () => {
    const channel = group()
    refused('device_unknown', announcing(channel, {}, { ...owner, id: seededId('nobody') }))
    refused('bad_signature', announcing(channel, {}, { ...owner, pair: member.pair }))
    refused('not_allowed', announcing(channel, {}, guest))
    const audience = openChannel(world, coordinator, 'audience', { people: [member.person] })
    refused('not_allowed', announcing(audience, {}, member))
    const signed = channel.announcement(owner).entry.subarray(0, -64)
    for (const label of SIGN_LABELS.filter((l) => l !== 'epoch')) {
      const bytes = Uint8Array.from([...signed, ...sign(label, signed, owner.pair.secretKey)])
      refused('bad_signature', () => channel.put(bytes))
    }
  })

  test('of one segment leaves the others', () => {
    const channel = twoSegments(world, coordinator, [member.person, guest.person])
    const before = channel.state.currentEpoch(0)
    channel.announce(coordinator, { seg: 1 })
    assert.equal(channel.state.currentEpoch(0), before)
    assert.equal(channel.state.currentEpoch(1)?.seg, 1)
    const devices = (seg: number) => {
      const { membN, dirN } = channel.state.currentEpoch(seg) as { membN: number; dirN: number }
      return channel.state.entitled(seg, membN, dirN).map((d) => d.id)
    }
    assert.deepEqual(devices(0), [coordinator.id])
    assert.deepEqual(new Set(devices(1)), new Set([coordinator.id, member.id, guest.id]))
  })
})

describe('extension', () => {
  test('lets a newcomer in from the next generation on', () => {
    const channel = readyGroup()
    const id = channel.keys[0]?.epoch as EpochId
    channel.add(owner, [guest.person])
    channel.extend(owner)
    const epoch = channel.state.currentEpoch(0)
    assert.ok(epoch)
    assert.deepEqual([epoch.id, epoch.gen, epoch.membN], [id, 1, channel.state.memb.n])
    assert.deepEqual([...epoch.commits.keys()], [0, 1])
    assert.deepEqual(
      [...epoch.sealers],
      [
        [0, [owner.id]],
        [1, [owner.id]],
      ],
    )
    assert.equal(epoch.t, world.now)
    const commit = epoch.commits.get(1) as Parameters<typeof openEpochKey>[3]
    const ak = openEpochKey(channel.wrapFor(guest, id, 1), epoch.core, 1, commit, guest.prekeySeed)
    assert.deepEqual(ak, channel.keyAt(id, 1))
    channel.send(guest, 'da')
  })

  test('may wrap the same generation again', () => {
    const channel = readyGroup()
    channel.extend(member, { gen: 0 })
    assert.equal(channel.state.currentEpoch(0)?.gen, 0)
    channel.extend(owner, { gen: 1 })
    channel.extend(member, { gen: 1 })
    assert.equal(channel.state.currentEpoch(0)?.gen, 1)
  })

  test('goes one generation at a time and never back', () => {
    const channel = readyGroup()
    refused('epoch_moved', () => channel.extend(owner, { gen: 2 }))
    channel.extend(owner, { gen: 1 })
    refused('epoch_moved', () => channel.extend(owner, { gen: 0 }))
    refused('epoch_moved', () => channel.extend(owner, { gen: 3 }))
  })

  test('cannot give a generation a second key', () => {
    const channel = readyGroup()
    const { core } = channel.state.currentEpoch(0) as { core: Parameters<typeof keyCommitment>[1] }
    const other = keyCommitment(seed('another key'), core, 0)
    refused('epoch_commit', () =>
      channel.put(channel.extension(owner, { gen: 0, fields: { akgCommit: other } })),
    )
  })

  test('is for the newest epoch of its segment', () => {
    const channel = readyGroup()
    const old = channel.keys[0]?.epoch as EpochId
    channel.announce(owner)
    refused('epoch_moved', extending(channel, { epoch: old }))
    refused('epoch_moved', extending(channel, { epoch: seededId('unknown') }))
  })

  test('comes from somebody who holds the key', () => {
    const channel = readyGroup()
    channel.add(owner, [guest.person])
    refused('not_allowed', extending(channel, {}, guest))
    refused('not_allowed', extending(channel, {}, admin))
    refused('bad_signature', extending(channel, {}, { ...owner, pair: member.pair }))
  })

  test('is for the membership and directory as they are', () => {
    const channel = readyGroup()
    refused('memb_moved', extending(channel, { membN: 2 }))
    refused('memb_moved', extending(channel, { membHead: seededHash('m') }))
    refused('forked', extending(channel, { dirH: seededHash('d') }))
    refused('malformed', extending(channel, { nwraps: 3 }))
    extending(channel, { nwraps: 2 })()
  })

  test('does not rescue an epoch that somebody was removed from', () => {
    const channel = readyGroup()
    channel.remove(owner, member.person)
    refused('epoch_stale', () => channel.extend(owner))
  })

  test('keeps to generation 0 in a response channel, where answers derive from it', () => {
    const channel = readyChannel(world, coordinator, 'response', { people: [member.person] })
    refused('epoch_moved', () => channel.extend(coordinator))
    channel.extend(coordinator, { gen: 0 })
  })
})

test('managers by role in a direct channel extend nothing for others', () => {
  const direct = readyChannel(world, member, 'direct', { people: [guest.person] })
  direct.extend(guest)
  assert.equal(direct.state.members.get(guest.person)?.role, CHANNEL_ROLE.member)
})
