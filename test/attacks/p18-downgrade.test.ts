// Somebody persuades a phone to take less than it would: an older version, a withdrawn suite, unknown flags, or
// old keys because the new ones were kept from it. Everything is rightly signed by a member who takes part.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { concat } from '../../protocol/bytes.ts'
import { openHead, signHead } from '../../protocol/box-report.ts'
import { encodeContent } from '../../protocol/content.ts'
import { decodeEntry, type Entry, signLabel } from '../../protocol/entry.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { openHistory, sealHistory } from '../../protocol/history-keys.ts'
import { KIND } from '../../protocol/kinds.ts'
import { sign, type SignLabel } from '../../protocol/labels.ts'
import { decodePrekey, type Prekey, signPrekey, verifyPrekey } from '../../protocol/prekey.ts'
import { decodeReceipt, signReceipt, verifyReceipt } from '../../protocol/receipt.ts'
import { decodeRequestSignature, signRequest, verifyRequest } from '../../protocol/request.ts'
import { randomBytes } from '../../protocol/sodium.ts'
import { ForgingBox } from '../helpers/forging-box.ts'
import {
  captive,
  caughtUp,
  entryFrame,
  headOf,
  keysOf,
  operation,
  prekeyOf,
  shown,
  Siege,
  toldBy,
} from '../helpers/hostile.ts'
import { add, channel, DAY, invite, remove, say, sync } from '../helpers/town.ts'
import { attack, thwarted } from './attack.ts'
import { believed, deceived } from './believed.ts'
import { sealByHand } from './reseal.ts'
import { Spy } from './spy.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, anna, malte, team } = siege
const secretOf = (phone: typeof olga): Uint8Array => phone.core.replica.pair.secretKey
const at = (bytes: Uint8Array, index: number, value: number): Uint8Array => {
  const copy = bytes.slice()
  copy[index] = value
  return copy
}

const VERSION_AT = 0
const SUITE_AT = 2
const FLAGS_AT = 3
const ERA_AT = 53
/** What no device of this version may take. */
const LESS: [string, number, number][] = [
  ...[0, 2, 255].map((value): [string, number, number] => ['version', VERSION_AT, value]),
  ...[0, 1, 3, 255].map((value): [string, number, number] => ['suite', SUITE_AT, value]),
  ...[0x01, 0x02, 0x40, 0x80, 0xff].map((v): [string, number, number] => ['flags', FLAGS_AT, v]),
  ['era', ERA_AT, 1],
]

attack('P18', 'A message of another version or a withdrawn suite is not shown', async () => {
  for (const [what, index, value] of LESS) {
    const victim = await siege.victim()
    const draft = {
      kind: KIND.text,
      context: malte.core.context(team),
      seq: 900,
      mid: randomBytes(16) as never,
      ttl: 0,
      keys: keysOf(malte, team),
      plain: encodeContent({ type: 'text', text: 'all is well', replyTo: null }),
      messageKeys: [randomBytes(32)],
    }
    const prefix = (bytes: Uint8Array): Uint8Array => at(bytes, index, value)
    const lie = sealByHand({ ...draft, prefix }, secretOf(malte))
    await shown(victim, entryFrame(headOf(victim, team) + 1, lie))
    const { texts } = await toldBy(victim)
    thwarted(texts.includes('all is well'), `a message with ${what} ${value} is shown`)
    const honest = sealByHand(draft, secretOf(malte))
    await shown(victim, entryFrame(headOf(victim, team) + 1, honest))
    assert.ok(
      (await toldBy(victim)).texts.includes('all is well'),
      'without the change it is shown',
    )
  }
  return { changes: LESS.length }
})

/** The same entry with one byte of its prefix changed, and signed again by whoever signed it. */
function resigned(
  bytes: Uint8Array,
  index: number,
  value: number,
  secretKey: Uint8Array,
): Uint8Array {
  const { signed, kind }: Entry = decodeEntry(bytes)
  const changed = at(signed, index, value)
  return concat(changed, sign(signLabel(kind), changed, secretKey))
}

attack('P18', 'An operation of another version or suite changes nothing', async () => {
  const { person } = await invite(olga, 'Nils Beispiel')
  await caughtUp(olga)
  const box = await ForgingBox.like(olga, town.box.context.box)
  for (const [what, index, value] of LESS) {
    const good = operation(olga, team, KIND.add, { subjects: [person] })
    const lie = resigned(good, index, value, secretOf(olga))
    const forged = box.fork()
    const { phone, believes } = await deceived(anna, forged, () => pretend(forged, lie))
    thwarted(believes, `an operation with ${what} ${value} counts`)
    forged.append(good)
    const before = believed(phone)
    await caughtUp(phone)
    assert.notEqual(believed(phone), before, 'without the change it counts')
  }
  return { changes: LESS.length }
})

/** Into the answer, but not into the chain: what does not decode has no place there. */
function pretend(box: ForgingBox, bytes: Uint8Array): void {
  const log = box.logs.get(team) ?? assert.fail()
  const honest = box.fetch
  let once = true
  box.fetch = async (...args) => {
    if (once) log.entries.push(bytes)
    const answer = await honest(...args)
    if (once) log.entries.pop()
    once = false
    return answer
  }
}

type Outside = {
  name: string
  bytes: Uint8Array
  label: SignLabel
  key: Uint8Array
  open: (b: Uint8Array) => void
  places: number[]
}

