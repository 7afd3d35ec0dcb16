import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concat, u16be } from '../../protocol/bytes.ts'
import { decodeEntry, type EntryOf, PREFIX_BYTES } from '../../protocol/entry.ts'
import { ANNOUNCE_CORE_BYTES, REC_WRAP_BYTES } from '../../protocol/entry-fields.ts'
import { coreHash, epochIdOf } from '../../protocol/epoch-core.ts'
import {
  checkRecordsWrap,
  decodeEpochWrap,
  forwardKey,
  keyAtGeneration,
  keyCommitment,
  openEpochKey,
  openFromRecords,
  responsePublic,
  responseSeed,
  sealEpochKey,
  sealToRecords,
} from '../../protocol/epoch-keys.ts'
import type { KIND } from '../../protocol/kinds.ts'
import { hash, kdf } from '../../protocol/labels.ts'
import { EPOCH_WRAP_BYTES } from '../../protocol/limits.ts'
import { xwingPublic } from '../../protocol/sodium.ts'
import { openChannel } from '../helpers/channels.ts'
import { flipped, refused, seed, seededHash, seededId, seededPair } from '../helpers/seed.ts'
import { staffedWorld } from '../helpers/world.ts'

const { world, owner, member, guest } = staffedWorld()
const plain = openChannel(world, owner, 'group', { people: [member.person] })
const { entry: bytes, ak } = plain.announcement(owner)
const announce = decodeEntry(bytes) as EntryOf<typeof KIND.announce>
const epoch = epochIdOf(announce)
const core = coreHash(announce.signed, false)
const commit = announce.fields.akCommit
const wrap = sealEpochKey(ak, core, 0, member.prekey)
const open = (
  value: Uint8Array,
  changes: { core?: typeof core; gen?: number; seed?: Uint8Array } = {},
) =>
  openEpochKey(
    decodeEpochWrap(value),
    changes.core ?? core,
    changes.gen ?? 0,
    commit,
    changes.seed ?? member.prekeySeed,
  )

describe('announce', () => {
  test('every epoch has a key and a nonce of its own', () => {
    const other = plain.announcement(owner)
    assert.notDeepEqual(other.ak, ak)
    const again = decodeEntry(other.entry) as EntryOf<typeof KIND.announce>
    assert.notDeepEqual(again.fields.nonce, announce.fields.nonce)
    assert.notDeepEqual(epochIdOf(again), epoch)
  })

  test('commits to its key', () => {
    assert.deepEqual(keyCommitment(ak, core, 0), commit)
    assert.deepEqual(commit, kdf(ak, 'akc', core, Uint8Array.of(0, 0)))
  })

  test('its core ends before the commitment', () => {
    const end = PREFIX_BYTES + ANNOUNCE_CORE_BYTES
    assert.deepEqual(core, hash('core', announce.signed.subarray(0, end)))
    assert.deepEqual(announce.signed.subarray(end), commit)
  })

  test('its id is the hash of everything under the signature', () => {
    assert.deepEqual(epoch, hash('epoch-id', announce.signed).slice(0, 16))
  })
})

describe('generations', () => {
  test('each key follows from the one before', () => {
    const next = forwardKey(ak, epoch, 0)
    assert.deepEqual(next, kdf(ak, 'fwd', epoch, u16be(1)))
    assert.deepEqual(
      keyAtGeneration({ gen: 0, ak }, epoch, 3),
      forwardKey(forwardKey(next, epoch, 1), epoch, 2),
    )
    assert.deepEqual(keyAtGeneration({ gen: 3, ak }, epoch, 3), ak)
    assert.notDeepEqual(forwardKey(ak, seededId('other epoch'), 0), next)
    assert.notDeepEqual(forwardKey(ak, epoch, 1), next)
  })

  test('there is no way back', () => {
    refused('no_key', () => keyAtGeneration({ gen: 2, ak }, epoch, 1))
  })

  test('commitments of generations differ', () => {
    assert.notDeepEqual(keyCommitment(ak, core, 1), keyCommitment(ak, core, 0))
    assert.notDeepEqual(keyCommitment(ak, seededHash('core'), 0), keyCommitment(ak, core, 0))
  })
})

