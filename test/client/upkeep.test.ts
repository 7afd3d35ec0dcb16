// What a phone does without being asked: each thing when it is due, not more often, and not for a box that
// hands out false keys.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { extendEpoch, newEpoch, streamWraps, uncovered } from '../../client/epochs.ts'
import { drafting } from '../../client/operations.ts'
import { drain } from '../../client/outbox.ts'
import { submit } from '../../client/submit.ts'
import { concat, u16be } from '../../protocol/bytes.ts'
import { laterRow, prekeyRow, readRow, writeRow } from '../../client/rows.ts'
import { put } from '../../client/store.ts'
import { upkeepRank } from '../../client/keep-keys.ts'
import { responseKeyItem } from '../../client/response-keys.ts'
import { tidy, upkeep } from '../../client/upkeep.ts'
import { decodeEntry, signEntry } from '../../protocol/entry.ts'
import { REASON, REVOKE } from '../../protocol/entry-fields.ts'
import { decodeEpochWrap, responsePublic, sealEpochKey } from '../../protocol/epoch-keys.ts'
import type { Frame } from '../../protocol/frames.ts'
import { type EpochId, idText, type LogId, type OrgId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import { EPOCH_WRAP_BYTES, WINDOW_LIFE } from '../../protocol/limits.ts'
import { encodeOperationData } from '../../protocol/operation-data.ts'
import { decodePrekey, type Prekey, signPrekey } from '../../protocol/prekey.ts'
import { decodeReceipt } from '../../protocol/receipt.ts'
import {
  accepted,
  announcement,
  caughtUp,
  entryFrame,
  headOf,
  HostileNetwork,
  known,
  message,
  operation,
  post,
  prekeyOf,
  shown,
  Siege,
  toldBy,
  twin,
  type Victim,
} from '../helpers/hostile.ts'

import { seededBytes, seededId } from '../helpers/seed.ts'
import {
  add,
  audience,
  channel,
  DAY,
  invite,
  problems,
  queue,
  read,
  remove,
  revoke,
  say,
  sync,
  syncAll,
  welcome,
} from '../helpers/town.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, malte, anna, team, all } = siege

const kept = (phone: Victim) => phone.core.run(() => upkeep(phone.core))

function entriesOf(victim: Victim, kind: number): Uint8Array[] {
  return victim.network
    .requests('entries')
    .flatMap(({ items }) => items.map(({ entry }) => entry))
    .filter((bytes) => decodeEntry(bytes).kind === kind)
}

type Change = (prekey: Prekey) => Partial<Prekey>

/** What Malte's device would have signed, signed by whom the test names. */
function resigned(prekey: Prekey, change: Change, by = malte): Uint8Array {
  const { ver: _ver, suite: _suite, sig: _sig, ...value } = { ...prekey, ...change(prekey) }
  return signPrekey(value, by.core.replica.pair.secretKey)
}

/** To whom the victim seals the key of a new epoch when the box answers like this. */
async function sealedTo(answer: (prekey: Prekey) => Uint8Array, by?: Victim): Promise<string[]> {
  const victim = by ?? (await siege.victim())
  victim.network.answering('prekeys', (told) => ({
    prekeys: told.prekeys.map((bytes) => {
      const prekey = decodePrekey(bytes)
      return idText(prekey.device) === idText(malte.device) ? answer(prekey) : bytes
    }),
  }))
  const state = known(victim, team)
  const { wraps } = await victim.core.run(() =>
    drafting(state, () => newEpoch(victim.core, state, 0, victim.core.context(team))),
  )
  return wraps.map((wrap) => idText(decodeEpochWrap(wrap).device)).toSorted(compareText)
}
const forOlga = idText(olga.device)
const both = [olga, malte].map(({ device }) => idText(device)).toSorted(compareText)
function compareText(a: string, b: string): number {
  return a < b ? -1 : 1
}

test('A new epoch is sealed to every other device of the channel', async () => {
  assert.deepEqual(await sealedTo((prekey) => resigned(prekey, () => ({}))), both)
})

const USELESS: [string, (prekey: Prekey) => Uint8Array][] = [
  ['with a false signature', (one) => resigned(one, () => ({}), olga)],
  ['that is noise', () => seededBytes('noise', 1334)],
  ['of another organisation', (one) => resigned(one, () => ({ org: seededId<OrgId>('other') }))],
  ['of a device that was not asked for', (one) => resigned(one, () => ({ device: seededId('x') }))],
  [
    'that is 400 days old',
    (one) => resigned(one, () => ({ notBefore: town.clock.now() - 400 * DAY })),
  ],
]
for (const [what, answer] of USELESS) {
  test(`Nothing is sealed to a prekey ${what}`, async () => {
    assert.deepEqual(await sealedTo(answer), [forOlga])
  })
}

test('A prekey that is not quite 400 days old still serves', async () => {
  const old = (one: Prekey) =>
    resigned(one, () => ({ notBefore: town.clock.now() - 400 * DAY + 1 }))
  assert.deepEqual(await sealedTo(old), both)
})

test('Nothing is sealed to an older prekey once a newer one was seen, also after a restart', async () => {
  const victim = await siege.victim()
  const numbered = (pkid: number) => (one: Prekey) => resigned(one, () => ({ pkid }))
  assert.deepEqual(await sealedTo(numbered(7), victim), both)
  assert.deepEqual(await sealedTo(numbered(6), victim), [forOlga])
  assert.deepEqual(await sealedTo(numbered(6), await twin(town, victim)), [forOlga])
  assert.deepEqual(await sealedTo(numbered(7), victim), both)
})

test('A prekey that the box hands out twice is used once', async () => {
  const victim = await siege.victim()
  victim.network.answering('prekeys', (told) => ({ prekeys: [...told.prekeys, ...told.prekeys] }))
  const state = known(victim, team)
  const { wraps } = await victim.core.run(() =>
    drafting(state, () => newEpoch(victim.core, state, 0, victim.core.context(team))),
  )
  assert.equal(wraps.length, 2)
})

test('Wraps of a run that was cut are brought later, those of a lost announce are dropped when they are old', async () => {
  const victim = await siege.victim()
  const stood = announcement(victim, team)
  const never = announcement(victim, team)
  const other = announcement(malte, team)
  const to = await prekeyOf(victim, malte)
  const t = town.clock.now()
  const row = ({ epoch, ak, core }: typeof stood) =>
    writeRow(laterRow, { log: team, epoch, gen: 0, wrap: sealEpochKey(ak, core, 0, to), t })
  await post(victim, stood.entry)
  await victim.store.commit(
    [stood, never, other].map((one, i) => put('later', Uint8Array.of(i), row(one))),
  )
  await victim.core.run(() => streamWraps(victim.core))
  const brought = victim.network.requests('wraps').map(({ epoch }) => idText(epoch))
  assert.deepEqual(brought, [idText(stood.epoch)])
  // The box can still accept the others for as long as it accepts the window that their request was made in.
  assert.equal((await victim.store.list('later')).length, 2)
  town.clock.advance(2 * WINDOW_LIFE + 1)
  await victim.core.run(() => streamWraps(victim.core))
  assert.deepEqual(await victim.store.list('later'), [])
  await caughtUp(malte)
  assert.deepEqual(malte.core.replica.epochKey(stood.epoch, 0), stood.ak)
  await victim.core.run(() => upkeep(victim.core))
  await kept(await siege.victim())
})

test('The wraps of an announce that arrives when it has been given up follow it', async () => {
  const victim = await siege.victim()
  const slow = announcement(victim, team)
  const wrap = sealEpochKey(slow.ak, slow.core, 0, await prekeyOf(victim, malte))
  const value = { log: team, epoch: slow.epoch, gen: 0, wrap, t: town.clock.now() }
  await victim.store.commit([put('later', Uint8Array.of(1), writeRow(laterRow, value))])
  await victim.core.run(() => streamWraps(victim.core))
  await post(victim, slow.entry)
  await victim.core.run(() => streamWraps(victim.core))
  await caughtUp(malte)
  assert.deepEqual(malte.core.replica.epochKey(slow.epoch, 0), slow.ak)
  await kept(await siege.victim())
})

test('Wraps of somebody who has left meanwhile are not brought, and keep no others back', async () => {
  const log = await channel(olga, 'Moving on', malte, anna)
  for (const phone of [malte, anna]) await sync(phone)
  const victim = await siege.victim(olga)
  const stood = announcement(victim, log)
  await post(victim, stood.entry)
  const t = town.clock.now()
  for (const [i, to] of [malte, anna].entries()) {
    const wrap = sealEpochKey(stood.ak, stood.core, 0, await prekeyOf(victim, to))
    const row = writeRow(laterRow, { log, epoch: stood.epoch, gen: 0, wrap, t })
    await victim.store.commit([put('later', Uint8Array.of(i), row)])
  }
  await caughtUp(olga)
  await remove(olga, log, malte)
  await caughtUp(victim)
  await victim.core.run(() => streamWraps(victim.core))
  const brought = victim.network.requests('wraps').flatMap(({ wraps }) => wraps)
  assert.deepEqual(
    brought.map((wrap) => idText(decodeEpochWrap(wrap).device)),
    [idText(anna.device)],
  )
  assert.deepEqual(await victim.store.list('later'), [])
})

test('Wraps of an announce that was refused for good are forgotten at once', async () => {
  const victim = await siege.victim()
  victim.network.refusing('entries', 'epoch_moved')
  const state = known(victim, all)
  await victim.core
    .run(() =>
      submit(victim.core, () =>
        drafting(state, async () => {
          const item = await newEpoch(victim.core, state, 0, victim.core.context(all), 'urgent')
          const epoch = state.currentEpoch(0)?.id
          assert.ok(epoch !== undefined)
          const wrap = seededBytes('one more', EPOCH_WRAP_BYTES)
          const row = { log: all, epoch, gen: 0, wrap, t: town.clock.now() }
          const at = concat(epoch, u16be(0))
          await victim.store.commit([put('later', at, writeRow(laterRow, row))])
          return [item]
        }),
      ),
    )
    .catch(() => {})
  assert.deepEqual(await victim.store.list('later'), [])
})

test('Wraps that do not reach the box stay for the next pass', async () => {
  const victim = await siege.victim()
  const stood = announcement(victim, team)
  const to = await prekeyOf(victim, malte)
  await post(victim, stood.entry)
  const wrap = sealEpochKey(stood.ak, stood.core, 0, to)
  const value = writeRow(laterRow, { log: team, epoch: stood.epoch, gen: 0, wrap, t: 0 })
  await victim.store.commit([put('later', Uint8Array.of(1), value)])
  victim.network.lie('wraps', () => Promise.reject(new TypeError('cut')), 1)
  await assert.rejects(kept(victim), { code: 'box_unreachable' })
  assert.equal((await victim.store.list('later')).length, 1)
  await victim.core.run(() => streamWraps(victim.core))
  assert.deepEqual(await victim.store.list('later'), [])
  town.clock.advance(61_000)
  await sync(anna)
})

test('A tick is for administrators, when a day has passed, and once', async () => {
  const ticks = async (phone: Victim): Promise<number> => {
    phone.network.asked.length = 0
    await kept(phone)
    return entriesOf(phone, KIND.tick).length
  }
  await sync(olga)
  const early = await siege.victim(olga)
  assert.equal(await ticks(early), 0, 'the log is younger than a day')
  town.clock.advance(DAY + 60_000)
  assert.equal(await ticks(await siege.victim()), 0, 'a coordinator vouches for no time')
  const owner = await siege.victim(olga)
  assert.equal(await ticks(owner), 1)
  assert.equal(await ticks(owner), 0)
  await sync(olga)
  assert.equal(owner.core.replica.directory.logTime, town.clock.now())
})

test('Somebody else was faster with the tick: no fault', async () => {
  await sync(olga)
  town.clock.advance(DAY + 60_000)
  const owner = await siege.victim(olga)
  owner.network.refusing('entries', 'unknown_head')
  await kept(owner)
  assert.ok(entriesOf(owner, KIND.tick).length > 0)
  owner.network.refusing('entries', 'too_large')
  await assert.rejects(kept(owner), { code: 'too_large' })
})

const prekeysHeld = async (victim: Victim) =>
  (await victim.store.list('prekeys')).map(({ key, value }) => {
    return { pkid: key.at(-1), ...readRow(prekeyRow, value) }
  })

test('A prekey is renewed after a week; the old secret goes 35 days after its replacement', async () => {
  // A copy of a shared phone would leave the others with a prekey on the box that only the copy can open.
  const victim = await twin(town, await welcome(town, olga, 'Petra Prekey'))
  const [first] = (await prekeysHeld(victim)).toReversed()
  assert.ok(first !== undefined)
  const age = town.clock.now() - first.madeAt
  town.clock.advance(7 * DAY - age - 1)
  await kept(victim)
  assert.equal(victim.network.requests('prekey').length, 0, 'not before')
  town.clock.advance(1)
  await kept(victim)
  const [upload] = victim.network.requests('prekey')
  assert.ok(upload !== undefined)
  const renewed = decodePrekey(upload.prekey)
  assert.equal(renewed.pkid, (first.pkid ?? 0) + 1)
  assert.equal(renewed.notBefore, town.clock.now())
  const replacedAt = town.clock.now()
  const old = async () => (await prekeysHeld(victim)).find(({ pkid }) => pkid === first.pkid)
  assert.equal((await old())?.replacedAt, replacedAt)
  for (let week = 1; week <= 5; week++) {
    town.clock.advance(7 * DAY)
    await kept(victim)
    assert.ok((await old()) !== undefined, `week ${week}: wraps to it may still be on their way`)
  }
  town.clock.advance(7 * DAY)
  await kept(victim)
  assert.equal(await old(), undefined)
  assert.equal(victim.core.replica.prekeys.has(first.pkid ?? 0), false)
})

test('A renewal that does not reach the box keeps the old secret current', async () => {
  const victim = await twin(town, await welcome(town, olga, 'Paul Prekey'))
  town.clock.advance(8 * DAY)
  victim.network.lie('prekey', () => Promise.reject(new TypeError('cut')))
  await assert.rejects(kept(victim), { code: 'box_unreachable' })
  const newest = Math.max(...victim.core.replica.prekeys.keys())
  const older = (await prekeysHeld(victim)).filter(({ pkid }) => pkid !== newest)
  assert.ok(older.some(({ replacedAt }) => replacedAt === 0))
  victim.network.honest()
  await kept(victim)
  const { prekeys } = await victim.core.line.call(
    'prekeys',
    { devices: [victim.device] },
    victim.core.signer,
  )
  assert.deepEqual(
    prekeys.map((bytes) => decodePrekey(bytes).pkid),
    [newest],
  )
})

/** Somebody new is in the team, and nobody has given them keys yet. */
async function newcomer(name: string) {
  const phone = await welcome(town, olga, name)
  const subjects = [phone.person]

  await post(olga, operation(olga, team, KIND.add, { subjects }))
  return phone
}

test('All phones see the same order of who goes first, and one of them is first', async () => {
  for (const phone of [olga, anna, malte]) await sync(phone)
  assert.equal(upkeepRank(olga.core), null)
  const nina = await newcomer('Nina Neu')
  const phones = await Promise.all([olga, anna, malte].map((phone) => siege.victim(phone)))
  const ranks = phones.map(({ core }) => upkeepRank(core))
  const sorted = ranks.map((rank) => rank ?? -1)
  assert.equal(new Set(sorted).size, 3)
  assert.ok(sorted.every((rank) => rank >= 0 && rank < 4))
  const again = await Promise.all([olga, anna, malte].map((phone) => siege.victim(phone)))
  assert.deepEqual(
    again.map(({ core }) => upkeepRank(core)),
    ranks,
  )
  await sync(olga)
  await sync(nina)
  await say(olga, team, 'hello Nina')
  await sync(nina)
  assert.deepEqual(await read(nina, team), ['hello Nina'])
})

test('A newcomer gets keys from one pass, and the next finds nothing to do', async () => {
  const nils = await newcomer('Nils Neu')
  const victim = await siege.victim()
  const epoch = known(victim, team).currentEpoch(0)
  assert.ok(epoch !== null)
  assert.deepEqual(
    uncovered(known(victim, team), epoch).map(({ id }) => idText(id)),
    [idText(nils.device)],
  )
  await kept(victim)
  const made = entriesOf(victim, KIND.extension).length + entriesOf(victim, KIND.announce).length
  assert.ok(made >= 1)
  victim.network.asked.length = 0
  assert.deepEqual(await kept(victim), { rekeyed: [] })
  assert.deepEqual(victim.network.requests('entries'), [])
  await sync(nils)
})

test('A refusal of new keys that time may cure is left to the next pass', async () => {
  await newcomer('Nora Neu')
  for (const code of ['epoch_moved', 'not_allowed'] as const) {
    const victim = await siege.victim()
    victim.network.refusing('entries', code)
    assert.deepEqual(await kept(victim), { rekeyed: [] })
  }
  const victim = await siege.victim()
  victim.network.refusing('entries', 'too_large')
  await assert.rejects(kept(victim), { code: 'too_large' })
  await kept(await siege.victim())
})

test('A phone that waits for approval does nothing but its prekey', async () => {
  const tablet = await town.enrol((await invite(anna, anna.person)).card)
  const waiting = await twin(town, tablet)
  await kept(waiting)
  await waiting.core.run(() => tidy(waiting.core))
  assert.deepEqual(waiting.network.asked, [])
})

test('A receipt says what was opened, once, and names what was not', async () => {
  const victim = await siege.victim()
  await say(malte, team, 'acknowledge me')
  await caughtUp(victim)
  await kept(victim)
  const sent = () =>
    victim.network
      .requests('receipt')
      .flatMap(({ receipts }) => receipts.map(decodeReceipt))
      .filter(({ log }) => idText(log) === idText(team))
  const [first, ...more] = sent()
  assert.ok(first !== undefined && more.length === 0)
  assert.deepEqual([first.upto, first.gaps], [headOf(victim, team), []])
  await kept(victim)
  assert.equal(sent().length, 1)
  const n = headOf(victim, team)
  const bad = message(malte, team, 'x', { plain: Uint8Array.of(99) })
  await shown(victim, entryFrame(n + 1, bad))
  victim.network.lie('receipt', () => Promise.resolve(accepted()))
  await kept(victim)
  assert.deepEqual(
    [sent().at(-1)?.upto, sent().at(-1)?.gaps],
    [n + 1, [{ from: n + 1, to: n + 1 }]],
  )
})

test('A receipt that did not arrive is sent again', async () => {
  const victim = await siege.victim()
  await say(malte, team, 'once more')
  await caughtUp(victim)
  victim.network.lie('receipt', () => Promise.reject(new TypeError('cut')), 1)
  await assert.rejects(kept(victim), { code: 'box_unreachable' })
  await kept(victim)
  assert.equal(victim.network.requests('receipt').length, 2)
})

test('A response key is published by who may, after new keys of the coordinators, once', async () => {
  const victim = await siege.victim()
  const before = known(victim, all).respKeys.length
  const response = known(victim, all).respKeys.at(-1)?.channel
  assert.ok(response !== undefined)
  const anew = announcement(victim, response)
  await post(victim, anew.entry)
  await victim.core.run(() =>
    Promise.resolve(
      victim.core.replica.keys.set(anew.epoch, {
        channel: response,
        gen: 0,
        ak: anew.ak,
      }),
    ),
  )
  await kept(victim)
  assert.equal(known(victim, all).respKeys.length, before + 1)
  victim.network.asked.length = 0
  await kept(victim)
  assert.deepEqual(entriesOf(victim, KIND.respkey), [])
  town.clock.advance(61_000)
  await sync(olga)
  await sync(anna)
})

test('A false response key is followed by the true one', async () => {
  const victim = await siege.victim()
  const response = known(victim, all).respKeys.at(-1)?.channel
  const epoch = response === undefined ? null : known(victim, response).currentEpoch(0)
  assert.ok(response !== undefined && epoch !== null)
  const publicKey = responsePublic(seededBytes('false key', 32), all)
  const data = encodeOperationData({
    kind: 'respkey',
    channel: response,
    epoch: epoch.id,
    publicKey,
  })
  await post(olga, operation(olga, all, KIND.respkey, { data }))
  await caughtUp(victim)
  assert.ok((await toldBy(victim)).codes.includes('epoch_commit'))
  await kept(victim)
  const ak0 = victim.core.replica.epochKey(epoch.id, 0)
  assert.ok(ak0 !== null)
  assert.deepEqual(known(victim, all).respKeys.at(-1)?.publicKey, responsePublic(ak0, all))
})

test('Without the key of the response channel there is nothing to publish', async () => {
  const victim = await siege.victim()
  const response = known(victim, all).respKeys.at(-1)?.channel
  assert.ok(response !== undefined)
  const epoch = known(victim, response).currentEpoch(0)?.id as EpochId
  victim.core.replica.keys.delete(epoch)
  assert.throws(() => responseKeyItem(victim.core, known(victim, all), known(victim, response)), {
    code: 'no_key',
  })
})

test('A pass that is left open by others is finished by this one', async () => {
  const victim = await siege.victim()
  await victim.core.run(() => queue(victim, team, 'after all of it'))
  await kept(victim)
  const { sent } = await victim.core.run(() => drain(victim.core))
  assert.equal(sent.length, 1)
  assert.deepEqual((await toldBy(victim)).codes, [])
})

test('Nobody lets a newcomer into an epoch whose key is not held', async () => {
  const victim = await siege.victim()
  const state = known(victim, team)
  const epoch = state.currentEpoch(0)
  assert.ok(epoch !== null)
  victim.core.replica.keys.delete(epoch.id)
  const extending = extendEpoch(victim.core, state, epoch, victim.core.context(team))
  await assert.rejects(extending, { code: 'no_key' })
  assert.deepEqual(victim.network.requests('prekeys'), [])
})

test('A key that is held is not lost, however old it is', async () => {
  await sync(olga)
  await sync(anna)
  town.clock.advance(3_600_000)
  const victim = await siege.victim()
  assert.deepEqual(await kept(victim), { rekeyed: [] })
  assert.deepEqual(entriesOf(victim, KIND.announce), [])
})

test('A newcomer waits for a key from those who hold it, however long that takes', async () => {
  const phone = await newcomer('Nele Neu')
  await caughtUp(phone)
  town.clock.advance(3_600_000)
  const waiting = await twin(town, phone)
  await kept(waiting)
  assert.deepEqual(entriesOf(waiting, KIND.announce), [])
  await sync(olga)
})

test('Whoever gets no key for want of a prekey is named, not passed over in silence', async () => {
  const victim = await siege.victim()
  victim.network.answering('prekeys', (told) => ({
    prekeys: told.prekeys.filter(
      (bytes) => idText(decodePrekey(bytes).device) !== idText(malte.device),
    ),
  }))
  const state = known(victim, team)
  await victim.core.run(() =>
    drafting(state, () => newEpoch(victim.core, state, 0, victim.core.context(team))),
  )
  const found = (await problems(victim)).filter((text) => text.startsWith('no_prekey'))
  assert.equal(found.length, 1)
  assert.match(found[0] as string, new RegExp(idText(malte.device)))
  assert.deepEqual((await toldBy(victim)).codes, ['no_prekey'])
})

test('A box that claims to have shown all wraps already does not keep a key back for good', async () => {
  await sync(olga)
  const phone = await welcome(town, olga, 'Nadia Neu')
  await post(olga, operation(olga, team, KIND.add, { subjects: [phone.person] }))
  await sync(olga)
  const late = await twin(town, phone)
  // A false wrap with the highest number there is: honest ones all lie below it.
  late.network.showing(
    (frames) => [
      ...frames.filter(({ type }) => type !== 'wrap'),
      {
        type: 'wrap',
        id: Number.MAX_SAFE_INTEGER,
        log: team,
        epoch: seededId('none'),
        gen: 0,
        wrap: seededBytes('noise', 1188),
      },
    ],
    1,
  )
  await caughtUp(late)
  const epoch = known(late, team).currentEpoch(0)
  assert.ok(epoch !== null)
  await caughtUp(late)
  assert.equal(late.core.replica.epochKey(epoch.id, epoch.gen), null, 'the box has its way so far')
  town.clock.advance(61_000)
  await kept(late)
  assert.notEqual(late.core.replica.epochKey(epoch.id, epoch.gen), null)
  assert.deepEqual(entriesOf(late, KIND.announce), [])
})

test('Whoever left the organisation leaves its channels with the next pass of somebody who manages', async () => {
  const phone = await welcome(town, olga, 'Lena Leaver')
  await post(olga, operation(olga, team, KIND.add, { subjects: [phone.person] }))
  await sync(olga)
  const victim = await siege.victim(olga)
  const fields = { what: REVOKE.person, subject: phone.person, voidFrom: 0, reason: REASON.left }
  const { directory, pair } = olga.core.replica
  const bytes = signEntry(KIND.revoke, olga.core.context(directory.log), fields, pair.secretKey)
  await post(olga, bytes)
  await caughtUp(victim)
  assert.ok(known(victim, team).members.has(phone.person))
  const { rekeyed } = await kept(victim)
  assert.ok(!known(victim, team).members.has(phone.person))
  assert.ok(rekeyed.some((id) => idText(id) === idText(team)))
  assert.equal(known(victim, team).isStale(0), false)
  await syncAll(olga, anna, malte)
})

test('Whoever has been removed from a channel is in nobody’s way there', async () => {
  const log = await channel(olga, 'Without Malte', anna, malte)
  for (const phone of [anna, malte]) await sync(phone)
  await remove(olga, log, malte)
  await sync(malte)
  const without = await siege.victim(malte)
  await welcomeTo(log)
  await caughtUp(without)
  assert.equal(upkeepRank(without.core), null)
  await sync(olga)
})

/** Somebody is in the channel who has no key yet. */
async function welcomeTo(log: LogId): Promise<void> {
  const late = await invite(olga, 'Lena Late')
  await post(olga, operation(olga, log, KIND.add, { subjects: [late.person] }))
  await sync(await town.enrol(late.card))
}

test('Many who cannot be given keys are counted, and some are named', async () => {
  const log = await channel(olga, 'Big team', anna, malte)
  for (const name of ['Fritz Fern', 'Gerda Fern', 'Hans Fern'])
    await add(olga, log, await welcome(town, olga, name))
  const victim = await siege.victim(olga)
  victim.network.answering('prekeys', () => ({ prekeys: [] }))
  const state = known(victim, log)
  await victim.core.run(() =>
    drafting(state, () => newEpoch(victim.core, state, 0, victim.core.context(log))),
  )
  const told = (await problems(victim)).filter((text) => text.startsWith('no_prekey'))
  assert.match(told.join(), /^no_prekey: [\w-]+, [\w-]+, [\w-]+ and 2 more$/)
})

test('Before it is let in a phone tidies nothing', async () => {
  const { card } = await invite(malte, malte.person)
  const network = new HostileNetwork()
  const tablet = await town.enrol(card, { network })
  network.asked.length = 0
  await tablet.core.run(() => tidy(tablet.core))
  assert.deepEqual(network.asked, [])
})

test('Where no key has come yet, or nobody may make one, everybody has a place in the order', async () => {
  const cora = await welcome(town, olga, 'Cora Beispiel', 'coordinator')
  const log = await audience(cora, 'Left alone', malte)
  await revoke(olga, { what: 'person', subject: cora.person })
  const left = await siege.victim(malte)
  assert.ok(known(left, log).members.has(malte.person))
  assert.equal(upkeepRank(left.core), 0)

  const fresh = await channel(olga, 'Fresh', malte)
  const early = await twin(town, malte)
  early.network.showing((frames) => frames.filter((frame) => !announces(frame)))
  await caughtUp(early)
  assert.equal(known(early, fresh).currentEpoch(0), null)
  assert.notEqual(upkeepRank(early.core), null)
})

/** Also the signed heads stay away, which would betray it. */
const announces = (frame: Frame): boolean =>
  frame.type === 'head' || (frame.type === 'entry' && frame.bytes[1] === KIND.announce)
