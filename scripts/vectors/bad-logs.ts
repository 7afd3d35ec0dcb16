// Well-formed entries that must be refused at their place in a directory or a channel.
import type { Context } from '../../protocol/entry.ts'
import { KIND, ROLE } from '../../protocol/kinds.ts'
import type { TestChannel } from '../../test/helpers/channel-world.ts'
import { readyChannel } from '../../test/helpers/channels.ts'
import { DAY, seededHash, seededId, seededPair } from '../../test/helpers/seed.ts'
import type { TestSigner } from '../../test/helpers/signers.ts'
import { type EntryOptions, staffedWorld } from '../../test/helpers/world.ts'
import type { Bad } from './bad-forms.ts'

/** What the cases of one scene share: the logs as they stand before the refused entry. */
export type Scene = {
  org: Uint8Array
  directory: Uint8Array[]
  id?: Uint8Array
  log?: Uint8Array[]
}
type Case = [code: string, why: string, bytes: Uint8Array]
type Staff = ReturnType<typeof staffedWorld>

const casesOf = (verifier: string, scene: string, cases: Case[]): Bad[] =>
  cases.map(([code, why, bytes]) => ({ verifier, scene, code, why, bytes }))

function badSigners({ world, owner, admin, member }: Staff): Case[] {
  const tick = (by: TestSigner, options: EntryOptions = {}) =>
    world.entry(KIND.tick, {}, by, options)
  const { n, h } = world.directory.head
  const [beyond, wrong] = [{ ref: { n: n + 1, h } }, { ref: { n: 3, h: seededHash('wrong') } }]
  return [
    ['not_allowed', 'a tick by a member', tick(member)],
    ['bad_signature', 'the key of another device', tick({ ...owner, pair: admin.pair })],
    ['device_unknown', 'an unknown device', tick({ ...owner, id: seededId('nobody') })],
    ['unknown_head', 'a reference beyond the head', tick(owner, beyond)],
    ['unknown_head', 'a reference to another history', tick(owner, wrong)],
    ['wrong_organisation', 'another organisation', tick(owner, { org: seededId('other') })],
    ['wrong_organisation', 'another log', tick(owner, { log: seededId('other') })],
  ]
}

function badSeconds({ world, owner, admin, member }: Staff): Case[] {
  const fields = world.personFields(seededId('new'), 'Neu', ROLE.admin)
  const person = (by: TestSigner, second?: TestSigner) =>
    world.entry(KIND.person, fields, by, { second })
  const off = { what: 1, subject: owner.person, voidFrom: 0, reason: 1 } as const
  return [
    ['second_signature', 'a new administrator, signed once', person(owner)],
    ['second_signature', 'the same person twice', person(owner, owner)],
    ['second_signature', 'the root twice', person(world.root, world.root)],
    ['not_allowed', 'second signature by a member', person(owner, member)],
    ['last_owner', 'the last owner', world.entry(KIND.revoke, off, admin, { second: owner })],
  ]
}

function badCards({ world, owner, member }: Staff): Case[] {
  const used = world.card(world.person('Nina', 'member'))
  const nina = world.enrol(used, 'Nina')
  const card = world.newCard(member.person)
  const long = { ...world.cardFields(card), notAfter: world.now + 91 * DAY }
  const device = (by: typeof card) =>
    world.entry(KIND.device, world.deviceFields(by, seededPair('n')), by)
  const again = world.entry(KIND.found, world.foundFields(), world.foundingCard)
  return [
    ['card_used', 'a card that was used', device(used)],
    ['card_unknown', 'an unknown card', device(card)],
    ['card_lifetime', 'a card for too long', world.entry(KIND.card, long, owner)],
    ['already_exists', 'founded twice', again],
    ['already_exists', 'approved already', world.entry(KIND.approve, { device: nina.id }, nina)],
  ]
}

function badRunning({ world, guest }: Staff): Case[] {
  const running = (by: TestSigner) => world.entry(KIND.running, world.runningFields(guest.id), by)
  return [
    ['not_allowed', 'a guest', running(guest)],
    ['not_allowed', 'the root', running(world.root)],
  ]
}

function badAbsences({ world, owner, admin, coordinator, member, guest }: Staff): Case[] {
  const gone = world.join('Gerd Gone', 'member')
  world.revoke('person', gone.person, owner)
  const absence = (person: typeof gone.person, by: TestSigner) =>
    world.entry(KIND.absence, world.absenceFields(person), by)
  const first = absence(member.person, member)
  world.put(first)
  return [
    ['not_allowed', 'a member for somebody else', absence(coordinator.person, member)],
    ['not_allowed', 'a guest', absence(guest.person, guest)],
    ['not_allowed', 'for a guest', absence(guest.person, admin)],
    ['not_allowed', 'the root', absence(member.person, world.root)],
    ['person_inactive', 'for somebody who left', absence(gone.person, admin)],
    ['person_unknown', 'for nobody', absence(seededId('nobody'), admin)],
    ['memb_moved', 'shown a second time', first],
  ]
}

function badRestores({ world, owner, admin, member }: Staff): Case[] {
  const { log, head } = world.directory
  const fields = { log, cutN: head.n, cutH: head.h }
  const second = { second: admin }
  const restore = (changed: Partial<typeof fields>) =>
    world.entry(KIND.restore, { ...fields, ...changed }, owner, second)
  return [
    ['not_allowed', 'a member', world.entry(KIND.restore, fields, member)],
    ['second_signature', 'one administrator of several', world.entry(KIND.restore, fields, owner)],
    ['malformed', 'another log', restore({ log: seededId('other') })],
    ['malformed', 'another place', restore({ cutN: head.n - 1 })],
    ['malformed', 'another history', restore({ cutH: seededHash('other') })],
  ]
}

