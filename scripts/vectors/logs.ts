// A directory and a channel as logs: each entry with the head after it, and the state that follows.
import { Channel } from '../../protocol/channel.ts'
import { Directory } from '../../protocol/directory.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import { asId, type Hash, type LogId, type OrgId } from '../../protocol/ids.ts'
import { CHANNEL_ROLE, channelTypeName, KIND, roleName } from '../../protocol/kinds.ts'
import type { TestChannel } from '../../test/helpers/channel-world.ts'
import { readyChannel } from '../../test/helpers/channels.ts'
import { DAY, MINUTE } from '../../test/helpers/seed.ts'
import { staffedWorld, type World } from '../../test/helpers/world.ts'
import { bytes, type JsonObject, list, object, same, toJson, type VectorFile } from './json.ts'

function directoryState({ persons, devices, cards, ...state }: Directory) {
  return {
    persons: [...persons.values()].map(({ id, roles, dkVer, sealed, absence }) => ({
      id,
      roles: roles.map(({ n, role }) => ({ n, role: role === null ? null : roleName(role) })),
      dkVer,
      sealed,
      absence,
    })),
    devices: [...devices.values()],
    cards: [...cards.values()].map(({ id, person, role, notAfter, usedBy, until }) => ({
      id,
      person,
      role: roleName(role),
      notAfter,
      usedBy,
      until,
    })),
    rootPk: state.rootPk,
    boxPk: state.boxPk,
    logTime: state.logTime,
    losses: state.losses,
  }
}

function channelState(channel: Channel) {
  const { members, segments, epochs, respKeys, seqs, alerts } = channel
  return {
    type: channelTypeName(channel.type),
    recorded: channel.recorded,
    memb: channel.memb,
    dirN: channel.dirN,
    members: [...members.values()].map(({ person, role, seg, since }) => ({
      person,
      role,
      seg,
      since,
    })),
    segments,
    epochs: [...epochs.values()],
    respKeys,
    seqs: [...seqs.entries()],
    alerts: [...alerts.entries()],
    stale: segments.map((_, seg) => channel.isStale(seg)),
  }
}

/** Enough of a life that every rule of the state has had its effect once. */
function directoryLife(): World {
  const { world, owner, admin, member, guest } = staffedWorld()
  world.now += 10 * MINUTE
  const phone = world.enrol(world.card(member.person, member), 'second phone')
  world.approve(phone.id, member)
  const leaver = world.join('Lea Leaver', 'member')
  world.card(guest.person, owner)
  world.card(guest.person, admin)
  world.absence(member.person, member, { until: world.now + DAY, note: 'Urlaub' })
  world.absence(leaver.person, owner)
  const chief = world.join('Carla Chief', 'admin')
  const from = world.directory.head.n + 1
  const stolen = world.enrol(
    world.card(world.person('Theo Thief', 'member', admin), admin),
    'stolen',
  )
  world.absence(member.person, admin, { until: 0, note: 'taken back below' })
  world.tick(owner)
  world.put(world.restored(owner, { second: admin }))
  world.say(KIND.running, world.runningFields(phone.id), phone)
  world.revoke('device', stolen.id, owner)
  world.revoke('device', admin.id, owner, { second: chief, voidFrom: from })
  world.revoke('person', guest.person, owner)
  world.revoke('person', leaver.person, owner)
  return world
}

function headsOf(log: Uint8Array[], accept: (entry: Uint8Array) => { n: number; h: Hash }) {
  return log.map((entry) => ({ entry, ...accept(entry) }))
}

function readDirectory(org: OrgId, rootPk: Uint8Array, log: Uint8Array[]) {
  const directory = new Directory(org, rootPk)
  const heads = headsOf(log, (entry) => {
    directory.accept(decodeEntry(entry))
    return directory.head
  })
  return { directory, heads }
}

function readChannel(id: LogId, directory: Directory, log: Uint8Array[]) {
  const hashes: Hash[] = []
  const channel = new Channel(id, directory, (n) => hashes[n - 1])
  const heads = headsOf(log, (entry) => {
    channel.accept(decodeEntry(entry))
    hashes.push(channel.head.h)
    return channel.head
  })
  return { channel, heads }
}

function makeDirectory(): JsonObject {
  const { org, root, log } = directoryLife()
  const { directory, heads } = readDirectory(org, root.pair.publicKey, log)
  return toJson({
    org,
    rootPk: root.pair.publicKey,
    log: heads,
    state: directoryState(directory),
  }) as JsonObject
}

function checkDirectory(file: JsonObject): void {
  const log = list(file, 'log').map((line) => bytes(line, 'entry'))
  const { directory, heads } = readDirectory(
    asId<OrgId>(bytes(file, 'org')),
    bytes(file, 'rootPk'),
    log,
  )
  same(heads, file['log'], 'heads of the directory')
  same(directoryState(directory), file['state'], 'state of the directory')
}

function channelLife(): TestChannel {
  const { world, owner, coordinator, member, guest, admin } = staffedWorld()
  const channel = readyChannel(world, coordinator, 'audience', {
    people: [member.person, owner.person],
  })
  channel.add(coordinator, [guest.person, admin.person])
  channel.extend(coordinator)
  channel.setRole(coordinator, member.person, CHANNEL_ROLE.publisher)
  channel.send(coordinator, 'Probe', { kind: KIND.exercise })
  world.keepRecords()
  channel.data('policy', coordinator, { kind: 'policy', recorded: 1 })
  channel.remove(coordinator, guest.person)
  channel.announce(member)
  channel.send(member, 'Ernstfall', { kind: KIND.alert, seq: 7 })
  world.revoke('device', admin.id, owner)
  channel.data('title', coordinator, { kind: 'title', dkVer: 1, title: new Uint8Array(64) })
  return channel
}

function makeChannel(): JsonObject {
  const { world, id, log } = channelLife()
  const { directory } = readDirectory(world.org, world.root.pair.publicKey, world.log)
  const { channel, heads } = readChannel(id, directory, log)
  const where = { org: world.org, rootPk: world.root.pair.publicKey, directory: world.log, id }
  return toJson({ ...where, log: heads, state: channelState(channel) }) as JsonObject
}

function checkChannel(file: JsonObject): void {
  const entries = (file['directory'] as string[]).map((hex) => bytes({ hex }, 'hex'))
  const { directory } = readDirectory(
    asId<OrgId>(bytes(file, 'org')),
    bytes(file, 'rootPk'),
    entries,
  )
  const log = list(file, 'log').map((line) => bytes(line, 'entry'))
  const { channel, heads } = readChannel(asId<LogId>(bytes(file, 'id')), directory, log)
  same(heads, file['log'], 'heads of the channel')
  same(channelState(channel), object(file['state']), 'state of the channel')
}

export const directory: VectorFile = {
  name: 'directory',
  about: 'A directory log with the head after each entry, and who is who at its end.',
  make: makeDirectory,
  check: checkDirectory,
}
export const channel: VectorFile = {
  name: 'channel',
  about:
    'A channel log over its directory, with the head after each entry, and the state at its end.',
  make: makeChannel,
  check: checkChannel,
}
