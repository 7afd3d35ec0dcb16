import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Channel, channelIdOf } from '../../protocol/channel.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import type { PersonId } from '../../protocol/ids.ts'
import { CHANNEL_ROLE, CHANNEL_TYPE, KIND } from '../../protocol/kinds.ts'
import { hash } from '../../protocol/labels.ts'
import { encodeOperationData } from '../../protocol/operation-data.ts'
import { creation, openChannel } from '../helpers/channels.ts'
import { refused, seededHash, seededId } from '../helpers/seed.ts'
import type { TestDevice } from '../helpers/signers.ts'
import { staffedWorld } from '../helpers/world.ts'

const { world, owner, admin, coordinator, member, guest } = staffedWorld()
world.keepRecords()
const { manager, publisher, member: ordinary } = CHANNEL_ROLE
const stranger = seededId<PersonId>('stranger')

function create(bytes: Uint8Array, id = channelIdOf(decodeEntry(bytes))): Channel {
  const channel = new Channel(id, world.directory, () => undefined)
  channel.accept(decodeEntry(bytes))
  return channel
}

describe('create', () => {
  test('makes its creator manager and the others what it says', () => {
    const people = [guest.person, admin.person]
    const channel = create(
      creation(world, member, 'group', { people, role: publisher, recorded: 1 }),
    )
    assert.equal(channel.type, CHANNEL_TYPE.group)
    assert.equal(channel.recorded, true)
    assert.deepEqual(channel.creator, member.person)
    const role = (id: PersonId) => channel.members.get(id)?.role
    assert.deepEqual([member.person, ...people].map(role), [manager, publisher, publisher])
    assert.deepEqual([channel.members.size, channel.segments.length, channel.memb.n], [3, 1, 1])
    assert.equal(channel.title.dkVer, 1)
  })

  test('names the channel: other bytes, another channel', () => {
    const bytes = creation(world, member, 'group')
    const entry = decodeEntry(bytes)
    assert.deepEqual(channelIdOf(entry), hash('log', entry.signed).slice(0, 16))
    refused('not_found', () => create(bytes, seededId('another')))
    const context = { log: channelIdOf(entry) }
    const renamed = creation(world, member, 'group', { context })
    refused('not_found', () => create(renamed))
  })

  test('refers to nothing, since nothing is there', () => {
    refused('malformed', () => create(creation(world, member, 'group', { context: { refN: 1 } })))
    refused('malformed', () =>
      create(creation(world, member, 'group', { context: { refH: seededHash('h') } })),
    )
  })

  test('comes once and before everything', () => {
    const bytes = creation(world, member, 'group')
    const channel = create(bytes)
    refused('already_exists', () => channel.accept(decodeEntry(bytes)))
    const group = openChannel(world, member, 'group')
    const fresh = new Channel(group.id, world.directory, () => undefined)
    refused('not_found', () =>
      fresh.accept(decodeEntry(group.operation(KIND.add, member, { subjects: [guest.person] }))),
    )
  })

  test('is for the roles of the table', () => {
    const may: [TestDevice, 'group' | 'direct' | 'audience' | 'response', boolean][] = [
      [guest, 'group', false],
      [guest, 'direct', false],
      [member, 'group', true],
      [member, 'direct', true],
      [member, 'audience', false],
      [member, 'response', false],
      [coordinator, 'audience', true],
      [coordinator, 'response', true],
      [owner, 'audience', true],
    ]
    for (const [by, type, allowed] of may) {
      const bytes = creation(world, by, type, { people: [admin.person] })
      if (allowed) create(bytes)
      else refused('not_allowed', () => create(bytes))
    }
  })

  test('has its creator among its people, and only people of the directory', () => {
    refused('malformed', () =>
      create(creation(world, member, 'group', { fields: { subjects: [guest.person] } })),
    )
    refused('malformed', () =>
      create(creation(world, member, 'group', { fields: { subjects: [] } })),
    )
    refused('person_unknown', () =>
      create(creation(world, member, 'group', { people: [stranger] })),
    )
    const left = world.copy()
    left.revoke('person', guest.person, owner)
    const bytes = creation(left, member, 'group', { people: [guest.person] })
    const channel = new Channel(channelIdOf(decodeEntry(bytes)), left.directory, () => undefined)
    refused('person_inactive', () => channel.accept(decodeEntry(bytes)))
  })

  test('of a direct channel is for two, without roles', () => {
    const channel = create(creation(world, member, 'direct', { people: [guest.person] }))
    for (const { role } of channel.members.values()) assert.equal(role, ordinary)
    refused('malformed', () => create(creation(world, member, 'direct')))
    const three = { people: [guest.person, admin.person] }
    refused('malformed', () => create(creation(world, member, 'direct', three)))
    const roles = { people: [guest.person], role: publisher }
    refused('malformed', () => create(creation(world, member, 'direct', roles)))
  })

  test('carries data of its own kind', () => {
    for (const data of [new Uint8Array(0), encodeOperationData({ kind: 'policy', recorded: 1 })]) {
      refused('malformed', () => create(creation(world, member, 'group', { fields: { data } })))
    }
  })
})
