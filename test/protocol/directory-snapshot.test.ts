// Checkpoints: whoever begins with one ends up where everybody else is, and nobody passes off another state.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Directory } from '../../protocol/directory.ts'
import { encodeSnapshot, stateHash } from '../../protocol/directory-snapshot.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import type { DeviceId, Hash } from '../../protocol/ids.ts'
import { KIND, ROLE } from '../../protocol/kinds.ts'
import { MAX_CHECKPOINT } from '../../protocol/limits.ts'
import { flipped, refused, refusedSomehow, seed, seededHash, seededId } from '../helpers/seed.ts'
import { foundWorld, staffedWorld, type World } from '../helpers/world.ts'

/** A directory in which everything has happened that a state can hold. */
function livedIn() {
  const staff = staffedWorld()
  const { world, owner, admin, member, coordinator } = staff
  const chief = world.join('Carla Chief', 'admin')
  world.keepRecords()
  world.tick(owner)
  world.revoke('device', member.id, owner)
  world.card(member.person, owner, { label: 'unused' })
  const second = world.enrol(world.card(coordinator.person, coordinator), 'tablet')
  world.revoke('device', admin.id, owner, { second: chief, voidFrom: world.directory.head.n })
  const leaver = world.join('Leo Leaver', 'member')
  world.revoke('person', leaver.person, owner)
  return { ...staff, chief, second, leaver }
}

const restored = (world: World, bytes = world.directory.snapshot()): Directory =>
  Directory.restore(world.org, world.root.pair.publicKey, bytes)

describe('a directory that begins with a snapshot', () => {
  test('is in the state of one that has read the whole log', () => {
    const { world } = livedIn()
    const short = restored(world)
    assert.deepEqual(short.head, world.directory.head)
    assert.deepEqual(short.snapshot(), world.directory.snapshot())
    for (let n = 0; n <= world.directory.head.n; n++)
      assert.deepEqual(short.hashAt(n), world.directory.hashAt(n))
    assert.equal(short.hashAt(world.directory.head.n + 1), undefined)
    assert.equal(short.missing, world.directory.head.n)
  })

  test('judges and takes what comes next alike', () => {
    const { world, owner, chief, second, member, coordinator } = livedIn()
    const short = restored(world)
    const acts: (() => unknown)[] = [
      () => world.approve(second.id, coordinator),
      () => world.enrol(world.card(member.person, owner), 'new phone'),
      () => world.person('Nina New', 'member', chief),
      () => world.revoke('device', coordinator.id, owner),
      () => world.tick(owner),
    ]
    for (const act of acts) {
      const before = world.log.length
      act()
      for (const bytes of world.log.slice(before)) short.accept(decodeEntry(bytes))
      assert.deepEqual(short.snapshot(), world.directory.snapshot())
    }
    const forged = world.entry(KIND.tick, {}, coordinator)
    refused('device_revoked', () => short.check(decodeEntry(forged)))
  })

  test('takes no card that ended before it, however often a box shows it again', () => {
    const { world, owner, member } = staffedWorld()
    // Used by the member, replaced by another one, and withdrawn.
    const spare = world.card(member.person, owner)
    world.card(member.person, owner)
    world.revoke('card', world.card(member.person, owner).id, owner)
    const short = restored(world)
    // Cards of administrators take two signatures by now, and are refused for that.
    const cards = world.log
      .map((bytes) => decodeEntry(bytes))
      .filter((one) => one.kind === KIND.card && one.fields.role < ROLE.admin)
    assert.ok(cards.length > 5)
    const again = decodeEntry(world.entry(KIND.card, world.cardFields(spare), owner))
    for (const card of [...cards, again])
      for (const directory of [world.directory, short])
        refused('already_exists', () => directory.check(card))
    const fresh = decodeEntry(
      world.entry(KIND.card, world.cardFields(world.newCard(member.person)), owner),
    )
    for (const directory of [world.directory, short]) directory.accept(fresh)
    assert.deepEqual(short.snapshot(), world.directory.snapshot())
    assert.deepEqual(restored(world, short.snapshot()).snapshot(), world.directory.snapshot())
  })

  test('takes nothing back before it knows what came before', () => {
    const { world, owner, chief } = livedIn()
    const short = restored(world)
    const voidFrom = world.directory.head.n - 2
    world.revoke('device', chief.id, owner, { second: world.secondSigner(), voidFrom })
    const entry = decodeEntry(world.log.at(-1) as Uint8Array)
    refused('directory_behind', () => short.accept(entry))
    refused('directory_behind', () => short.fill(world.log.slice(0, 1)))
    short.fill(world.log.slice(0, -1))
    assert.equal(short.missing, 0)
    short.accept(entry)
    assert.deepEqual(short.snapshot(), world.directory.snapshot())
  })

  test('is of its organisation and its root key, and of no other', () => {
    const { world } = livedIn()
    const other = foundWorld('Verband Beispielstadt')
    const bytes = world.directory.snapshot()
    refused('wrong_organisation', () => Directory.restore(other.org, null, bytes))
    refused('wrong_organisation', () => Directory.restore(world.org, seed('root'), bytes))
    Directory.restore(world.org, null, bytes)
  })

  test('is not made of damaged bytes unnoticed: they have another hash, or are none', () => {
    const { world } = livedIn()
    const bytes = world.directory.snapshot()
    for (let at = 0; at < bytes.length; at += 97)
      assert.notDeepEqual(stateHash(flipped(bytes, at)), stateHash(bytes))
    for (const cut of [bytes.subarray(1), bytes.subarray(0, -1), new Uint8Array(0)])
      refusedSomehow(() => restored(world, cut), 'cut')
    refused('too_large', () => restored(world, new Uint8Array(MAX_CHECKPOINT + 1)))
  })
})

