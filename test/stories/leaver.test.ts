// Somebody leaves: the organisation, or one channel. What is said afterwards is not for them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bareItem } from '../../protocol/api.ts'
import { decodeEntry, type EntryOf, signEntry } from '../../protocol/entry.ts'
import { REASON, REVOKE } from '../../protocol/entry-fields.ts'
import { forwardKey } from '../../protocol/epoch-keys.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { asId, type EpochId, type LogId } from '../../protocol/ids.ts'
import { KIND, type MessageKind, ROLE } from '../../protocol/kinds.ts'
import { openMessage, sealMessage } from '../../protocol/message-keys.ts'
import { EMPTY_PROFILE } from '../../protocol/profile.ts'
import { randomBytes } from '../../protocol/sodium.ts'
import { changePerson } from '../../client/people.ts'
import { encodeContent } from '../../protocol/content.ts'
import { entryRow, keyRow, placeKey, readRow } from '../../client/rows.ts'
import {
  add,
  audience,
  channel,
  crowd,
  direct,
  invite,
  type Phone,
  problems,
  queue,
  read,
  refused,
  remove,
  revoke,
  say,
  startTown,
  sync,
  syncAll,
  type Town,
  welcome,
} from '../helpers/town.ts'

/** Tries every key in a store, and what can be derived from it, on an entry; whatever the entry names. */
async function opensWith(store: Phone, entry: EntryOf<MessageKind>): Promise<boolean> {
  const held = await store.store.list('keys')
  assert.ok(held.length > 0, 'there are keys to try')
  for (const { key, value } of held) {
    let { ak, gen } = readRow(keyRow, value)
    for (const last = gen + 5; gen <= last; gen++) {
      if (opens(entry, ak)) return true
      ak = forwardKey(ak, asId<EpochId>(key), gen)
    }
  }
  return false
}

function opens(entry: EntryOf<MessageKind>, ak: Uint8Array): boolean {
  try {
    return openMessage(entry, () => ak) !== null
  } catch (error) {
    if (error instanceof ProtocolError && error.code === 'cannot_open') return false
    throw error
  }
}

async function entryOn(phone: Phone, log: LogId, n: number): Promise<EntryOf<MessageKind>> {
  const stored = await phone.store.get('entries', placeKey(log, n))
  assert.ok(stored !== null)
  return decodeEntry(readRow(entryRow, stored).bytes) as EntryOf<MessageKind>
}

async function teamOfThree(town: Town) {
  const olga = await town.owner()
  const anna = await welcome(town, olga, 'Anna Beispiel')
  const leo = await welcome(town, olga, 'Leo Leaver')
  const team = await channel(olga, 'Crisis team', anna, leo)
  const first = await say(olga, team, 'all three')
  await syncAll(anna, leo)
  return { olga, anna, leo, team, first }
}

test('Somebody who left the organisation is told so and holds no key to anything new', async (t) => {
  const town = await startTown(t)
  const { olga, anna, leo, team, first } = await teamOfThree(town)
  const { rekeyed, proposal } = await revoke(olga, { what: 'person', subject: leo.person })
  assert.deepEqual({ rekeyed, proposal }, { rekeyed: 1, proposal: null })
  const { n } = await say(olga, team, 'without Leo')

  await assert.rejects(sync(leo), {
    ...refused('device_revoked'),
    message: 'This device was removed from the organisation.',
  })
  await assert.rejects(say(leo, team, 'I am still here'), refused('device_revoked'))
  const entry = await entryOn(olga, team, n)
  assert.equal(await opensWith(leo, entry), false)
  const before = await entryOn(olga, team, first.n)
  assert.equal(await opensWith(leo, before), true, 'the search can find')

  await sync(anna)
  await say(anna, team, 'understood')
  await sync(olga)
  for (const phone of [olga, anna]) {
    assert.deepEqual(await read(phone, team), ['all three', 'without Leo', 'understood'])
    assert.deepEqual(await problems(phone), [])
  }
  assert.deepEqual(await read(leo, team), ['all three'])
})

