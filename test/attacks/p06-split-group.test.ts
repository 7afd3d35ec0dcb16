// The box splits a group in two and tells each half a history of its own, for a day. Inside a half nothing is
// wrong; the first message that crosses betrays it, and what proves it can be shown to anybody.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { type Evidence, evidence } from '../../client/evidence.ts'
import { takeIn } from '../../client/pull.ts'
import { openHead } from '../../protocol/box-report.ts'
import { equal, toHex } from '../../protocol/bytes.ts'
import { nextHead, type Head, stub } from '../../protocol/chain.ts'
import { decode } from '../../protocol/codec.ts'
import { decodeHeader, verifyEntry } from '../../protocol/entry.ts'
import type { LogId } from '../../protocol/ids.ts'
import { ForgingBox } from '../helpers/forging-box.ts'
import { captive, caughtUp, toldBy } from '../helpers/hostile.ts'
import {
  channel,
  HOUR,
  ORG,
  OWNER,
  type Phone,
  read,
  say,
  sync,
  syncAll,
  Town,
  welcome,
} from '../helpers/town.ts'
import { attack, thwarted } from './attack.ts'

const town = new Town()
await town.found(ORG, OWNER)
await town.start()
after(() => town.clear())
const olga = await town.owner()
const names = ['Anna', 'Berta', 'Carla', 'Doris', 'Malte']
const others: Phone[] = []
for (const name of names) others.push(await welcome(town, olga, `${name} Beispiel`))
const team = await channel(olga, 'Crisis team', ...others)
await syncAll(...others, olga)
const boxKey = town.box.context.box

type Half = { box: ForgingBox; phones: Phone[] }

async function split(): Promise<[Half, Half]> {
  const box = await ForgingBox.like(olga, boxKey)
  const halves = [box, box.fork()] as const
  const [left, right] = [[olga, ...others.slice(0, 2)], others.slice(2)]
  const on = (half: ForgingBox, phones: Phone[]): Promise<Phone[]> =>
    Promise.all(phones.map((phone) => captive(phone, half)))
  return [
    { box: halves[0], phones: await on(halves[0], left) },
    { box: halves[1], phones: await on(halves[1], right) },
  ]
}

/** Each hour somebody of each half writes, and everybody catches up. */
async function aDay(halves: Half[]): Promise<void> {
  for (let hour = 0; hour < 24; hour++) {
    town.clock.advance(HOUR)
    for (const { phones } of halves) {
      const writer = phones[hour % phones.length] ?? assert.fail()
      await say(writer, team, `hour ${hour}`)
      for (const phone of phones) await sync(phone)
    }
  }
}

const lastOf = ({ box }: Half): Uint8Array => box.logs.get(team)?.entries.at(-1) ?? assert.fail()

async function untroubled(half: Half): Promise<void> {
  for (const phone of half.phones) {
    assert.deepEqual((await toldBy(phone)).codes, [], 'the halves cannot see it by themselves')
    assert.equal((await read(phone, team)).filter((text) => text.startsWith('hour')).length, 24)
  }
}

const halves = await split()
await aDay(halves)
for (const half of halves) await untroubled(half)
const [left, right] = halves

async function afterwards(half: Half, lie: (box: ForgingBox) => void): Promise<Phone[]> {
  const box = half.box.fork()
  lie(box)
  const phones: Phone[] = []
  for (const phone of half.phones) {
    const again = await captive(phone, box)
    await caughtUp(again)
    phones.push(again)
  }
  return phones
}

const CROSSINGS: [string, Half, (box: ForgingBox) => void][] = [
  ['the newest message of the other half', left, (box) => void box.append(lastOf(right))],
  ['a message of the other half', right, (box) => void box.append(lastOf(left))],
]

attack(
  'P6',
  'The first message that crosses from one half to the other is an alarm for everybody',
  async () => {
    let alarmed = 0
    for (const [what, half, lie] of CROSSINGS) {
      for (const phone of await afterwards(half, lie)) {
        const told = await toldBy(phone)
        thwarted(!told.codes.includes('unknown_head'), `nobody notices ${what}`)
        alarmed++
      }
    }
    return { hours: 24, phones: alarmed }
  },
)

attack('P6', 'A signed head of the other half is an alarm for everybody', async () => {
  const place = left.box.headAt(team).n
  let alarmed = 0
  for (const phone of await afterwards(left, () => {})) {
    const head = { type: 'head', bytes: right.box.signedHead(team, place) } as const
    await phone.core.run(() => takeIn(phone.core, [head]))
    const { codes } = await toldBy(phone)
    thwarted(!codes.includes('forked'), 'nobody notices the head')
    alarmed++
  }
  return { phones: alarmed }
})

/** What somebody concludes who knows nothing but the key of the box and, for entries, that of the signer. */
function convicts(shown: Evidence, signPk: Uint8Array): boolean {
  if (shown.head === null) return false
  const head = openHead(shown.head, boxKey.publicKey)
  const chain = new Map<number, Head>([[shown.from, { n: shown.from, h: shown.h }]])
  let last: Head = { n: shown.from, h: shown.h }
  for (const bytes of shown.stubs) {
    last = nextHead(last, decode(stub, bytes, 49))
    chain.set(last.n, last)
  }
  // The box has signed for this chain.
  if (last.n !== head.n || !equal(last.h, head.h)) return false
  const other = contraryTo(shown.contrary, signPk)
  const here = chain.get(other.n)
  return here === undefined ? other.n >= shown.place : !equal(here.h, other.h)
}

function contraryTo(bytes: Uint8Array, signPk: Uint8Array): Head {
  if (bytes[1] === 98) return openHead(bytes, boxKey.publicKey)
  const entry = decodeHeader(bytes)
  verifyEntry(entry, signPk)
  return { n: entry.prefix.refN, h: entry.prefix.refH }
}

const evidenceOf = (phone: Phone, log: LogId): Promise<Evidence[]> =>
  phone.core.run(async () => (await evidence(phone.core)).filter((one) => equal(one.log, log)))

attack('P6', 'What proves the split can be shown to anybody, also after a restart', async () => {
  const signers = new Map(
    others.concat(olga).map(({ device, core }) => [toHex(device), core.replica.pair.publicKey]),
  )
  let rows = 0
  const place = left.box.headAt(team).n
  for (const phone of await afterwards(left, (box) => void box.append(lastOf(right)))) {
    const head = { type: 'head', bytes: right.box.signedHead(team, place) } as const
    await phone.core.run(() => takeIn(phone.core, [head]))
    const again = await captive(phone, left.box)
    const shown = await evidenceOf(again, team)
    thwarted(shown.length < 2, 'nobody can show what happened')
    for (const one of shown) {
      const signer = toHex(decodeSigner(one.contrary))
      const convicted = convicts(one, signers.get(signer) ?? new Uint8Array(32))
      thwarted(!convicted, 'the proof does not convince')
      rows++
    }
  }
  const honest = await captive(left.phones[0] ?? assert.fail(), left.box)
  assert.deepEqual(await evidenceOf(honest, team), [], 'without a split there is none')
  return { rows, heads: 2 }
})

const decodeSigner = (bytes: Uint8Array): Uint8Array => bytes.subarray(36, 52)
