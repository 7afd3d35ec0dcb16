// A box that drops, delays, repeats, exchanges or hides what stands in its logs: the phone shows that, shows
// nothing false, and goes on when the box becomes honest.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createChannel } from '../../client/channels.ts'
import { takeIn } from '../../client/pull.ts'
import { entryRow, readRow } from '../../client/rows.ts'
import { sealAnswer } from '../../protocol/answer-keys.ts'
import { signHead } from '../../protocol/box-report.ts'
import { stubOf } from '../../protocol/chain.ts'
import { decodeEntry, signEntry } from '../../protocol/entry.ts'
import type { Frame } from '../../protocol/frames.ts'
import { asId, type LogId, type MessageId, type OrgId, type PersonId } from '../../protocol/ids.ts'
import { CHANNEL_TYPE, KIND, ROLE } from '../../protocol/kinds.ts'
import { equal } from '../../protocol/bytes.ts'
import { compareBytes } from '../../protocol/channel-operations.ts'
import { EMPTY_PROFILE, sealProfile } from '../../protocol/profile.ts'
import type { SignPair } from '../../protocol/sodium.ts'
import {
  accepted,
  caughtUp,
  entryFrame,
  headOf,
  known,
  message,
  reopened,
  shown,
  Siege,
  toldBy,
  twin,
  type Victim,
} from '../helpers/hostile.ts'
import { flipped, seededBytes, seededHash, seededId, seededPair } from '../helpers/seed.ts'
import {
  add,
  answer,
  channel,
  invite,
  type Phone,
  read,
  say,
  sync,
  welcome,
} from '../helpers/town.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, malte, anna, team } = siege
const directoryLog = olga.core.replica.directory.log

const isEntry = (frame: Frame, log: LogId, n: number): boolean =>
  frame.type === 'entry' && frame.n === n && equal(decodeEntry(frame.bytes).prefix.log, log)

async function pullThrough(victim: Victim, rewrite: (f: Frame[]) => Frame[]): Promise<void> {
  victim.network.showing(rewrite, 1)
  await caughtUp(victim)
}

/** Three messages on the box that the victim has not got; their index is `n + 1` and up. */
async function threeWaiting(): Promise<{ victim: Victim; n: number }> {
  const victim = await siege.victim()
  const n = headOf(victim, team)
  for (const text of ['one', 'two', 'three']) await say(malte, team, text)
  return { victim, n }
}

async function settles(victim: Victim, texts: string[]): Promise<void> {
  await caughtUp(victim)
  const all = await read(victim, team)
  assert.deepEqual(all.slice(-texts.length), texts)
  await reopened(victim)
}

test('A dropped entry is missed, and nothing behind it is shown before it comes', async () => {
  const { victim, n } = await threeWaiting()
  await pullThrough(victim, (frames) => frames.filter((one) => !isEntry(one, team, n + 2)))
  assert.deepEqual(await toldBy(victim), { texts: ['one'], codes: ['withheld'] })
  await settles(victim, ['one', 'two', 'three'])
})

test('Entries in another order are shown in theirs', async () => {
  const { victim, n } = await threeWaiting()
  await pullThrough(victim, (frames) => {
    const first = frames.find((one) => isEntry(one, team, n + 1))
    assert.ok(first !== undefined)
    return [...frames.filter((one) => one !== first), first]
  })
  assert.deepEqual(await toldBy(victim), { texts: ['one'], codes: ['withheld'] })
  await settles(victim, ['one', 'two', 'three'])
})

test('The same entry twice is shown once', async () => {
  const { victim } = await threeWaiting()
  await pullThrough(victim, (frames) => frames.flatMap((one) => [one, one]))
  assert.deepEqual(await toldBy(victim), { texts: ['one', 'two', 'three'], codes: [] })
  await settles(victim, ['one', 'two', 'three'])
})

test('An entry that is repeated at a later place has no effect there', async () => {
  const { victim, n } = await threeWaiting()
  await pullThrough(victim, (frames) =>
    frames.flatMap((one) =>
      isEntry(one, team, n + 2) && one.type === 'entry' ? [one, { ...one, n: n + 3 }] : [one],
    ),
  )
  const told = await toldBy(victim)
  assert.deepEqual(told.texts, ['one', 'two'])
  assert.deepEqual([...new Set(told.codes)].toSorted(), ['forked', 'seq_low'])
})

