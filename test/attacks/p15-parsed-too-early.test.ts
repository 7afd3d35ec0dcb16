// Whoever can make a phone look into a message before it knows who wrote it, or can tell from outside at which
// step it gave up, learns by asking often enough.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { takeIn } from '../../client/pull.ts'
import { tidy } from '../../client/upkeep.ts'
import { concat } from '../../protocol/bytes.ts'
import { encodeContent } from '../../protocol/content.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import type { OrgId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import { randomBytes } from '../../protocol/sodium.ts'
import {
  entryFrame,
  headOf,
  keysOf,
  message,
  Siege,
  toldBy,
  type Victim,
} from '../helpers/hostile.ts'
import { flipped, seed, seededId } from '../helpers/seed.ts'
import { attack, thwarted } from './attack.ts'
import { CountedCalls } from './counted-calls.ts'
import { sealByHand } from './reseal.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { olga, malte, team } = siege
const counted = await CountedCalls.start()
after(() => counted.stop())

/** What looks into the sealed part of a message, and what parses what it finds there. */
const LOOKING = { openMessage: 'protocol/message-keys.ts', aeadOpen: 'protocol/sodium.ts' }
const PARSING = { decodeContent: 'protocol/content.ts' }
const ALL = { ...LOOKING, ...PARSING }

const genuine = (): Uint8Array => message(malte, team, 'as it should be')
const headerOf = (bytes: Uint8Array): number => decodeEntry(bytes).header.length
const byHand = (change: Partial<Parameters<typeof sealByHand>[0]>): Uint8Array => {
  const draft = {
    kind: KIND.text,
    context: malte.core.context(team),
    seq: 800,
    mid: randomBytes(16) as never,
    ttl: 0,
    keys: keysOf(malte, team),
    plain: encodeContent({ type: 'text', text: 'by hand', replyTo: null }),
    messageKeys: [seed('message key')],
  }
  return sealByHand({ ...draft, ...change }, malte.core.replica.pair.secretKey)
}

/** Not by whom it says, or not from here. */
const UNSIGNED: [string, () => Uint8Array][] = [
  ['another signature', () => flipped(genuine(), headerOf(genuine()) - 1)],
  ['another name', () => concat(genuine().subarray(0, 36), olga.device, genuine().subarray(52))],
  ['another header', () => flipped(genuine(), 101)],
  ['a stranger', () => message(malte, team, 'x', { context: { signer: seededId('stranger') } })],
  [
    'another organisation',
    () => message(malte, team, 'x', { context: { org: seededId<OrgId>('o') } }),
  ],
  ['another history', () => message(malte, team, 'x', { context: { refH: seed('h') as never } })],
]

/** Rightly signed, and not what the keys of the channel open. */
const SEALED_WRONG: [string, () => Uint8Array][] = [
  ['another body', () => flipped(genuine(), genuine().length - 1)],
  ['another wrap', () => flipped(genuine(), headerOf(genuine()) + 40)],
  [
    'a false epoch key',
    () => byHand({ keys: keysOf(malte, team).map((k) => ({ ...k, ak: seed('no') })) }),
  ],
  ['a body under another key', () => byHand({ body: () => randomBytes(272) })],
  ['a false commitment', () => falseCommitment()],
]

function falseCommitment(): Uint8Array {
  const keys = keysOf(malte, team)
  const [first] = keys
  assert.ok(first !== undefined)
  const prefix = (bytes: Uint8Array): Uint8Array => {
    const copy = bytes.slice()
    copy.set(seed('another commitment'), 131)
    return copy
  }
  return byHand({ prefix })
}

async function shownTo(victim: Victim, bytes: Uint8Array): Promise<Record<string, number>> {
  const frame = entryFrame(headOf(victim, team) + 1, bytes)
  await counted.since(ALL)
  await victim.core.run(() => takeIn(victim.core, [frame]))
  return counted.since(ALL)
}

attack('P15', 'Nothing inside a message is touched before its signature counts', async () => {
  for (const [what, bytes] of UNSIGNED) {
    const calls = await shownTo(await siege.victim(), bytes())
    const looked = Object.values(calls).reduce((sum, one) => sum + one, 0)
    thwarted(looked > 0, `the phone looks into a message with ${what}: ${JSON.stringify(calls)}`)
  }
  return { messages: UNSIGNED.length, calls: 0 }
})

attack('P15', 'Nothing inside a message is parsed before its seal is whole', async () => {
  for (const [what, bytes] of SEALED_WRONG) {
    const { decodeContent } = await shownTo(await siege.victim(), bytes())
    thwarted(decodeContent !== 0, `the phone parses a message with ${what}`)
  }
  const { decodeContent } = await shownTo(await siege.victim(), genuine())
  assert.equal(decodeContent, 1, 'a good one is parsed, and that is counted')
  return { messages: SEALED_WRONG.length, calls: 0 }
})

/** What the phone says afterwards, as whoever watches the line sees it. */
async function outside(bytes: Uint8Array): Promise<string> {
  const victim = await siege.victim()
  await victim.core.run(() => takeIn(victim.core, [entryFrame(headOf(victim, team) + 1, bytes)]))
  victim.network.asked.length = 0
  victim.network.lie('receipt', () =>
    Promise.resolve(new Response(null, { headers: { 'holdfast-window': 'A'.repeat(22) } })),
  )
  await victim.core.run(() => tidy(victim.core))
  const { codes, texts } = await toldBy(victim)
  assert.equal(codes.length, 1)
  assert.deepEqual(texts, [])
  return victim.network.asked.map(({ path, body }) => `${path} ${body.length}`).join('\n')
}

attack('P15', 'From outside nobody can tell at which step a phone gave up', async () => {
  const seen = new Map<string, string[]>()
  for (const [what, bytes] of [...UNSIGNED, ...SEALED_WRONG]) {
    const line = await outside(bytes())
    seen.set(line, [...(seen.get(line) ?? []), what])
  }
  thwarted(seen.size > 1, `the line tells them apart: ${JSON.stringify([...seen])}`)
  return { failures: UNSIGNED.length + SEALED_WRONG.length, answers: seen.size }
})
