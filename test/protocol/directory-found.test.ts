import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { emptyHead, nextHead, stubOf } from '../../protocol/chain.ts'
import { Directory, type DirectoryEntry } from '../../protocol/directory.ts'
import { possessionBytes, rootId } from '../../protocol/directory-rights.ts'
import { decodeEntry, type Entry } from '../../protocol/entry.ts'
import type { LogId } from '../../protocol/ids.ts'
import { KIND, ROLE } from '../../protocol/kinds.ts'
import { hash, sign, SIGN_LABELS } from '../../protocol/labels.ts'
import { refused, seededHash, seededId, seededPair, START } from '../helpers/seed.ts'
import { cardFrom } from '../helpers/signers.ts'
import { foundWorld, staffedWorld, World } from '../helpers/world.ts'

describe('founding', () => {
  test('makes one owner, the root and log time', () => {
    const world = new World()
    world.say(KIND.found, world.foundFields(), world.foundingCard)
    const { directory, foundingCard } = world
    assert.deepEqual(directory.rootPk, world.root.pair.publicKey)
    assert.equal(directory.roleNow(foundingCard.person), ROLE.owner)
    assert.equal(directory.logTime, START)
    assert.equal(directory.hasOtherOwner(foundingCard.person), false)
    assert.equal(directory.trustedCount(), 0)
    const card = directory.cards.get(foundingCard.id)
    assert.deepEqual([card?.role, card?.usedBy, card?.until], [ROLE.owner, null, null])
  })

  test('as a whole gives a valid owner device and the key of the box', () => {
    const { directory, owner, box, foundingCard } = foundWorld()
    assert.equal(directory.head.n, 4)
    assert.deepEqual(directory.boxPk, box.publicKey)
    assert.deepEqual(directory.cards.get(foundingCard.id)?.usedBy, owner.id)
    assert.deepEqual(
      directory.activeDevices(owner.person).map((d) => d.id),
      [owner.id],
    )
    assert.equal(directory.trustedCount(), 1)
  })

  test('comes before anything else', () => {
    const world = new World()
    const early = world.entry(KIND.tick, {}, world.root)
    refused('not_allowed', () => world.put(early))
    const device = world.deviceFields(world.foundingCard, seededPair('early'))
    refused('not_allowed', () => world.say(KIND.device, device, world.foundingCard))
  })

  test('happens once', () => {
    const world = foundWorld()
    refused('already_exists', () => world.say(KIND.found, world.foundFields(), world.foundingCard))
  })

  test('is by the card that names the organisation', () => {
    const world = new World()
    const other = cardFrom('another card', world.foundingCard.person)
    const fields = { ...world.foundFields(), cardPk: other.pair.publicKey }
    refused('wrong_organisation', () => world.say(KIND.found, fields, world.foundingCard))
    const stranger = { ...world.foundingCard, id: seededId<typeof other.id>('stranger') }
    refused('bad_signature', () => world.say(KIND.found, world.foundFields(), stranger))
    const { id: signer } = stranger
    const rootPk = world.root.pair.publicKey
    const proof = possessionBytes({ org: world.org, signer }, stranger.person, rootPk)
    const pop = sign('pop', proof, world.root.pair.secretKey)
    refused('bad_signature', () => world.say(KIND.found, { ...world.foundFields(), pop }, stranger))
    const forger = { ...world.foundingCard, pair: other.pair }
    refused('bad_signature', () => world.say(KIND.found, world.foundFields(), forger))
  })

  test('needs the root key to prove that it is held', () => {
    const world = new World()
    const { id, person } = world.foundingCard
    const rootPk = world.root.pair.publicKey
    const proof = possessionBytes({ org: world.org, signer: id }, person, rootPk)
    const other = possessionBytes({ org: world.org, signer: id }, seededId('other'), rootPk)
    const { secretKey } = world.root.pair
    const pops = [
      ...SIGN_LABELS.filter((label) => label !== 'pop').map((label) =>
        sign(label, proof, secretKey),
      ),
      sign('pop', proof, seededPair('not the root').secretKey),
      sign('pop', other, secretKey),
    ]
    for (const pop of pops) {
      const fields = { ...world.foundFields(), pop }
      refused('bad_signature', () => world.say(KIND.found, fields, world.foundingCard))
    }
  })

  test('is bound to the root that the card pinned; the box pins none', () => {
    const world = new World()
    const bytes = world.entry(KIND.found, world.foundFields(), world.foundingCard)
    const pinned = new Directory(world.org, seededPair('another root').publicKey)
    refused('wrong_organisation', () => pinned.accept(decodeEntry(bytes)))
    const box = new Directory(world.org, null)
    box.accept(decodeEntry(bytes))
    assert.deepEqual(box.rootPk, world.root.pair.publicKey)
  })
})

