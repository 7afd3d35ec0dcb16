// Messages that nobody is meant to see, sent to learn when a phone is on, or to wear its battery out.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { takeIn } from '../../client/pull.ts'
import { tidy } from '../../client/upkeep.ts'
import { receiptsOf } from '../../client/alerts.ts'
import { bareItem } from '../../protocol/api.ts'
import { equal } from '../../protocol/bytes.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { decodeFrame, type Frame } from '../../protocol/frames.ts'
import { KIND } from '../../protocol/kinds.ts'
import { covers, decodeReceipt } from '../../protocol/receipt.ts'
import { accepted, entryFrame, headOf, keysOf, known, message, Siege } from '../helpers/hostile.ts'
import { flipped } from '../helpers/seed.ts'
import {
  add,
  invite,
  type Phone,
  remove,
  say,
  sync,
  syncAll,
  until,
  welcome,
} from '../helpers/town.ts'
import { attack, thwarted, tries } from './attack.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, anna, malte, team } = siege
const wanda = await welcome(town, olga, 'Wanda Beispiel')
const rolf = await welcome(town, olga, 'Rolf Beispiel')
const { person: nils } = await invite(olga, 'Nils Beispiel')
await add(olga, team, rolf, nils)
await syncAll(rolf, anna, malte, olga)
const oldKeys = keysOf(rolf, team)
const fromBefore = (by: Phone): Uint8Array =>
  message(by, team, 'are you there?', { keys: oldKeys, seq: 90 })
await remove(olga, team, rolf)
await syncAll(anna, malte, olga)

/** Whatever comes on Anna's live line, except that it lives. */
async function listening(): Promise<{ heard: Frame[]; hangUp: () => void }> {
  const heard: Frame[] = []
  let greeted = false
  const hangUp = anna.core.line.live(
    anna.core.signer,
    (bytes) => {
      greeted = true
      const frame = decodeFrame(bytes)
      if (frame.type !== 'alive') heard.push(frame)
    },
    () => {},
  )
  await until(() => greeted, 'the line is open')
  return { heard, hangUp }
}

const inNameOf = (by: Phone, signer: Phone): Uint8Array =>
  message(by, team, 'are you there?', { seq: 91, context: { signer: signer.device } })

const header = (bytes: Uint8Array): number => decodeEntry(bytes).header.length
const genuine = message(malte, team, 'are you there?', { seq: 92 })

/** Who asks, and what the box is to do with it. */
const PROBES: [string, Phone, Uint8Array][] = [
  ['a message in the name of somebody else', malte, inNameOf(malte, olga)],
  ['a message with a false signature', malte, flipped(genuine, header(genuine) - 1)],
  ['a message with a false body', malte, flipped(genuine, genuine.length - 1)],
  ['a message of somebody who is not in the channel', wanda, inNameOf(malte, wanda)],
  ['a message of somebody who was removed', rolf, fromBefore(rolf)],
  ['a message under keys that are over', malte, fromBefore(malte)],
  [
    'an alert in a channel that does not ring',
    malte,
    message(malte, team, 'x', { kind: KIND.alert }),
  ],
]

async function refused(by: Phone, bytes: Uint8Array): Promise<boolean> {
  try {
    await by.core.line.call('entries', { items: [bareItem(bytes)] }, by.core.signer)
    return false
  } catch (error) {
    if (error instanceof ProtocolError) return true
    throw error
  }
}

async function receiptOf(phone: Phone, of: Phone): Promise<number> {
  const channel = known(phone, team)
  const receipts = await phone.core.run(() => receiptsOf(phone.core, channel))
  return Math.max(
    0,
    ...receipts.filter(({ device }) => equal(device, of.device)).map(({ upto }) => upto),
  )
}

attack('P10', 'A message that does not count wakes nobody and gets no receipt', async () => {
  const { heard, hangUp } = await listening()
  const before = await receiptOf(olga, anna)
  for (const [what, by, bytes] of PROBES) {
    const no = await refused(by, bytes)
    thwarted(!no, `the box takes ${what}`)
  }
  await say(malte, team, 'a real one')
  await until(() => heard.length > 0, 'the real one')
  const woken = heard.filter((frame) => frame.type !== 'entry' || !isText(frame))
  thwarted(heard.length > 1 || woken.length > 0, `the phone was woken ${heard.length} times`)
  assert.equal(await receiptOf(olga, anna), before, 'and has said nothing meanwhile')
  hangUp()
  return { probes: PROBES.length, wakeUps: heard.length - 1, receipts: 0 }
})

const isText = (frame: Frame): boolean =>
  frame.type === 'entry' && decodeEntry(frame.bytes).kind === KIND.text

attack(
  'P10',
  'A box that shows such messages learns no more than that the phone is on',
  async () => {
    await sync(anna)
    const victim = await siege.victim()
    const count = tries(1000, 200)
    const start = headOf(victim, team)
    victim.network.lie('receipt', () => Promise.resolve(accepted()))
    victim.network.asked.length = 0
    for (let i = 0; i < count; i++) {
      const [, , bytes] = PROBES[i % PROBES.length] ?? assert.fail()
      await victim.core.run(() => takeIn(victim.core, [entryFrame(start + 1 + i, bytes)]))
    }
    await victim.core.run(() => tidy(victim.core))
    await victim.core.run(() => tidy(victim.core))
    const asked = victim.network.asked.filter(({ path }) => path !== '/v1/receipt')
    const said = victim.network
      .requests('receipt')
      .flatMap(({ receipts }) => receipts.map(decodeReceipt))
    const mine = said.filter(({ log }) => equal(log, team))
    assert.equal(headOf(victim, team), start + count)
    thwarted(
      mine.some((one) => covers(one, start + 1) || covers(one, one.upto)),
      'a message that does not count is called delivered',
    )
    thwarted(mine.length > 1 || asked.length > 0, `the phone has answered ${mine.length} times`)
    return { probes: count, receipts: mine.length, calledDelivered: 0 }
  },
)