test('An entry that is repeated behind the last one is refused there', async () => {
  const { victim, n } = await threeWaiting()
  await pullThrough(victim, (frames) => {
    const first = frames.find((one) => isEntry(one, team, n + 1))
    assert.ok(first?.type === 'entry')
    return [...frames, { ...first, n: n + 4 }]
  })
  const { texts, codes } = await toldBy(victim)
  assert.deepEqual(texts, ['one', 'two', 'three'])
  // Its own signed head knows nothing of that place.
  assert.deepEqual([...new Set(codes)].toSorted(), ['rolled_back', 'seq_low'])
})

test('A second entry for a place that is held proves the fork', async () => {
  const victim = await siege.victim()
  const n = headOf(victim, team)
  await shown(victim, entryFrame(n, message(malte, team, 'another history')))
  const told = await toldBy(victim)
  assert.deepEqual(told.codes, ['forked'])
  assert.ok(!told.texts.includes('another history'))
  await say(malte, team, 'goes on')
  await settles(victim, ['goes on'])
})

test('A problem at a place does not show the message there a second time', async () => {
  await say(malte, team, 'seen already')
  const victim = await siege.victim()
  await shown(victim, signedHead(victim, { h: seededHash('another history') }))
  assert.deepEqual(await toldBy(victim), { texts: [], codes: ['forked'] })
})

test('An entry before the first place of a log is ignored', async () => {
  const victim = await siege.victim()
  await shown(victim, entryFrame(0, message(malte, team, 'nowhere')))
  assert.deepEqual(await toldBy(victim), { texts: [], codes: [] })
})

test('A stub in place of a message is withheld', async () => {
  const { victim, n } = await threeWaiting()
  await pullThrough(victim, (frames) =>
    frames.map((one) =>
      isEntry(one, team, n + 2) && one.type === 'entry'
        ? { type: 'stub', log: team, n: n + 2, stub: stubOf(decodeEntry(one.bytes)) }
        : one,
    ),
  )
  assert.deepEqual(await toldBy(victim), { texts: ['one', 'three'], codes: ['withheld'] })
  await settles(victim, ['one', 'three'])
})

test('Stubs of what is held, of a gap and of an unknown channel change nothing', async () => {
  const victim = await siege.victim()
  const n = headOf(victim, team)
  const stub = stubOf(decodeEntry(message(malte, team, 'x')))
  await shown(victim, { type: 'stub', log: team, n, stub })
  assert.deepEqual(await toldBy(victim), { texts: [], codes: [] })
  await shown(victim, { type: 'stub', log: team, n: n + 2, stub })
  assert.deepEqual((await toldBy(victim)).codes, ['withheld'])
  await shown(victim, { type: 'stub', log: seededId<LogId>('unknown'), n: 1, stub })
  assert.equal(headOf(victim, team), n)
  await reopened(victim)
})

test('A newcomer gets stubs for old messages, and for nothing else', async () => {
  const nora = await welcome(town, olga, 'Nora Beispiel')
  const side = await channel(olga, 'Side team', malte)
  await say(olga, side, 'before Nora')
  await add(olga, side, nora)
  const honest = await twin(town, nora)
  await caughtUp(honest)
  assert.deepEqual((await toldBy(honest)).codes, [])

  const victim = await twin(town, nora)
  await pullThrough(victim, (frames) =>
    frames.map((one) =>
      isEntry(one, side, 2) && one.type === 'entry'
        ? { type: 'stub', log: side, n: 2, stub: stubOf(decodeEntry(one.bytes)) }
        : one,
    ),
  )
  assert.ok((await toldBy(victim)).codes.includes('withheld'))
  assert.ok(!known(victim, side).members.has(nora.person))
})

test('An entry of a log that nobody opened is missed, not shown', async () => {
  const victim = await siege.victim()
  const log = seededId<LogId>('a log of its own')
  await shown(victim, entryFrame(1, message(malte, team, 'nowhere', { context: { log } })))
  assert.deepEqual(await toldBy(victim), { texts: [], codes: ['withheld'] })
  assert.equal(victim.core.replica.headOf(log), undefined)
})

