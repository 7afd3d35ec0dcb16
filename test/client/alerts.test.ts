// Alerts and the roll call with a box that lies: only signed answers and receipts count.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { enqueueAlert, enqueueAnswerTo, findAlert, rollCall } from '../../client/alerts.ts'
import { setRole } from '../../client/channels.ts'
import { publishResponseKeys, readyForAnswers } from '../../client/response-keys.ts'
import { drain, waiting } from '../../client/outbox.ts'
import { sealAnswer } from '../../protocol/answer-keys.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import { responsePublic } from '../../protocol/epoch-keys.ts'
import type { Gap } from '../../protocol/gaps.ts'
import { idText, type LogId, type MessageId } from '../../protocol/ids.ts'
import { CHANNEL_ROLE, KIND } from '../../protocol/kinds.ts'
import { xwingPublic } from '../../protocol/sodium.ts'
import { encodeOperationData } from '../../protocol/operation-data.ts'
import { type Receipt, signReceipt } from '../../protocol/receipt.ts'
import {
  caughtUp,
  entryFrame,
  headOf,
  known,
  message,
  operation,
  post,
  reopened,
  shown,
  Siege,
  toldBy,
  type Victim,
} from '../helpers/hostile.ts'
import { flipped, seed, seededBytes, seededHash, seededId } from '../helpers/seed.ts'
import { answer, approve, audience, invite, type Phone, revoke, sync } from '../helpers/town.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, malte, anna, team, all, alert } = siege

async function stateOf(victim: Victim, of: Phone): Promise<string | undefined> {
  const rows = await victim.core.run(() => rollCall(victim.core, alert))
  return rows.find(({ person }) => idText(person) === idText(of.person))?.state
}

type Told = Omit<Receipt, 'ver' | 'kind' | 'era' | 'sig'>

function receipt(victim: Victim, change: Partial<Told> = {}, by: Phone = malte): Uint8Array {
  const n = headOf(victim, all)
  const h = victim.core.replica.hashes.get(all)?.[n]
  assert.ok(h !== undefined)
  const { org } = victim.core.replica.identity
  const value = { org, log: all, device: malte.device, upto: n, h, gaps: [], t: town.clock.now() }
  return signReceipt({ ...value, ...change }, by.core.replica.pair.secretKey)
}

async function withReceipt(bytes: (victim: Victim) => Uint8Array): Promise<string | undefined> {
  const victim = await siege.victim()
  victim.network.answering('receipts', () => ({ receipts: [bytes(victim)] }))
  return stateOf(victim, malte)
}

test('Who has signed for the alert has received it', async () => {
  assert.equal(await withReceipt((victim) => receipt(victim)), 'received')
  assert.equal(await withReceipt((victim) => receipt(victim, { upto: 99_999 })), 'received')
})

const USELESS: [string, (victim: Victim) => Uint8Array][] = [
  ['that somebody else signed', (victim) => receipt(victim, {}, olga)],
  ['that was altered', (victim) => flipped(receipt(victim), 160)],
  ['for another log', (victim) => receipt(victim, { log: team })],
  ['of a device that nobody knows', (victim) => receipt(victim, { device: seededId('nobody') })],
  ['of another history', (victim) => receipt(victim, { h: seededHash('another') })],
  ['from before the alert', (victim) => earlier(victim)],
  ['of a phone that could not open it', (victim) => receipt(victim, { gaps: [around(victim)] })],
  ['that is noise', () => seededBytes('noise', 172)],
]
const alertPlace = (victim: Victim): number => known(victim, all).alerts.get(alert) ?? 0
const around = (victim: Victim): Gap => ({ from: alertPlace(victim) - 1, to: alertPlace(victim) })
const earlier = (victim: Victim): Uint8Array => {
  const upto = alertPlace(victim) - 1
  const h = victim.core.replica.hashes.get(all)?.[upto]
  assert.ok(h !== undefined)
  return receipt(victim, { upto, h })
}
async function lostPhoneOf(person: Phone): Promise<Phone> {
  const lost = await town.enrol((await invite(person, person.person)).card)
  await approve(person, lost.device)
  await sync(lost)
  return lost
}

const loseIt = (lost: Phone) =>
  revoke(olga, { what: 'device', subject: lost.device, reason: 'lost' })

test('A receipt of a phone that was lost proves no delivery', async () => {
  const lost = await lostPhoneOf(malte)
  const said = (victim: Victim) => receipt(victim, { device: lost.device }, lost)
  assert.equal(await withReceipt(said), 'received')
  await loseIt(lost)
  assert.equal(await withReceipt(said), 'waiting')
})