export function badInDirectory(): { scene: Scene; cases: Bad[] } {
  const staff = staffedWorld()
  const cases = [
    ...badCards(staff),
    ...badAbsences(staff),
    ...badRunning(staff),
    ...badRestores(staff),
    ...badSigners(staff),
    ...badSeconds(staff),
  ]
  const { org, log } = staff.world
  return { scene: { org, directory: log }, cases: casesOf('directory', 'directory', cases) }
}

function badOperations(channel: TestChannel, { owner, member, guest, admin }: Staff): Case[] {
  const descending = [admin.person, guest.person].toSorted((a, b) =>
    a.toHex() < b.toHex() ? 1 : -1,
  )
  const { n, h } = channel.world.directory.head
  const subjects = [guest.person]
  const add = (options: Parameters<TestChannel['operation']>[2], by = owner) =>
    channel.operation(KIND.add, by, { subjects, ...options })
  const ahead = { dir: { n: n + 1, h } }
  return [
    ['memb_moved', 'beside the membership chain', add({ fields: { membN: 9 } })],
    ['memb_moved', 'another membership chain', add({ fields: { membPrev: seededHash('m') } })],
    ['already_member', 'adding a member', add({ subjects: [member.person] })],
    ['not_member', 'removing a stranger', channel.operation(KIND.remove, owner, { subjects })],
    ['person_unknown', 'adding nobody', add({ subjects: [seededId('nobody')] })],
    ['malformed', 'subjects out of order', add({ fields: { subjects: descending } })],
    ['malformed', 'data where there is none', add({ data: Uint8Array.of(0) })],
    ['not_allowed', 'an operation by a member', add({}, member)],
    ['directory_behind', 'a directory that is not there yet', add(ahead)],
    ['forked', 'another directory', add({ dir: { n, h: seededHash('d') } })],
  ]
}

function badSends(
  channel: TestChannel,
  { owner, member, guest }: Staff,
  old: TestChannel['keys'],
): Case[] {
  const keys = channel.sendingKeys().map((key) => ({ ...key, gen: 1 }))
  const stranger = { ...member, id: seededId<typeof member.id>('nobody') }
  const within = (context: Partial<Context>) => channel.message(owner, 'x', { context })
  return [
    ['seq_low', 'a number used before', channel.message(member, 'x', { seq: 5 })],
    ['epoch_moved', 'an older epoch', channel.message(owner, 'x', { keys: old })],
    ['epoch_moved', 'a generation that nobody announced', channel.message(owner, 'x', { keys })],
    [
      'epoch_moved',
      'two wraps for one segment',
      channel.message(owner, 'x', { keys: [...keys, ...keys] }),
    ],
    ['not_allowed', 'a message from outside', channel.message(guest, 'x')],
    ['not_allowed', 'an alert by a member', channel.message(member, 'x', { kind: KIND.alert })],
    ['device_unknown', 'an unknown device', channel.message(stranger, 'x')],
    [
      'bad_signature',
      'the key of another device',
      channel.message({ ...member, pair: owner.pair }, 'x'),
    ],
    ['unknown_head', 'a reference beyond the head', within({ refN: channel.state.head.n + 1 })],
    ['not_found', 'another log', within({ log: seededId('other') })],
  ]
}

function badEpochs(channel: TestChannel, { owner, guest }: Staff): Case[] {
  const announce = (fields: object, by = owner) => channel.announcement(by, { fields }).entry
  const extend = (gen: number, fields = {}) => channel.extension(owner, { gen, fields })
  return [
    ['epoch_moved', 'an announce that lost the race', announce({ prevEpoch: seededId('e') })],
    ['malformed', 'more wraps than devices', announce({ nwraps: 9 })],
    ['malformed', 'a segment that is not there', announce({ seg: 1 })],
    ['not_allowed', 'an announce from outside', announce({}, guest)],
    ['epoch_commit', 'a second key for a generation', extend(0, { akgCommit: seededHash('k') })],
    ['epoch_moved', 'two generations at once', extend(2)],
  ]
}

export function badInChannel(): { scenes: Record<string, Scene>; cases: Bad[] } {
  const staff = staffedWorld()
  const { world, owner, member } = staff
  const channel = readyChannel(world, owner, 'group', { people: [member.person] })
  const old = channel.sendingKeys()
  channel.announce(owner)
  channel.send(member, 'x', { seq: 5 })
  const cases = [
    ...badOperations(channel, staff),
    ...badSends(channel, staff, old),
    ...badEpochs(channel, staff),
  ]
  const scene = { org: world.org, directory: world.log, id: channel.id, log: [...channel.log] }
  channel.remove(owner, member.person)
  const removed = { ...scene, log: channel.log }
  const late: Case[] = [
    ['epoch_stale', 'a message after a removal', channel.message(owner, 'x')],
    ['epoch_stale', 'an extension after a removal', channel.extension(owner)],
    ['not_allowed', 'a message of whoever was removed', channel.message(member, 'x')],
  ]
  const all = [...casesOf('channel', 'channel', cases), ...casesOf('channel', 'removed', late)]
  return { scenes: { channel: scene, removed }, cases: all }
}
