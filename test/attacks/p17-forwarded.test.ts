// What somebody said to one circle, shown to another as if it had been said there.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { sealAnswer } from '../../protocol/answer-keys.ts'
import { concat } from '../../protocol/bytes.ts'
import { type Content, encodeContent, SEVERITY } from '../../protocol/content.ts'
import { decodeEntry, type EntryOf } from '../../protocol/entry.ts'
import { asId, type LogId, type MessageId } from '../../protocol/ids.ts'
import { KIND, type MessageKind } from '../../protocol/kinds.ts'
import { openMessage } from '../../protocol/message-keys.ts'
import { messageBody } from '../../protocol/payload.ts'
import { ForgingBox } from '../helpers/forging-box.ts'
import { captive, caughtUp, keysOf, known, message, Siege } from '../helpers/hostile.ts'
import { seededId } from '../helpers/seed.ts'
import { alert, answer, direct, read, rollCall, say, sync } from '../helpers/town.ts'
import { attack, thwarted } from './attack.ts'
import { messageKeyOf, sealByHand } from './reseal.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, anna, malte, team, all } = siege
const SECRET = 'We close the plant on Friday'
const LOG_AT = 20

const pair = await direct(olga, malte)
await say(olga, pair, SECRET)
await sync(malte)
await caughtUp(olga)
const honest = await ForgingBox.like(olga, town.box.context.box)
const said = honest.logs.get(pair)?.entries.at(-1) ?? assert.fail()
const genuine = decodeEntry(said) as EntryOf<MessageKind>

const over = (bytes: Uint8Array, at: number, what: Uint8Array): Uint8Array =>
  concat(bytes.subarray(0, at), what, bytes.subarray(at + what.length))

/** Malte seals Olga's words anew, under the keys of the team, with whatever signature he has. */
function resealed(signed: 'by him' | 'with hers'): Uint8Array {
  const [key] = keysOf(malte, pair)
  assert.ok(key !== undefined)
  const { n: refN, h: refH } = honest.headAt(team)
  const context = { ...genuine.prefix, log: team, refN, refH }
  const { mid } = genuine.fields
  const plain = encodeContent({ type: 'text', text: SECRET, replyTo: null })
  const keys = keysOf(malte, team)
  const draft = { kind: KIND.text, context, seq: 1_000, mid, ttl: 0, keys, plain }
  const messageKeys = [messageKeyOf(said, key)]
  const bytes = sealByHand({ ...draft, messageKeys }, malte.core.replica.pair.secretKey)
  if (signed === 'by him') return bytes
  return over(bytes, decodeEntry(bytes).signed.length, genuine.sig)
}

/** Olga's own header, and wraps that the team can open. */
function rewrapped(): Uint8Array {
  const copy = decodeEntry(resealed('by him')) as EntryOf<MessageKind>
  const wraps = (copy.payload ?? assert.fail()).subarray(0, 66)
  return concat(genuine.header, wraps, messageBody(genuine))
}

const FORWARDED: [string, () => [LogId, Uint8Array]][] = [
  ['as it is', () => [team, said]],
  ['with the name of the channel written over', () => [team, over(said, LOG_AT, team)]],
  ['sealed anew, with her signature', () => [team, resealed('with hers')]],
  ['sealed anew, with another signature', () => [team, resealed('by him')]],
  ['under her header, for other readers', () => [team, rewrapped()]],
  ['under her header, in its own channel', () => [pair, rewrapped()]],
]

attack('P17', 'What was said to one person is not shown to a team as said to them', async () => {
  for (const [how, forward] of FORWARDED) {
    const box = honest.fork()
    const victim = await captive(anna, box)
    await caughtUp(victim)
    const [log, bytes] = forward()
    box.appendTo(log, bytes)
    await caughtUp(victim)
    const texts = await read(victim, team)
    thwarted(texts.includes(SECRET), `the team reads what Olga never told it: ${how}`)
  }
  return { ways: FORWARDED.length }
})

const KIND_AT = 1

/** A member of the audience knows the key of the message, and seals it anew as an alert. */
function rung(exercise: Uint8Array): Uint8Array {
  const { prefix, fields } = decodeEntry(exercise) as EntryOf<MessageKind>
  const keys = keysOf(malte, all)
  const [key] = keys
  assert.ok(key !== undefined)
  const entry = decodeEntry(exercise) as EntryOf<MessageKind>
  const plain = openMessage(entry, () => key.ak) ?? assert.fail()
  const { seq, mid, ttl } = fields
  const draft = { kind: KIND.alert, context: prefix, seq, mid, ttl, keys, plain }
  const messageKeys = [messageKeyOf(exercise, key)]
  return sealByHand({ ...draft, messageKeys }, malte.core.replica.pair.secretKey)
}

attack('P17', 'An exercise is never shown as an alert, and no text rings', async () => {
  await alert(olga, all, 'Exercise: gather at gate 2', { exercise: true })
  await caughtUp(olga)
  const box = await ForgingBox.like(olga, town.box.context.box)
  const exercise = box.logs.get(all)?.entries.at(-1) ?? assert.fail()
  box.cut(all, box.headAt(all).n - 1)
  const text = message(olga, all, 'Good morning')
  const lies = [
    rung(exercise),
    over(exercise, KIND_AT, Uint8Array.of(KIND.alert)),
    over(text, KIND_AT, Uint8Array.of(KIND.alert)),
    over(text, KIND_AT, Uint8Array.of(KIND.exercise)),
  ]
  for (const lie of lies) {
    const forged = box.fork()
    const victim = await captive(malte, forged)
    await caughtUp(victim)
    const before = known(victim, all).alerts.size
    forged.append(lie)
    await caughtUp(victim)
    thwarted(known(victim, all).alerts.size > before, 'the phone rings')
  }
  return { ways: lies.length }
})

attack('P17', 'An answer to one alert does not count for another', async () => {
  const [current] = known(olga, all).respKeys
  assert.ok(current !== undefined)
  await answer(malte, siege.alert, 'need help')
  await caughtUp(olga)
  const box = await ForgingBox.like(olga, town.box.context.box)
  const mid = seededId<MessageId>('another alert')
  const { channel: respChannel, epoch: respEpoch } = current
  const content: Content = {
    type: 'alert',
    severity: SEVERITY.critical,
    respChannel,
    respEpoch,
    answers: ['safe', 'need help'],
    text: 'Are you well?',
  }
  box.append(message(olga, all, content, { kind: KIND.alert, mid }))
  const old = box.logs.get(asId<LogId>(siege.alert))?.entries ?? []
  assert.equal(old.length, 1)
  // A coordinator has read the answer, and seals the same words anew for the other alert.
  const { org } = olga.core.replica.identity
  const sending = {
    context: { org, signer: malte.device, t: town.clock.now() },
    alert: mid,
    person: malte.person,
    seq: 2_000_000_000,
    respEpoch,
    respPk: current.publicKey,
  }
  const words = { choice: 1, etaMinutes: 0, text: '' }
  const lies = [
    ...old,
    ...old.map((bytes) => over(bytes, LOG_AT, mid)),
    sealAnswer(sending, words, anna.core.replica.pair.secretKey),
  ]
  for (const bytes of lies) {
    const forged = box.fork()
    forged.appendTo(asId<LogId>(mid), bytes)
    const rows = await rollCall(await captive(olga, forged), mid)
    const answered = rows.filter(({ state }) => state === 'answered')
    thwarted(answered.length > 0, 'Malte is counted as having answered')
  }
  return { answers: lies.length }
})