test('The box holds no sealed key for somebody who left', async (t) => {
  const town = await startTown(t)
  const { olga, leo, team } = await teamOfThree(town)
  const [org] = [...town.box.context.orgs.values()]
  const wrapsOfLeo = (): number =>
    org?.store.committed.mailbox.wrapsAfter(leo.device, 0, 100).length ?? -1
  const before = wrapsOfLeo()
  assert.ok(before > 0)
  await revoke(olga, { what: 'person', subject: leo.person })
  await say(olga, team, 'without Leo')
  assert.equal(wrapsOfLeo(), before)
})

test('A channel whose administrator is not in it gets new keys from its next sender', async (t) => {
  const town = await startTown(t)
  const { olga, anna, leo } = await teamOfThree(town)
  const pair = await direct(anna, leo)
  await say(anna, pair, 'between us')
  await sync(leo)
  const { rekeyed } = await revoke(olga, { what: 'person', subject: leo.person })
  assert.equal(rekeyed, 1)
  const { n } = await say(anna, pair, 'are you still there?')
  assert.equal(await opensWith(leo, await entryOn(anna, pair, n)), false)
  assert.deepEqual(await read(anna, pair), ['between us', 'are you still there?'])
})

test('Somebody removed from one channel keeps the old messages and gets no new ones', async (t) => {
  const town = await startTown(t)
  const { olga, anna, leo, team } = await teamOfThree(town)
  const other = await channel(olga, 'Canteen', leo)
  await remove(olga, team, leo)
  const { n } = await say(olga, team, 'without Leo')
  await say(olga, other, 'soup')
  await syncAll(leo, anna)

  assert.deepEqual(await read(leo, team), ['all three'])
  assert.deepEqual(await read(leo, other), ['soup'])
  assert.deepEqual(await problems(leo), [])
  assert.equal(await leo.store.get('entries', placeKey(team, n)), null)
  assert.equal(await opensWith(leo, await entryOn(olga, team, n)), false)
  assert.deepEqual(await read(anna, team), ['all three', 'without Leo'])
  await assert.rejects(say(leo, team, 'let me in'), refused('not_allowed'))
})

test('The box refuses what somebody removed from a channel posts past their own phone', async (t) => {
  const town = await startTown(t)
  const { olga, leo, team } = await teamOfThree(town)
  const { directory, pair } = leo.core.replica
  const known = leo.core.replica.channels.get(team)
  const epoch = known?.currentEpoch(0)
  assert.ok(known !== undefined && epoch)
  const ak = leo.core.replica.epochKey(epoch.id, epoch.gen)
  assert.ok(ak !== null)
  const forged = sealMessage(
    {
      kind: KIND.text,
      context: leo.core.context(team),
      seq: 1,
      mid: asId(randomBytes(16)),
      ttl: 0,
      keys: [{ epoch: epoch.id, gen: epoch.gen, ak }],
      plain: encodeContent({ type: 'text', text: 'let me in', replyTo: null }),
    },
    pair.secretKey,
  )
  await remove(olga, team, leo)
  const { line, signer } = leo.core
  await assert.rejects(
    line.call('entries', { items: [bareItem(forged)] }, signer),
    refused('not_allowed'),
  )
  await assert.rejects(line.call('receipts', { log: team }, signer), refused('not_found'))
  const wraps = { log: team, epoch: epoch.id, gen: 0, wraps: [] }
  await assert.rejects(line.call('wraps', wraps, signer), refused('not_found'))
  const said = await say(olga, team, 'without Leo')
  // As a phone that knows of this channel alone, so that the directory does not mix in.
  const have = [{ log: directory.log, n: directory.head.n + 1000 }]
  const past = await line.frames('sync', { have, wrapsSeen: 1e6, parcels: [] }, signer)
  const last = Math.max(...past.map((frame) => ('n' in frame ? frame.n : 0)))
  // The removal is followed by the new epoch, then by what was said: neither is for Leo.
  assert.equal(last, said.n - 2)
})

test('What waited in the outbox of somebody who was removed is refused, not sent', async (t) => {
  const town = await startTown(t)
  const { olga, leo, team } = await teamOfThree(town)
  await leo.core.run(() => queue(leo, team, 'written before the removal'))
  await remove(olga, team, leo)
  await sync(leo)
  await sync(olga)
  assert.deepEqual(await read(olga, team), ['all three'])
})