test('before an organisation is founded there is nothing to sign', () => {
  const { world } = livedIn()
  refused('not_allowed', () => new Directory(world.org, null).snapshot())
})

test('a state that contradicts itself is none', () => {
  const { world, member } = livedIn()
  const { org, directory } = world
  const { n } = directory.head
  const hashes = Array.from({ length: n + 1 }, (_, i) => directory.hashAt(i) as Hash)
  const made = (change: { hashes?: Hash[] } = {}) =>
    encodeSnapshot({ org, hashes, voids: [], state: directory, ...change })
  const refuses = (bytes: Uint8Array) =>
    refused('malformed', () => Directory.restore(org, null, bytes))
  assert.equal(Directory.restore(org, null, made()).head.n, n)
  refuses(made({ hashes: [] }))
  refuses(made({ hashes: [seededHash('another log'), ...hashes.slice(1)] }))
  const nobody = seededId<DeviceId>('nobody')
  directory.losses.push({ n, device: nobody, person: member.person })
  refuses(made())
})

describe('a checkpoint', () => {
  test('stands when it names the state before it, and changes nothing but its own mention', () => {
    const { world, owner } = livedIn()
    const before = world.directory.snapshot()
    world.put(world.checkpoint(owner))
    const { n } = world.directory.head
    assert.deepEqual(world.directory.checkpoints, [{ n, by: owner.id }])
    assert.notDeepEqual(world.directory.snapshot(), before, 'the chain has gone on')
  })

  test('of another state is refused', () => {
    const { world, owner, member } = livedIn()
    const other = world.copy()
    other.say(KIND.person, other.personFields(member.person, 'Milo', ROLE.coordinator), owner)
    for (const bytes of [other.directory.snapshot(), new Uint8Array(0)])
      refused('checkpoint_false', () => world.put(world.checkpoint(owner, bytes)))
    assert.deepEqual(world.directory.checkpoints, [])
  })

  test('of a moment ago is refused until it is made anew', () => {
    const { world, owner } = livedIn()
    const late = world.checkpoint(owner)
    world.tick(owner)
    refused('directory_behind', () => world.put(late))
    world.put(world.checkpoint(owner))
  })

  test('is signed by administrators only', () => {
    const { world, coordinator, member, chief } = livedIn()
    refused('not_allowed', () => world.put(world.checkpoint(coordinator)))
    refused('device_revoked', () => world.put(world.checkpoint(member)))
    world.put(world.checkpoint(chief))
  })

  test('does not outlive a batch that was taken back', () => {
    const { world, owner } = livedIn()
    const mark = world.directory.journal.mark()
    const before = world.directory.snapshot()
    world.put(world.checkpoint(owner))
    world.tick(owner)
    world.directory.journal.rollback(mark)
    assert.deepEqual(world.directory.snapshot(), before)
    assert.deepEqual(world.directory.checkpoints, [])
  })
})

test('a directory of very many years is restored and filled like any other', () => {
  const world = foundWorld()
  const bytes = world.directory.snapshot()
  const [counted, hashes] = [17, 21]
  const [more, held] = [200_000, world.directory.head.n + 1]
  const whole = new Uint8Array(bytes.length + 32 * more)
  whole.set(bytes.subarray(0, hashes + 32 * held))
  whole.set(bytes.subarray(hashes + 32 * held), hashes + 32 * (held + more))
  new DataView(whole.buffer).setUint32(counted, held + more)
  const old = restored(world, whole)
  assert.equal(old.head.n, held + more - 1)
  old.fill(Array.from({ length: old.head.n }, () => null))
  assert.equal(old.missing, 0)
})

test('a state has one form: nothing twice, spent cards ascending', () => {
  const { world } = livedIn()
  const bytes = world.directory.snapshot()
  const swapped = bytes.slice()
  swapped.set(bytes.subarray(-32, -16), bytes.length - 16)
  swapped.set(bytes.subarray(-16), bytes.length - 32)
  refused('malformed', () => restored(world, swapped))
  const twice = bytes.slice()
  twice.set(bytes.subarray(-32, -16), bytes.length - 16)
  refused('malformed', () => restored(world, twice))
  // Somebody who has no device, and whom nothing else names, as somebody else a second time.
  const alone = world.person('Nadja Neu', 'member')
  const [first] = world.directory.persons.keys()
  assert.ok(first !== undefined)
  const doubled = world.directory.snapshot().slice()
  doubled.set(first, Buffer.from(doubled).indexOf(alone))
  refused('malformed', () => restored(world, doubled))
})