type HeadOptions = { log?: LogId; n?: number; h?: Uint8Array; org?: OrgId; by?: SignPair }
const signedHead = (victim: Victim, options: HeadOptions): Frame => {
  const { log = team, n = headOf(victim, team), org = olga.core.replica.identity.org } = options
  const h = (options.h ?? victim.core.replica.headOf(team)?.h) as ReturnType<typeof seededHash>
  const by = options.by ?? town.box.context.box
  return { type: 'head', bytes: signHead({ org, log, n, h, t: town.clock.now() }, by.secretKey) }
}

const HEADS: [string, HeadOptions, string][] = [
  ['contradicts what the phone holds', { h: seededHash('another history') }, 'forked'],
  ['is signed by another key', { by: seededPair('another box') }, 'bad_signature'],
  ['is of another organisation', { org: seededId<OrgId>('another') }, 'wrong_organisation'],
  ['is of an unknown log', { log: seededId<LogId>('unknown') }, 'withheld'],
  ['lies beyond what came', { n: 9_999 }, 'withheld'],
]
for (const [what, options, code] of HEADS) {
  test(`A head that ${what} is a visible problem: ${code}`, async () => {
    const victim = await siege.victim()
    await shown(victim, signedHead(victim, options))
    assert.deepEqual((await toldBy(victim)).codes, [code])
    await say(malte, team, `after ${what}`)
    await settles(victim, [`after ${what}`])
  })
}

test('A head that agrees is no problem', async () => {
  const victim = await siege.victim()
  await shown(victim, signedHead(victim, {}))
  assert.deepEqual(await toldBy(victim), { texts: [], codes: [] })
})

test('A box that signs an older head than this phone holds was set back, and that shows', async () => {
  await say(malte, team, 'signed away')
  const victim = await siege.victim()
  const n = headOf(victim, team) - 1
  const h = victim.core.replica.hashes.get(team)?.[n]
  assert.ok(h !== undefined)
  await shown(victim, signedHead(victim, { n, h }))
  // A catch-up that says nothing of the other logs counts against them, too; and this box has not been restored.
  const { codes } = await toldBy(victim)
  assert.deepEqual([...new Set(codes)].toSorted(), ['not_restoring', 'rolled_back'])
})

test('Frames that are no entries are named, and the others are taken', async () => {
  const { victim } = await threeWaiting()
  await victim.core.run(() =>
    takeIn(victim.core, [
      entryFrame(1, seededBytes('noise', 300)),
      { type: 'header', n: 1, bytes: seededBytes('noise', 20) },
    ]),
  )
  assert.deepEqual((await toldBy(victim)).codes, ['unknown_version'])
  await settles(victim, ['one', 'two', 'three'])
})

test('A catch-up names the noise in it rather than what is missing because of it', async () => {
  const victim = await siege.victim()
  await shown(victim, entryFrame(1, seededBytes('noise', 300)))
  assert.ok((await toldBy(victim)).codes.includes('unknown_version'))
})

test('An answer that is not made of frames is refused whole, and asked for again', async () => {
  const { victim } = await threeWaiting()
  victim.network.lie('sync', () => Promise.resolve(accepted(seededBytes('noise', 40))), 1)
  await assert.rejects(caughtUp(victim), { code: 'malformed' })
  assert.deepEqual(await toldBy(victim), { texts: [], codes: [] })
  await settles(victim, ['one', 'two', 'three'])
})

function personEntry(by: Phone, name: string, log = directoryLog): Uint8Array {
  const { identity, pair } = by.core.replica
  const person = seededId<PersonId>(name)
  const sealed = sealProfile(identity.dk, person, { ...EMPTY_PROFILE, name })
  const fields = { person, role: ROLE.owner, state: 1, dkVer: identity.dkVer, sealed } as const
  return signEntry(KIND.person, { ...by.core.context(directoryLog), log }, fields, pair.secretKey)
}