describe('the log', () => {
  const { world, owner, member } = staffedWorld()

  test('takes nothing of another organisation or log', () => {
    const other = { org: seededId<typeof world.org>('other') }
    refused('wrong_organisation', () => world.say(KIND.tick, {}, owner, other))
    refused('wrong_organisation', () => world.say(KIND.tick, {}, owner, { log: seededId('log') }))
  })

  test('takes nothing but directory entries', () => {
    const respkey = { membN: 1, membPrev: seededHash('m'), dirN: 1, dirH: seededHash('d') }
    const fields = { ...respkey, role: 1 as const, subjects: [], data: new Uint8Array(0) }
    refused('malformed', () => world.say(KIND.title, fields, owner))
  })

  test('takes any reference to its past and none to another', () => {
    for (let n = 0; n <= world.directory.head.n; n++) {
      const ref = { n, h: world.directory.hashAt(n) as Uint8Array }
      checkIn(world.directory, decodeEntry(world.entry(KIND.tick, {}, owner, { ref })))
      refused('unknown_head', () =>
        world.say(KIND.tick, {}, owner, { ref: { n, h: hash('chk', ref.h) } }),
      )
    }
    const beyond = { n: world.directory.head.n + 1, h: world.directory.head.h }
    refused('unknown_head', () => world.say(KIND.tick, {}, owner, { ref: beyond }))
    refused('unknown_head', () =>
      world.say(KIND.tick, {}, owner, { ref: { ...beyond, n: 2 ** 40 } }),
    )
  })

  test('grows by the chain rule', () => {
    const { directory } = world
    const before = directory.head
    const entry = world.tick()
    assert.deepEqual(directory.head, nextHead(before, stubOf(entry)))
    assert.deepEqual(directory.hashAt(directory.head.n), directory.head.h)
    assert.deepEqual(directory.hashAt(0), emptyHead(world.org as Uint8Array as LogId).h)
    assert.equal(directory.hashAt(directory.head.n + 1), undefined)
  })

  test('is the same for whoever reads it again, checking or not', () => {
    const read = new Directory(world.org, world.root.pair.publicKey)
    const resumed = new Directory(world.org, null)
    for (const bytes of world.log) {
      read.accept(decodeEntry(bytes))
      resumed.resume(decodeEntry(bytes) as DirectoryEntry)
    }
    for (const again of [read, resumed]) {
      assert.deepEqual(again.head, world.directory.head)
      assert.deepEqual([...again.persons.values()], [...world.directory.persons.values()])
      assert.deepEqual([...again.devices.values()], [...world.directory.devices.values()])
      assert.deepEqual([...again.cards.values()], [...world.directory.cards.values()])
      assert.equal(again.logTime, world.directory.logTime)
    }
  })

  test('keeps a place for an entry without effect', () => {
    const copy = new Directory(world.org, null)
    for (const bytes of world.log) copy.resume(decodeEntry(bytes) as DirectoryEntry)
    const bad = decodeEntry(world.entry(KIND.tick, {}, member))
    refused('not_allowed', () => copy.accept(bad))
    assert.deepEqual(copy.head, world.directory.head)
    copy.skip(bad)
    assert.deepEqual(copy.head, nextHead(world.directory.head, stubOf(bad)))
    assert.equal(copy.logTime, world.directory.logTime)
    const next = world.entry(KIND.tick, {}, owner, { ref: copy.head })
    copy.accept(decodeEntry(next))
  })

  test('changes nothing while it only checks', () => {
    const { head } = world.directory
    const entry: Entry = decodeEntry(world.entry(KIND.tick, {}, owner))
    checkIn(world.directory, entry)
    assert.equal(world.directory.head, head)
  })
})

test('the root is named by the hash of its key', () => {
  const { publicKey } = seededPair('root')
  assert.deepEqual(rootId(publicKey), hash('root-id', publicKey).slice(0, 16))
})

function checkIn(directory: Directory, entry: Entry): void {
  directory.check(entry)
}
