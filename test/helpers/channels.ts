// How channels of a test world begin.
import { channelIdOf } from '../../protocol/channel.ts'
import { decodeEntry, signEntry } from '../../protocol/entry.ts'
import { NO_ABSENCE } from '../../protocol/directory-state.ts'
import { asId, type LogId, NO_HASH, NO_ID, type PersonId } from '../../protocol/ids.ts'
import {
  CHANNEL_ROLE,
  CHANNEL_TYPE,
  type ChannelTypeName,
  KIND,
  ROLE,
} from '../../protocol/kinds.ts'
import { MAX_SUBJECTS, SEGMENT_PERSONS } from '../../protocol/limits.ts'
import { encodeOperationData } from '../../protocol/operation-data.ts'
import { sealTitle } from '../../protocol/profile.ts'
import type { OpenOptions, OperationOptions } from './channel-options.ts'
import { seededId } from './seed.ts'
import { sorted, TestChannel } from './channel-world.ts'
import type { TestDevice, World } from './world.ts'

/** The signed operation that opens a channel; its hash is the channel's id. */
export function creation(
  world: World,
  by: TestDevice,
  type: ChannelTypeName,
  options: OpenOptions & OperationOptions = {},
): Uint8Array {
  const { people = [], role = CHANNEL_ROLE.member, recorded = 0, title = 'Lagezentrum' } = options
  const { n: dirN, h: dirH } = options.dir ?? world.directory.head
  const sealed = sealTitle(world.dk, world.org, title)
  const data = encodeOperationData({
    kind: 'create',
    type: CHANNEL_TYPE[type],
    recorded,
    dkVer: 1,
    title: sealed,
  })
  const subjects = sorted([by.person, ...people])
  const fields = {
    membN: 1,
    membPrev: NO_HASH,
    dirN,
    dirH,
    role,
    subjects,
    data,
    ...options.fields,
  }
  const log = asId<LogId>(NO_ID)
  const context = {
    org: world.org,
    log,
    signer: by.id,
    refN: 0,
    refH: NO_HASH,
    t: world.now,
    ...options.context,
  }
  return signEntry(KIND.create, context, fields, by.pair.secretKey)
}

/** A channel with its creator and `people`, but without keys yet. */
export function openChannel(
  world: World,
  by: TestDevice,
  type: ChannelTypeName,
  options: OpenOptions = {},
): TestChannel {
  const bytes = creation(world, by, type, options)
  const channel = new TestChannel(world, channelIdOf(decodeEntry(bytes)))
  channel.put(bytes)
  return channel
}

/** A channel that is ready: created, with a first epoch sealed to everybody in it. */
export function readyChannel(
  world: World,
  by: TestDevice,
  type: ChannelTypeName,
  options: OpenOptions = {},
): TestChannel {
  const channel = openChannel(world, by, type, options)
  channel.state.segments.forEach((_, seg) => channel.announce(by, { seg }))
  return channel
}

/**
 * People without devices, put straight into the state of the directory: enough of them to fill a
 * channel would take thousands of signatures.
 */
export function crowd(world: World, count: number, label = 'crowd'): PersonId[] {
  const { directory } = world
  return Array.from({ length: count }, (_, i) => {
    const id = seededId<PersonId>(`${label} ${i}`)
    const roles = [{ n: 1, role: ROLE.member }]
    const sealed = new Uint8Array(0)
    directory.persons.set(id, {
      id,
      roles,
      enrolled: false,
      changed: 1,
      dkVer: 1,
      sealed,
      absence: NO_ABSENCE,
      devices: [],
      cards: [],
    })
    return id
  })
}

/** Adds people in as many operations as it takes. */
export function addCrowd(channel: TestChannel, by: TestDevice, people: PersonId[]): void {
  for (let at = 0; at < people.length; at += MAX_SUBJECTS) {
    channel.add(by, people.slice(at, at + MAX_SUBJECTS))
  }
}

/** An audience whose first segment is full, so that `others` stand in the second. */
export function twoSegments(world: World, by: TestDevice, others: PersonId[]): TestChannel {
  const channel = openChannel(world, by, 'audience')
  addCrowd(channel, by, crowd(world, SEGMENT_PERSONS - 1))
  channel.add(by, others)
  for (const seg of [0, 1]) channel.announce(by, { seg })
  return channel
}