test('Nobody comes into the directory by the signature of a member', async () => {
  const victim = await siege.victim()
  const n = headOf(victim, directoryLog)
  await shown(victim, entryFrame(n + 1, personEntry(malte, 'Mia Maulwurf')))
  assert.deepEqual((await toldBy(victim)).codes, ['not_allowed'])
  const { persons } = victim.core.replica.directory
  assert.ok(!persons.has(seededId('Mia Maulwurf')))
  const next = { ...olga.core.context(directoryLog), t: town.clock.now() }
  const { pair } = olga.core.replica
  await shown(victim, entryFrame(n + 2, signEntry(KIND.tick, next, {}, pair.secretKey)))
  assert.equal(headOf(victim, directoryLog), n + 2)
  assert.deepEqual((await toldBy(victim)).codes, ['not_allowed'])
  const again = await reopened(victim)
  assert.ok(!again.core.replica.directory.persons.has(seededId('Mia Maulwurf')))
})

test('An altered directory entry has no effect', async () => {
  const victim = await siege.victim()
  const bytes = personEntry(olga, 'Mia Maulwurf')
  const n = headOf(victim, directoryLog)
  await shown(victim, entryFrame(n + 1, flipped(bytes, bytes.length - 1)))
  assert.deepEqual((await toldBy(victim)).codes, ['bad_signature'])
})

test('A directory entry that names a channel as its log does not move the directory', async () => {
  const victim = await siege.victim()
  const n = headOf(victim, directoryLog)
  const bytes = personEntry(malte, 'Mia Maulwurf', team)
  await shown(victim, entryFrame(headOf(victim, team) + 1, bytes))
  assert.ok((await toldBy(victim)).codes.length > 0)
  assert.equal(headOf(victim, directoryLog), n)
})

test('A channel entry that comes before the directory it relies on waits for it', async () => {
  const victim = await siege.victim()
  const { person } = await invite(olga, 'Nils Beispiel')
  await add(olga, team, person)
  await say(olga, team, 'with Nils')
  const before = headOf(victim, directoryLog)
  await pullThrough(victim, (frames) =>
    frames.filter((one) => one.type !== 'entry' || decodeEntry(one.bytes).kind >= KIND.create),
  )
  assert.equal(headOf(victim, directoryLog), before)
  assert.deepEqual(await toldBy(victim), { texts: [], codes: ['withheld'] })
  await settles(victim, ['with Nils'])
  assert.ok(known(victim, team).members.has(person))
})

test('A group that a member opens with a stranger in it is no group', async () => {
  const victim = await siege.victim()
  const { identity, pair, directory } = malte.core.replica
  const made = await malte.act((core) =>
    createChannel(core, '', CHANNEL_TYPE.direct, [anna.person]),
  )
  const org = [...town.box.context.orgs.values()][0]
  const [row] = org?.store.committed.logs.range(made, 1, 1, 1) ?? []
  assert.ok(row !== undefined)
  const real = decodeEntry(row.header)
  assert.ok(real.kind === KIND.create)
  const stranger = seededId<PersonId>('nobody invited this one')
  const subjects = [identity.person, stranger].toSorted(compareBytes)
  const place = { dirN: directory.head.n, dirH: directory.head.h }
  const fields = { ...real.fields, ...place, subjects }
  const bytes = signEntry(KIND.create, real.prefix, fields, pair.secretKey)
  await shown(victim, entryFrame(1, bytes))
  const told = await toldBy(victim)
  assert.deepEqual(told.codes, ['person_unknown'])
  for (const { members } of victim.core.replica.channels.values()) {
    assert.ok(!members.has(stranger))
  }
  await reopened(victim)
})

type AnswerOptions = { person?: PersonId; seq?: number; log?: LogId }

function answerEntry(by: Phone, options: AnswerOptions = {}): Uint8Array {
  const { identity, pair } = by.core.replica
  const [key] = known(olga, siege.all).respKeys
  assert.ok(key !== undefined)
  const { person = identity.person, seq = 2_000_000_000 } = options
  const sending = {
    context: { org: identity.org, signer: identity.device, t: town.clock.now() },
    alert: (options.log ?? siege.alert) as typeof siege.alert,
    person,
    seq,
    respEpoch: key.epoch,
    respPk: key.publicKey,
  }
  return sealAnswer(sending, { choice: 0, etaMinutes: 0, text: '' }, pair.secretKey)
}