describe('wrap', () => {
  test('opens with the prekey it was made for', () => {
    assert.equal(wrap.length, EPOCH_WRAP_BYTES)
    assert.deepEqual(open(wrap), ak)
    const { device, pkid } = decodeEpochWrap(wrap)
    assert.deepEqual([device, pkid], [member.id, member.prekey.pkid])
  })

  test('does not open with another seed, core or generation', () => {
    refused('cannot_open', () => open(wrap, { seed: guest.prekeySeed }))
    refused('cannot_open', () => open(wrap, { core: seededHash('core') }))
    refused('cannot_open', () => open(wrap, { gen: 1 }))
  })

  test('does not open with any byte changed', () => {
    for (let at = 0; at < wrap.length; at++) refused('cannot_open', () => open(flipped(wrap, at)))
  })

  test('is refused at another length', () => {
    refused('too_large', () => decodeEpochWrap(concat(wrap, Uint8Array.of(0))))
    for (const n of [0, 16, 20, 1140, 1187])
      refused('malformed', () => decodeEpochWrap(wrap.subarray(0, n)))
  })

  test('with a key that nobody announced is refused, though it opens', () => {
    const other = sealEpochKey(seed('another key'), core, 0, member.prekey)
    refused('epoch_commit', () => open(other))
    const later = sealEpochKey(forwardKey(ak, epoch, 0), core, 0, member.prekey)
    refused('epoch_commit', () => open(later))
  })

  test('all four bytes of a prekey id count', () => {
    for (const pkid of [0x01000001, 0x00010001, 0x00000101, 0x00000002]) {
      const to = world_prekey(pkid)
      const sealed = sealEpochKey(ak, core, 0, to)
      assert.deepEqual(open(sealed), ak)
      assert.equal(decodeEpochWrap(sealed).pkid, pkid)
    }
  })
})

function world_prekey(pkid: number) {
  return { ...member.prekey, pkid }
}

describe('records', () => {
  const records = world.keepRecords()
  const kept = openChannel(world, owner, 'group', { recorded: 1 })
  const made = kept.announcement(owner)
  const entry = decodeEntry(made.entry) as EntryOf<typeof KIND.announce>
  const recordedCore = coreHash(entry.signed, true)
  const sealed = entry.fields.records?.wrap as Uint8Array

  test('the announce names the key and carries the wrap', () => {
    assert.deepEqual(entry.fields.records?.key, records.id)
    assert.equal(sealed.length, REC_WRAP_BYTES)
    const end = PREFIX_BYTES + ANNOUNCE_CORE_BYTES + 16
    assert.deepEqual(recordedCore, hash('core', entry.signed.subarray(0, end)))
  })

  test('custodians open it', () => {
    assert.deepEqual(openFromRecords(sealed, recordedCore, records.seed), made.ak)
    refused('cannot_open', () => openFromRecords(sealed, recordedCore, seed('other')))
    refused('cannot_open', () => openFromRecords(sealed, core, records.seed))
    refused('cannot_open', () => openFromRecords(flipped(sealed, 1167), recordedCore, records.seed))
  })

  test('every founding member recomputes it to the byte', () => {
    checkRecordsWrap(made.ak, recordedCore, records.publicKey, sealed)
    assert.deepEqual(sealToRecords(made.ak, recordedCore, records.publicKey), sealed)
  })

  test('a falsified wrap is noticed, whichever byte it is', () => {
    const check = (wrapped: Uint8Array) => () =>
      checkRecordsWrap(made.ak, recordedCore, records.publicKey, wrapped)
    for (let at = 0; at < sealed.length; at += 3)
      refused('records_mismatch', check(flipped(sealed, at)))
    refused('records_mismatch', check(sealed.subarray(1)))
    refused(
      'records_mismatch',
      check(sealToRecords(seed('another key'), recordedCore, records.publicKey)),
    )
    refused('records_mismatch', check(sealToRecords(made.ak, core, records.publicKey)))
    refused(
      'records_mismatch',
      check(sealToRecords(made.ak, recordedCore, xwingPublic(seed('theirs')))),
    )
  })
})

test('the response key follows from the first key and the audience', () => {
  const audience = seededId<typeof plain.id>('audience')
  assert.deepEqual(responseSeed(ak, audience), kdf(ak, 'resp', audience))
  assert.deepEqual(responsePublic(ak, audience), xwingPublic(responseSeed(ak, audience)))
  assert.notDeepEqual(responseSeed(ak, plain.id), responseSeed(ak, audience))
})

test('an announce is signed by its creator', () => {
  assert.notDeepEqual(seededPair('nobody').publicKey, owner.pair.publicKey)
  assert.deepEqual(announce.prefix.signer, owner.id)
})
