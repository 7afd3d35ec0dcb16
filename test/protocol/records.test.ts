// Records: the key that the root signs, and the epochs that are also sealed to it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Channel } from '../../protocol/channel.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import type { EpochId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import { hashId } from '../../protocol/labels.ts'
import type { TestChannel } from '../helpers/channel-world.ts'
import { openChannel } from '../helpers/channels.ts'
import { refused, seed, seededHash } from '../helpers/seed.ts'
import { foundWorld, staffedWorld } from '../helpers/world.ts'
import type { Directory } from '../../protocol/directory.ts'
import type { ErrorCode } from '../../protocol/errors.ts'

describe('epochs of a recorded channel', () => {
  const recorded = foundWorld('recorded')
  const by = recorded.owner
  recorded.keepRecords('first')

  test('are kept where the channel says so, under the key of the directory', () => {
    const kept = openChannel(recorded, by, 'group', { recorded: 1 })
    assert.deepEqual(
      kept.state.epochs.get(kept.announce(by))?.records?.key,
      recorded.directory.records[0]?.id,
    )
    const plain = openChannel(recorded, by, 'group')
    assert.equal(plain.state.epochs.get(plain.announce(by))?.records, null)
  })

  test('cannot be left out, added or kept under another key', () => {
    const [kept, plain] = [
      openChannel(recorded, by, 'group', { recorded: 1 }),
      openChannel(recorded, by, 'group'),
    ]
    const withRecorded = (channel: TestChannel, value: boolean) => {
      channel.state.recorded = value
      const { entry } = channel.announcement(by)
      channel.state.recorded = !value
      return entry
    }
    refused('records_mismatch', () => kept.put(withRecorded(kept, false)))
    refused('records_mismatch', () => plain.put(withRecorded(plain, true)))
    const { entry } = kept.announcement(by)
    const key = recorded.directory.records.pop() as (typeof recorded.directory.records)[number]
    recorded.directory.records.push({ ...key, id: seed('k').slice(0, 16) })
    refused('records_mismatch', () => kept.put(entry))
    recorded.directory.records.splice(-1, 1, key)
    kept.put(entry)
  })

  test('of an older time are judged by the key of that time', () => {
    const kept = openChannel(recorded, by, 'group', { recorded: 1 })
    kept.announce(by)
    recorded.keepRecords('second')
    kept.announce(by)
    const again = new Channel(kept.id, recorded.directory, () => undefined)
    for (const bytes of kept.log) again.accept(decodeEntry(bytes))
    const keys = [...again.epochs.values()].map((epoch) => epoch.records?.key)
    assert.deepEqual(
      keys,
      recorded.directory.records.map((key) => key.id),
    )
  })

  test('are not promised before there is a key', () => {
    const bare = foundWorld('bare')
    refused('records_mismatch', () => openChannel(bare, bare.owner, 'group', { recorded: 1 }))
    const channel = openChannel(bare, bare.owner, 'group')
    const policy = { kind: 'policy', recorded: 1 } as const
    refused('records_mismatch', () => channel.data('policy', bare.owner, policy))
    channel.data('policy', bare.owner, { kind: 'policy', recorded: 0 })
    bare.keepRecords()
    channel.data('policy', bare.owner, policy)
  })

  test('begin and end with new keys: an epoch of the other kind is stale', () => {
    const channel = openChannel(recorded, by, 'group')
    channel.announce(by)
    channel.data('policy', by, { kind: 'policy', recorded: 1 })
    assert.equal(channel.state.isStale(0), true)
    refused('epoch_stale', () => channel.send(by, 'x'))
    channel.announce(by)
    channel.send(by, 'x')
    channel.data('policy', by, { kind: 'policy', recorded: 0 })
    refused('epoch_stale', () => channel.send(by, 'x'))
  })
})

describe('the records key', () => {
  const { world, owner } = staffedWorld()
  const fields = () => {
    const { id, publicKey } = foundWorld('other').keepRecords()
    const names = new Uint8Array(0)
    return { recKey: id, recPk: publicKey, needed: 2, custodians: 3, names }
  }
  const judge = (code: ErrorCode | null, bytes: Uint8Array) => {
    const directory: Directory = world.directory
    if (code === null) directory.check(decodeEntry(bytes))
    else refused(code, () => world.put(bytes))
  }

  test('are kept under a key that the root signs', () => {
    judge(null, world.entry(KIND.records, fields(), world.root))
    judge('not_allowed', world.entry(KIND.records, fields(), owner))
    judge('bad_signature', world.entry(KIND.records, fields(), { ...world.root, pair: owner.pair }))
  })

  test('are sealed only to a key that can be sealed to', () => {
    const recPk = new Uint8Array(fields().recPk.length).fill(0xff)
    const unusable = { ...fields(), recKey: hashId<EpochId>('rec-key', recPk), recPk }
    judge('malformed', world.entry(KIND.records, unusable, world.root))
  })

  test('need an id that is the key’s and custodians that add up', () => {
    const change = (changed: object) =>
      world.entry(KIND.records, { ...fields(), ...changed }, world.root)
    judge('malformed', change({ recKey: seededHash('x').slice(0, 16) }))
    judge('malformed', change({ needed: 0 }))
    judge('malformed', change({ needed: 4 }))
    judge(null, change({ needed: 3 }))
    judge(null, change({ needed: 1, custodians: 1 }))
  })
})