test('Answers that do not hold are refused where they stand, and the next one counts', async () => {
  await answer(malte, siege.alert, 'safe')
  const victim = await siege.victim()
  const log = asId<LogId>(siege.alert)
  const n = headOf(victim, log)
  assert.ok(n > 0)
  const good = answerEntry(malte)
  const bare = decodeEntry(good).header
  await shown(
    victim,
    entryFrame(n + 1, answerEntry(malte, { person: anna.person })),
    entryFrame(n + 2, flipped(good, good.length - 1)),
    entryFrame(n + 3, flipped(good, bare.length - 1)),
    entryFrame(n + 4, good),
    entryFrame(n + 5, answerEntry(malte, { seq: 3 })),
  )
  const told = await toldBy(victim)
  assert.deepEqual(told.codes, ['not_allowed', 'malformed', 'bad_signature', 'seq_low'])
  assert.equal(victim.core.replica.answers.get(log)?.seqs.get(malte.person), 2_000_000_000)
  assert.equal(headOf(victim, log), n + 5)
  const again = await reopened(victim)
  assert.equal(headOf(again, log), n + 5)
})

test('An answer without its body is refused, and the phone still opens afterwards', async () => {
  const victim = await siege.victim()
  const log = asId<LogId>(siege.alert)
  const { header } = decodeEntry(answerEntry(malte))
  await shown(victim, { type: 'header', n: headOf(victim, log) + 1, bytes: header })
  assert.deepEqual((await toldBy(victim)).codes, ['malformed'])
  await reopened(victim)
})

test('An answer to an alert that this phone does not know is no entry of another log', async () => {
  const victim = await siege.victim()
  const log = seededId<LogId>('another alert')
  await shown(victim, entryFrame(1, answerEntry(malte, { log })))
  assert.equal(victim.core.replica.headOf(log), undefined)
})

test('An entry of a channel kind in the log of the directory goes nowhere', async () => {
  const victim = await siege.victim()
  const n = headOf(victim, directoryLog)
  const bytes = message(malte, team, 'nowhere', { context: { log: directoryLog } })
  await shown(victim, entryFrame(n + 1, bytes))
  assert.deepEqual(await toldBy(victim), { texts: [], codes: ['malformed', 'withheld'] })
  assert.equal(headOf(victim, directoryLog), n)
})

test('A lie in one channel does not stop the others', async () => {
  const other = await channel(olga, 'Another team', anna)
  const victim = await siege.victim()
  const lie = message(malte, team, 'only for one', { seq: 500 })
  await shown(victim, entryFrame(headOf(victim, team) + 1, lie))
  await assert.doesNotReject(say(victim, other, 'still here'))
  await sync(olga)
  assert.deepEqual(await read(olga, other), ['still here'])
})

test('A channel that a box lets begin with something else is not lost at the next start', async () => {
  const victim = await siege.victim()
  const log = await channel(olga, 'New team', anna)
  const [key] = known(olga, siege.all).respKeys
  const [first] = await olga.store.list('entries', log)
  assert.ok(first !== undefined && key !== undefined)
  const { bytes: create } = readRow(entryRow, first.value)
  const { org } = olga.core.replica.identity
  const context = { org, signer: malte.device, t: town.clock.now() }
  const alert = log as Uint8Array as MessageId
  const { person } = malte
  const sending = { context, alert, person, seq: 1, respEpoch: key.epoch, respPk: key.publicKey }
  const words = { choice: 0, etaMinutes: 0, text: '' }
  const junk = sealAnswer(sending, words, malte.core.replica.pair.secretKey)
  await pullThrough(victim, (honest) => [
    ...honest.filter(({ type }) => type !== 'entry' && type !== 'head'),
    entryFrame(2, create),
    { type: 'stub', log, n: 1, stub: stubOf(decodeEntry(junk)) },
    entryFrame(1, junk),
    entryFrame(1, create),
  ])
  assert.equal(known(victim, log).head.n, 1)
  const again = await reopened(victim)
  await caughtUp(again)
  assert.deepEqual(known(again, log).head, known(olga, log).head)
})