/** What a phone of Malte's says to the alert, as it travels. */
function answerBy(phone: Phone, seq: number, choice: number, to?: Uint8Array): Uint8Array {
  const [key] = known(olga, all).respKeys
  assert.ok(key !== undefined)
  const { org } = phone.core.replica.identity
  const context = { org, signer: phone.device, t: town.clock.now() }
  const { person } = malte
  const sending = { context, alert, person, seq, respEpoch: key.epoch, respPk: to ?? key.publicKey }
  const words = { choice, etaMinutes: 0, text: '' }
  return sealAnswer(sending, words, phone.core.replica.pair.secretKey)
}

const rowOf = async (victim: Victim) => {
  const rows = await victim.core.run(() => rollCall(victim.core, alert))
  const row = rows.find(({ person }) => idText(person) === idText(malte.person))
  assert.ok(row !== undefined)
  const { state, answer: said, doubtful, removed } = row
  return { state, said, doubtful, removed }
}

test('What a lost phone said last is told beside what counts, and that it is lost', async () => {
  const lost = await lostPhoneOf(malte)
  const [victim, unaware] = [await siege.victim(olga), await siege.victim(olga)]
  const [safe, help] = [answerBy(malte, 1000, 0), answerBy(lost, 1001, 1)]
  await shown(victim, entryFrame(1, safe))
  await shown(unaware, entryFrame(1, safe))
  await loseIt(lost)
  await caughtUp(victim)
  await shown(victim, entryFrame(2, help))
  const counts = { state: 'answered', said: 'safe', removed: false }
  assert.deepEqual(await rowOf(victim), { ...counts, doubtful: 'need help' })
  // A box that shows the answer before the removal: it counts, and the removal is told.
  unaware.network.showing((honest) => [entryFrame(2, help), ...honest], 1)
  await caughtUp(unaware)
  const told = { state: 'answered', said: 'need help', removed: true, doubtful: null }
  assert.deepEqual(await rowOf(unaware), told)
})

test('What nobody has signed is no answer of a lost phone either', async () => {
  const lost = await lostPhoneOf(malte)
  const answered = answerBy(lost, 4_000_000_000, 1)
  await loseIt(lost)
  const victim = await siege.victim(olga)
  const log = alert as Uint8Array as LogId
  const forged = flipped(answered, decodeEntry(answered).header.length - 1)
  await shown(victim, entryFrame(headOf(victim, log) + 1, forged))
  assert.equal((await rowOf(victim)).doubtful, null)
  assert.ok((await toldBy(victim)).codes.includes('bad_signature'))
})

test('A box that lets the answers begin with something else hides none of them', async () => {
  const victim = await siege.victim(olga)
  const safe = answerBy(malte, 2_000_000_000, 0)
  const junk = message(malte, all, 'x', { context: { log: alert as Uint8Array as LogId } })
  await shown(victim, entryFrame(2, safe), entryFrame(1, junk), entryFrame(1, safe))
  assert.equal((await rowOf(victim)).said, 'safe')
  assert.deepEqual((await toldBy(victim)).codes.includes('malformed'), true)
  const again = await reopened(victim)
  again.network.showing((honest) => honest.filter(({ type }) => type !== 'entry'))
  assert.equal((await rowOf(again)).said, 'safe')
})

for (const [what, bytes] of USELESS) {
  test(`A receipt ${what} proves no delivery`, async () => {
    assert.equal(await withReceipt(bytes), 'waiting')
  })
}

test('The newest answer of a person counts, however the box orders them', async () => {
  await sync(malte)
  await answer(malte, alert, 'need help')
  town.clock.advance(5_000)
  await answer(malte, alert, 'in the lift', 20)
  const victim = await siege.victim()
  const rows = await victim.core.run(() => rollCall(victim.core, alert))
  const row = rows.find(({ person }) => idText(person) === idText(malte.person))
  assert.deepEqual([row?.state, row?.answer], ['answered', 'in the lift (20 min)'])
  victim.core.replica.keys.delete(await responseEpoch(victim))
  assert.equal(await stateOf(victim, malte), 'received', 'without the key nothing is made up')
})

const responseEpoch = async (victim: Victim) => {
  const { content } = await findAlert(victim.core, alert)
  return content.respEpoch
}

test('An alert needs an audience', async () => {
  const victim = await siege.victim()
  const alerting = victim.core.run(() => enqueueAlert(victim.core, known(victim, team), 'Fire'))
  await assert.rejects(alerting, { code: 'usage' })
  assert.deepEqual(await waiting(victim.core), [])
})

/** As a publisher who lies, or knows no better, would name it. */
function responseKey(ak0: Uint8Array): Uint8Array {
  const [current] = known(olga, all).respKeys
  assert.ok(current !== undefined)
  const { channel, epoch } = current
  const publicKey = responsePublic(ak0, all)
  const data = encodeOperationData({ kind: 'respkey', channel, epoch, publicKey })
  return operation(olga, all, KIND.respkey, { data })
}