test('Somebody who comes back reads on from their return, and the gap is no problem', async (t) => {
  const town = await startTown(t)
  const { olga, leo, team } = await teamOfThree(town)
  await remove(olga, team, leo)
  await say(olga, team, 'without Leo')
  await sync(leo)
  await add(olga, team, leo)
  await say(olga, team, 'Leo is back')
  await sync(leo)
  assert.deepEqual(await read(leo, team), ['all three', 'Leo is back'])
  assert.deepEqual(await problems(leo), [])
})

test('Somebody who leaves a channel by themselves is out with the next message', async (t) => {
  const town = await startTown(t)
  const { olga, anna, leo, team } = await teamOfThree(town)
  await remove(leo, team, leo)
  await sync(anna)
  const { n } = await say(anna, team, 'Leo has gone')
  await syncAll(olga, leo)
  assert.equal(await opensWith(leo, await entryOn(anna, team, n)), false)
  assert.deepEqual(await read(leo, team), ['all three'])
  assert.deepEqual(await read(olga, team), ['all three', 'Leo has gone'])
  for (const phone of [olga, anna, leo]) assert.deepEqual(await problems(phone), [])
})

test('Somebody who left and is taken back reads on, and nothing from in between', async (t) => {
  const town = await startTown(t)
  const { olga, leo, team } = await teamOfThree(town)
  await revoke(olga, { what: 'person', subject: leo.person })
  await say(olga, team, 'without Leo')
  await assert.rejects(invite(olga, leo.person), refused('person_inactive'))
  const profile = { ...EMPTY_PROFILE, name: 'Leo Leaver' }
  await olga.act((core) => changePerson(core, leo.person, ROLE.member, profile))
  const back = await town.enrol((await invite(olga, leo.person)).card)
  assert.equal(back.core.replica.active, true)
  await say(olga, team, 'not for Leo yet')
  await sync(back)
  assert.deepEqual(await read(back, team), [], 'who left returns into no channel by themselves')
  await add(olga, team, back)
  await say(olga, team, 'Leo is back')
  await sync(back)
  assert.deepEqual(await read(back, team), ['Leo is back'])
  assert.deepEqual(await problems(back), [])
  await assert.rejects(sync(leo), refused('device_revoked'))
})

test('When everybody renews the key at once, one key wins and all of them use it', async (t) => {
  const town = await startTown(t)
  const { olga, anna, leo, team } = await teamOfThree(town)
  const others = await crowd(town, olga, ['Bruno', 'Carla', 'Dora', 'Erik'])
  await add(olga, team, ...others)
  const staying = [olga, anna, ...others]
  await syncAll(...staying)
  // The removal alone: whoever acts next makes the key.
  const direction = { what: REVOKE.person, subject: leo.person, voidFrom: 0, reason: REASON.left }
  await olga.act(async (core) => {
    const context = core.context(core.replica.directory.log)
    const entry = signEntry(KIND.revoke, context, direction, core.replica.pair.secretKey)
    await core.line.call('entries', { items: [bareItem(entry)] }, core.signer)
  })
  const talk = staying.map((phone, i) => say(phone, team, `from ${i}`))
  const places = (await Promise.all(talk)).map(({ n }) => n)
  assert.equal(new Set(places).size, staying.length)
  await syncAll(...staying)
  const texts = await read(olga, team)
  assert.deepEqual(
    texts.toSorted().slice(1),
    staying.map((_, i) => `from ${i}`),
  )
  for (const phone of staying) {
    assert.deepEqual((await read(phone, team)).slice(-staying.length), texts.slice(1))
    assert.deepEqual(await problems(phone), [])
  }
  assert.equal(await opensWith(leo, await entryOn(olga, team, Math.min(...places))), false)
})

test('Who has left is not among those who read the answers of an audience that is opened afterwards', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const cora = await welcome(town, olga, 'Cora Beispiel', 'coordinator')
  const anna = await welcome(town, olga, 'Anna Beispiel', 'coordinator')
  await revoke(olga, { what: 'person', subject: cora.person })
  const all = await audience(olga, 'All staff', anna)
  const response = olga.core.replica.channels.get(all)?.respKeys.at(-1)?.channel
  assert.ok(response !== undefined)
  const readers = olga.core.replica.channels.get(response)?.members
  assert.deepEqual([readers?.has(anna.person), readers?.has(cora.person)], [true, false])
})
