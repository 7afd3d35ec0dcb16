// A member who writes what they may not: as somebody else, twice under one id, after their removal, under keys
// that are over, or somebody else's words. The box may help them.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { sealAnswer } from '../../protocol/answer-keys.ts'
import { bareItem } from '../../protocol/api.ts'
import { concat, equal } from '../../protocol/bytes.ts'
import { encodeContent } from '../../protocol/content.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { DeviceId, MessageId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import { seededId } from '../helpers/seed.ts'
import { ForgingBox } from '../helpers/forging-box.ts'
import { captive, caughtUp, keysOf, known, message, operation, Siege } from '../helpers/hostile.ts'
import {
  add,
  approve,
  invite,
  type Phone,
  read,
  remove,
  revoke,
  rollCall,
  say,
  sync,
} from '../helpers/town.ts'
import { attack, thwarted } from './attack.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, anna, malte, team } = siege
const LIE = 'do not come to work'

const { person: nils } = await invite(olga, 'Nils Beispiel')
await add(olga, team, nils)
await say(olga, team, 'Meet at gate 2')
for (const phone of [anna, malte, olga]) await sync(phone)
const honest = await ForgingBox.like(olga, town.box.context.box)

/** What Anna reads when the box shows her these entries. */
async function readsAnna(...entries: Uint8Array[]): Promise<string[]> {
  const box = honest.fork()
  const reader = await captive(anna, box)
  await caughtUp(reader)
  for (const bytes of entries) box.append(bytes)
  await caughtUp(reader)
  return read(reader, team)
}

/** Whether an honest box takes it from this phone. */
async function boxTakes(by: Phone, ...entries: Uint8Array[]): Promise<boolean> {
  try {
    await by.core.line.call('entries', { items: entries.map(bareItem) }, by.core.signer)
    return true
  } catch (error) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}

attack('M1', 'Nobody writes in the name of somebody else', async () => {
  const names: [string, DeviceId][] = [
    ['the owner', olga.device],
    ['the reader herself', anna.device],
    ['somebody who is not there', seededId<DeviceId>('nobody')],
  ]
  for (const [name, signer] of names) {
    const lie = message(malte, team, LIE, { seq: 700, context: { signer } })
    thwarted((await readsAnna(lie)).includes(LIE), `Malte writes as ${name}`)
    thwarted(await boxTakes(malte, lie), `the box takes a message of Malte as ${name}`)
  }
  return { names: names.length }
})

attack('M2', 'One message has one text, whoever reads it and however often it comes', async () => {
  const mid = seededId<MessageId>('one message')
  const first = message(malte, team, 'the first text', { mid, seq: 700 })
  const second = message(malte, team, 'the second text', { mid, seq: 701 })
  const texts = await readsAnna(first, second)
  assert.ok(texts.includes('the first text'))
  thwarted(texts.includes('the second text'), 'one message shows two texts')
  assert.ok(await boxTakes(malte, first))
  thwarted(await boxTakes(malte, second), 'the box takes a second text for a message')
  thwarted(!(await boxTakes(malte, first)), 'the same bytes once more are an error')
  return { texts: 2 }
})

attack('M5', 'Whoever was removed writes nothing more, with the keys from before', async () => {
  const removal = operation(olga, team, KIND.remove, { subjects: [malte.person] })
  const lie = message(malte, team, LIE, { seq: 710 })
  thwarted((await readsAnna(removal, lie)).includes(LIE), 'Malte writes on')
  const box = honest.fork()
  const manager = await captive(olga, box)
  await remove(manager, team, malte.person)
  const reader = await captive(anna, box)
  await caughtUp(reader)
  const { n: refN, h: refH } = box.headAt(team)
  box.append(message(malte, team, LIE, { seq: 711, context: { refN, refH } }))
  await caughtUp(reader)
  thwarted((await read(reader, team)).includes(LIE), 'Malte writes on after new keys')
  return { ways: 2 }
})

attack('M6', "Somebody else's words are not brought a second time, nor elsewhere", async () => {
  const said = honest.logs.get(team)?.entries.at(-1) ?? assert.fail()
  thwarted(await boxTakes(malte, said), "Malte brings Olga's message as his")
  const elsewhere = concat(said.subarray(0, 20), siege.all, said.subarray(36))
  thwarted(await boxTakes(malte, elsewhere), "Malte brings Olga's message to another channel")
  const texts = await readsAnna(said, elsewhere)
  thwarted(texts.filter((text) => text === 'Meet at gate 2').length > 1, 'it is shown twice')
  return { ways: 4 }
})

attack('M8', 'Nobody writes on under keys that somebody who was removed still holds', async () => {
  const removal = operation(olga, team, KIND.remove, { subjects: [nils] })
  const keys = keysOf(malte, team)
  const plain = encodeContent({ type: 'text', text: LIE, replyTo: null })
  const lie = message(malte, team, LIE, { seq: 720, keys, plain })
  thwarted(
    (await readsAnna(removal, lie)).includes(LIE),
    'Nils reads what is shown as written for the team',
  )
  assert.ok(await boxTakes(olga, removal))
  const late = message(malte, team, LIE, { seq: 721, keys, plain })
  thwarted(await boxTakes(malte, late), 'the box takes what Nils can read')
  return { ways: 2 }
})

attack('M5', 'A lost device that was removed answers no alert', async () => {
  const lost = await town.enrol((await invite(anna, anna.person)).card)
  await approve(anna, lost.device)
  await sync(lost)
  await revoke(olga, { what: 'device', subject: lost.device, reason: 'lost' })
  await caughtUp(olga)
  const box = await ForgingBox.like(olga, town.box.context.box)
  const [key] = known(olga, siege.all).respKeys
  assert.ok(key !== undefined)
  const sending = {
    context: { org: box.org, signer: lost.device, t: town.clock.now() },
    alert: siege.alert,
    person: anna.person,
    seq: 2_000_000_000,
    respEpoch: key.epoch,
    respPk: key.publicKey,
  }
  const words = { choice: 0, etaMinutes: 0, text: '' }
  box.append(sealAnswer(sending, words, lost.core.replica.pair.secretKey))
  const rows = await rollCall(await captive(olga, box), siege.alert)
  const answered = rows.find(({ person }) => equal(person, anna.person))?.state === 'answered'
  thwarted(answered, 'whoever found the phone answers for Anna')
  return { answers: 1 }
})
