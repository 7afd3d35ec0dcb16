// A box under fire: people on it who may sign, one good body of each route, and how it is judged.
import { revoke } from '../../client/people.ts'
import { pull } from '../../client/pull.ts'
import { upkeep } from '../../client/upkeep.ts'
import type { Core } from '../../client/core.ts'
import { bareItem } from '../../protocol/api.ts'
import type { DeviceId, EpochId, LogId } from '../../protocol/ids.ts'
import { fromPaper } from '../../protocol/card-text.ts'
import { cardKeys } from '../../protocol/card-secret.ts'
import { signPrekey } from '../../protocol/prekey.ts'
import { signReceipt } from '../../protocol/receipt.ts'
import { xwingPublic } from '../../protocol/sodium.ts'
import { must } from '../../scripts/fuzz/target.ts'
import { seed, seededBytes, seededHash, seededId } from '../helpers/seed.ts'
import {
  type Address,
  bodyOf,
  call,
  inviteOne,
  joinAs,
  joinWith,
  openGroup,
  sealedText,
} from '../server/kit.ts'
import { invite } from '../../client/people.ts'
import { Dice } from './dice.ts'
import { connectionsOf, type Fire, httpSamples, requestBytes } from './http-acts.ts'
import { exchange, judgeAnswer, readAnswers } from './wire.ts'

/** What a box may say about itself: which organisation, which card, which device, and nothing else. */
const LOG_KEYS = [
  'level',
  'time',
  'pid',
  'hostname',
  'msg',
  'org',
  'card',
  'device',
  'url',
  'organisations',
  'minutes',
]
const LOG_ID = /^[0-9a-f]{32}$/
const WARNING = 40

export type Cast = { signers: Core['signer'][]; samples: Uint8Array[]; owner: Core }

/** An owner, a member, somebody who waits and somebody who was removed; a channel with a message. */
export async function peopleOn(box: Address, card: string): Promise<Cast> {
  const owner = await joinWith(box, card)
  const member = await joinAs(box, owner, 'Milo Member')
  const gone = await joinAs(box, owner, 'Gerd Gegangen')
  await pull(owner)
  const { card: second } = await invite(member, { person: member.replica.identity.person })
  const waiting = await joinWith(box, second)
  const log = await openGroup(owner, [member])
  await pull(owner)
  await revoke(owner, { what: 'person', subject: gone.replica.identity.person })
  await upkeep(owner)
  const { card: open } = await inviteOne(owner, 'Olaf Offen')
  const signers = [owner, member, waiting, gone].map((core) => core.signer)
  return {
    signers,
    owner,
    samples: httpSamples(bodies(owner, log, fromPaper(open, 16)), signers.length),
  }
}

function bodies(owner: Core, log: LogId, secret: Uint8Array): Record<string, Uint8Array> {
  const { org, device, secretKey } = owner.signer
  const { n, h } = owner.replica.directory.head
  const t = owner.clock.now()
  const publicKey = xwingPublic(seed('fuzz prekey'))
  const prekey = signPrekey(
    { org, device, pkid: 9, notBefore: t, notAfter: t + 1, publicKey },
    secretKey,
  )
  const receipt = signReceipt(
    { org, log: owner.replica.directory.log, device, upto: n, h, gaps: [], t },
    secretKey,
  )
  const { lookup } = cardKeys(secret)
  const file = { log, file: seededHash('fuzz file') }
  const item = bareItem(sealedText(owner, log, 'Lage um 8 Uhr'))
  return {
    card: bodyOf('card', { lookup }),
    enrol: bodyOf('enrol', { org, lookup, items: [item], prekey }),
    entries: bodyOf('entries', { items: [item] }),
    wraps: bodyOf('wraps', {
      log,
      epoch: seededId<EpochId>('epoch'),
      gen: 0,
      wraps: [seededBytes('w', 1188)],
    }),
    sync: bodyOf('sync', { have: [{ log, n: 1 }], wrapsSeen: 0, parcels: [1] }),
    prekey: bodyOf('prekey', { prekey }),
    prekeys: bodyOf('prekeys', { devices: [device, seededId<DeviceId>('nobody')] }),
    receipt: bodyOf('receipt', { receipts: [receipt] }),
    receipts: bodyOf('receipts', { log }),
    fileOpen: bodyOf('fileOpen', { ...file, size: 700 }),
    filePut: bodyOf('filePut', { ...file, part: 0, bytes: seededBytes('part', 700) }),
    fileGet: bodyOf('fileGet', { ...file, part: 0 }),
    fileDrop: bodyOf('fileDrop', file),
    pushKey: bodyOf('pushKey', {}),
    pushPut: bodyOf('pushPut', {
      endpoint: 'https://updates.push.services.mozilla.com/wpush/v2/abc',
      p256dh: seededBytes('p256dh', 65),
      auth: seededBytes('auth', 16),
      chat: 1,
    }),
    pushTest: bodyOf('pushTest', {}),
    parcel: bodyOf('parcel', { to: device, bytes: seededBytes('parcel', 40) }),
  }
}

export type Tally = { answers: number; accepted: number; silent: number }

/** What was written, what came back, and whether that is how the box answers; on one connection or more. */
export async function fireAt(
  fire: Fire,
  input: Uint8Array,
  from: string,
  tally: Tally,
): Promise<void> {
  const copies = Array.from({ length: connectionsOf(input) }, async () => {
    const pieces = requestBytes(fire, new Dice(input))
    const { bytes, end } = await exchange(fire.port, pieces, from)
    const answers = readAnswers(bytes)
    for (const answer of answers) judgeAnswer(answer)
    tally.answers += answers.length
    tally.accepted += answers.filter(({ status }) => status === 200 || status === 101).length
    if (answers.length === 0) tally.silent++
    must(answers.length > 0 || end === 'waiting', 'the box closes a connection without a word')
  })
  await Promise.all(copies)
}

/** The box goes on serving. */
export async function stillServes(box: Address, owner: Core): Promise<void> {
  const input = { have: [], wrapsSeen: 0, parcels: [] }
  const { status, code } = await call(box, owner.signer, 'sync', input)
  must(status === 200 || code === 'rate_limited', `the box still serves: ${status} ${code}`)
}

/** Nothing but ids, and nothing that went wrong. */
export function judgeLog(lines: string[]): void {
  for (const line of lines.filter((one) => one.trim() !== '')) {
    must(line.startsWith('{'), `the log is JSON: ${line.slice(0, 200)}`)
    const entry = JSON.parse(line) as Record<string, unknown>
    must(Number(entry['level']) < WARNING, `nothing to warn of: ${line.slice(0, 600)}`)
    for (const [key, value] of Object.entries(entry)) {
      must(LOG_KEYS.includes(key), `the log says nothing of ${key}: ${line.slice(0, 200)}`)
      const id = ['org', 'card', 'device'].includes(key)
      must(!id || LOG_ID.test(String(value)), `${key} is an id`)
    }
  }
}