async function outside(): Promise<Outside[]> {
  const prekey = await prekeyOf(olga, malte)
  const raw = (await olga.core.line.call('prekeys', { devices: [malte.device] }, olga.core.signer))
    .prekeys[0]
  const { org } = olga.core.replica.identity
  const { publicKey } = malte.core.replica.pair
  const t = town.clock.now()
  const seed = [...malte.core.replica.prekeys.values()][0]?.seed ?? assert.fail()
  const head = { org, log: team, n: 1, h: olga.core.context(team).refH, t }
  const boxPair = town.box.context.box
  const receipt = { org, log: team, device: malte.device, upto: 1, h: head.h, gaps: [], t }
  const heading = { org, from: malte.device, t, to: prekey }
  const asked = {
    method: 'POST',
    host: 'box.example',
    target: '/v1/sync',
    body: new Uint8Array(0),
  } as const
  const who = { org, device: malte.device, window: new Uint8Array(16), nonce: new Uint8Array(16) }
  const key = secretOf(malte)
  return [
    {
      name: 'prekey',
      bytes: raw ?? assert.fail(),
      label: 'prekey',
      key,
      places: [0, 1],
      open: (b) => verifyPrekey(decodePrekey(b), publicKey),
    },
    {
      name: 'receipt',
      bytes: signReceipt(receipt, key),
      label: 'receipt',
      key,
      places: [0, 1],
      open: (b) => verifyReceipt(decodeReceipt(b), publicKey),
    },
    {
      name: 'history',
      bytes: sealHistory(heading, [], key),
      label: 'hist',
      key,
      places: [0, 1, 2, 3],
      open: (b) => void openHistory(b, publicKey, seed),
    },
    {
      name: 'head',
      bytes: signHead(head, boxPair.secretKey),
      label: 'head',
      key: boxPair.secretKey,
      places: [0, 1],
      open: (b) => void openHead(b, boxPair.publicKey),
    },
    {
      name: 'request',
      bytes: signRequest(who, asked, key),
      label: 'req',
      key,
      places: [0],
      open: (b) => verifyRequest(decodeRequestSignature(b), asked, publicKey),
    },
  ]
}

attack('P18', 'Nothing beside the logs is taken in another version or suite', async () => {
  let changes = 0
  for (const { name, bytes, label, key, open, places } of await outside()) {
    assert.doesNotThrow(() => open(bytes), `${name} is good as it is`)
    for (const index of places) {
      for (const value of [0, 1, 2, 3, 96, 97, 98, 99, 255]) {
        if (bytes[index] === value) continue
        changes++
        const unsigned = at(bytes, index, value).subarray(0, -64)
        let taken = true
        try {
          open(concat(unsigned, sign(label, unsigned, key)))
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error
          taken = false
        }
        thwarted(taken, `${name} with ${value} at byte ${index} is taken`)
      }
    }
  }
  return { changes }
})

attack('P18', 'Who is kept from the new keys does not write under the old ones', async () => {
  const { person } = await invite(olga, 'Norbert Beispiel')
  await add(olga, team, person)
  await sync(anna)
  await caughtUp(olga)
  const box = await ForgingBox.like(olga, town.box.context.box)
  const spy = new Spy()
  for (const { epoch, gen, ak } of keysOf(malte, team)) spy.keys.set(epoch, { gen, ak })
  const [manager, victim] = [await captive(olga, box), await captive(anna, box)]
  await caughtUp(victim)
  await remove(manager, team, malte.person)
  box.wraps.length = 0
  box.posted.length = 0
  const saying = say(victim, team, 'without Malte')
  const refused = await saying.then(
    () => false,
    (error: unknown) => error instanceof ProtocolError,
  )
  const bytes = spy.reads(box)
  thwarted(bytes > 0, 'Malte, who was removed, reads on')
  assert.ok(refused, 'it waits for the new keys')
  return { bytes }
})

attack(
  'P18',
  'An older key of a device is not sealed to by whoever has seen a newer one',
  async () => {
    const old = await prekeyOf(olga, anna)
    const { person } = await invite(olga, 'Nadja Beispiel')
    await add(olga, team, person)
    town.clock.advance(8 * DAY)
    for (const phone of [anna, olga]) await sync(phone)
    assert.ok((await prekeyOf(olga, anna)).pkid > old.pkid, 'Anna has a newer one')
    await say(olga, await channel(olga, 'Stadtwerke', anna), 'sealed to the newer one')
    const box = await ForgingBox.like(olga, town.box.context.box)
    const spy = new Spy()
    const found = anna.core.replica.prekeys.get(old.pkid)?.seed ?? assert.fail()
    spy.prekeySeeds.push(found)
    box.prekeys.set(anna.device, prekeyBytesOf(anna, old))
    const manager = await captive(olga, box)
    await remove(manager, team, person)
    await say(manager, team, 'for those who are in')
    const bytes = spy.reads(box)
    thwarted(bytes > 0, 'whoever found an old secret of a prekey reads on')
    return { bytes }
  },
)

function prekeyBytesOf(phone: typeof anna, prekey: Prekey): Uint8Array {
  const { ver: _ver, suite: _suite, sig: _sig, ...value } = prekey
  return signPrekey(value, secretOf(phone))
}
