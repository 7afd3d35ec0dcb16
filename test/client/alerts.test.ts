// Alerts and the roll call with a box that lies: only signed answers and receipts count.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { enqueueAlert, enqueueAnswerTo, findAlert, rollCall } from '../../client/alerts.ts'
import { drain, waiting } from '../../client/outbox.ts'
import { responsePublic } from '../../protocol/epoch-keys.ts'
import { idText, type LogId, type MessageId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
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
  shown,
  Siege,
  toldBy,
  type Victim,
} from '../helpers/hostile.ts'
import { flipped, seed, seededBytes, seededHash, seededId } from '../helpers/seed.ts'
import { answer, audience, type Phone, sync } from '../helpers/town.ts'

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
  const value = { org, log: all, device: malte.device, upto: n, h, miss: 0, t: town.clock.now() }
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
  ['of a phone that could not open it', (victim) => receipt(victim, { miss: alertPlace(victim) })],
  ['that is noise', () => seededBytes('noise', 172)],
]
const alertPlace = (victim: Victim): number => known(victim, all).alerts.get(alert) ?? 0
const earlier = (victim: Victim): Uint8Array => {
  const upto = alertPlace(victim) - 1
  const h = victim.core.replica.hashes.get(all)?.[upto]
  assert.ok(h !== undefined)
  return receipt(victim, { upto, h })
}
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