test('No alert goes out under a response key that contradicts its channel', async () => {
  const victim = await siege.victim()
  const n = headOf(victim, all)
  await shown(victim, entryFrame(n + 1, responseKey(seed('false'))))
  const audience = known(victim, all)
  assert.equal(audience.respKeys.length, 2)
  const [, lie] = audience.respKeys
  await victim.core.run(() => enqueueAlert(victim.core, audience, 'Fire'))
  audience.respKeys.splice(0, 2, lie as NonNullable<typeof lie>)
  const alerting = victim.core.run(() => enqueueAlert(victim.core, audience, 'Fire'))
  await assert.rejects(alerting, { code: 'no_key' })
})

test('What is no alert of this person cannot be answered', async () => {
  const victim = await siege.victim()
  const nothing = seededId<MessageId>('no alert')
  const answering = victim.core.run(() => enqueueAnswerTo(victim.core, nothing, 'safe'))
  await assert.rejects(answering, { code: 'not_found' })
  await assert.rejects(
    victim.core.run(() => rollCall(victim.core, nothing)),
    { code: 'not_found' },
  )
})

test('A choice is found whatever its case, and other words travel as they are', async () => {
  const victim = await siege.victim()
  await victim.core.run(() => enqueueAnswerTo(victim.core, alert, ' SAFE '))
  town.clock.advance(2_000)
  const { sent } = await victim.core.run(() => drain(victim.core))
  assert.equal(sent.length, 1)
  const reader = await siege.victim(olga)
  const rows = await reader.core.run(() => rollCall(reader.core, alert))
  const row = rows.find(({ person }) => idText(person) === idText(anna.person))
  assert.equal(row?.answer, 'safe')
  const unknown = seededId<LogId>('unknown')
  assert.equal(reader.core.replica.channels.get(unknown), undefined)
})

test('An alert under the id of another audience’s alert draws no answers to itself', async () => {
  const victim = await siege.victim()
  const other = await audience(olga, 'Night shift', anna, malte)
  await caughtUp(victim)
  const respKey = known(victim, other).respKeys.at(-1)
  assert.ok(respKey !== undefined)
  const content = {
    type: 'alert' as const,
    severity: 3 as const,
    respChannel: respKey.channel,
    respEpoch: respKey.epoch,
    answers: ['yes', 'no'],
    text: 'the copy',
  }
  await caughtUp(olga)
  const copy = message(olga, other, content, { kind: KIND.alert, mid: alert })
  await assert.rejects(post(olga, copy), { code: 'mid_conflict' }, 'the box refuses it')
  await shown(victim, entryFrame(headOf(victim, other) + 1, copy))
  const told = await toldBy(victim)
  assert.ok(!told.texts.includes('the copy'))
  assert.deepEqual(told.codes, ['mid_conflict'])
  const found = await victim.core.run(() => findAlert(victim.core, alert))
  assert.equal(idText(found.channel), idText(all))
})

test('An answer that names no choice of the alert is told as that', async () => {
  const victim = await siege.victim(olga)
  const log = alert as Uint8Array as LogId
  await shown(victim, entryFrame(headOf(victim, log) + 1, answerBy(malte, 3_000_000_000, 9)))
  assert.equal((await rowOf(victim)).said, 'choice 9')
})

test('An answer that does not open says nothing, and the one before it counts', async () => {
  const victim = await siege.victim(olga)
  const log = alert as Uint8Array as LogId
  const safe = answerBy(malte, 3_000_000_000, 0)
  const closed = answerBy(malte, 3_000_000_001, 1, xwingPublic(seed('another')))
  const n = headOf(victim, log)
  await shown(victim, entryFrame(n + 1, safe), entryFrame(n + 2, closed))
  assert.equal((await rowOf(victim)).said, 'safe')
})

test('Nobody alerts before the coordinators have keys that a removed one does not hold', async () => {
  const victim = await siege.victim(olga)
  const response = known(victim, all).respKeys.at(-1)?.channel
  assert.ok(response !== undefined)
  const leaver = operation(olga, response, KIND.remove, { subjects: [anna.person] })
  await shown(victim, entryFrame(headOf(victim, response) + 1, leaver))
  await victim.core.run(() => readyForAnswers(victim.core, known(victim, all)))
  const posted = victim.network.requests('entries').flatMap(({ items }) => items)
  assert.ok(posted.some(({ entry }) => decodeEntry(entry).kind === KIND.announce))
})

test('A publisher who does not coordinate leaves the response key to those who do', async () => {
  const log = await audience(olga, 'Night shift', malte)
  await olga.act((core) => setRole(core, log, [malte.person], CHANNEL_ROLE.publisher))
  const victim = await siege.victim(malte)
  await victim.core.run(() => publishResponseKeys(victim.core))
  assert.deepEqual(victim.network.requests('entries'), [])
  assert.equal(known(victim, log).respKeys.length, 1)
})
