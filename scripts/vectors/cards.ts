// What stands on paper, what a card's secret unfolds into, the blob that only the card opens, absences and releases.
import { cardKeys, openBlob, organisationOf, sealBlob } from '../../protocol/card-secret.ts'
import { fromPaper, toPaper } from '../../protocol/card-text.ts'
import { type ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { asId, type DeviceId, type Hash, type PersonId } from '../../protocol/ids.ts'
import { openAbsence, openRunning, sealAbsence, sealRunning } from '../../protocol/profile.ts'
import { messageBucket, pad, unpad } from '../../protocol/padding.ts'
import { seed, seededBytes, seededHash, seededId, START } from '../../test/helpers/seed.ts'
import {
  bytes,
  type JsonObject,
  list,
  number,
  object,
  same,
  text,
  toJson,
  type VectorFile,
} from './json.ts'

const SECRETS = [new Uint8Array(16), new Uint8Array(16).fill(0xff), seededBytes('vector card', 16)]

const person = seededId<PersonId>('person')
const device = seededId<DeviceId>('device')
const RUNNING = [
  { version: '0.1.0', manifest: new Uint8Array(32) as Hash },
  { version: '999999.999999.999999', manifest: seededHash('manifest') },
]
const ABSENCES = [
  { until: 0, note: '' },
  { until: START, note: 'Vertretung: Anna Beispiel' },
  { until: Number.MAX_SAFE_INTEGER, note: 'ü'.repeat(100) },
]

function spellings(paper: string): string[] {
  const bare = paper.replaceAll('-', '')
  const looks = paper.replaceAll('0', 'o').replaceAll('1', 'l')
  return [paper, bare, paper.toLowerCase(), paper.replaceAll('-', ' '), ` ${looks} `]
}

function misspellings(paper: string): string[] {
  const bare = paper.replaceAll('-', '')
  const other = bare.at(-1) === '7' ? '8' : '7'
  return ['', bare.slice(1), `${bare}0`, `U${bare.slice(1)}`, bare.slice(0, -1) + other]
}

function blobOf() {
  return {
    rootPk: seed('root'),
    boxPk: seed('box'),
    person: seededId<PersonId>('person'),
    dkVer: 1,
    dk: seed('dk'),
    makerPk: seed('maker'),
    dirN: 17,
    dirH: seededHash('dir'),
    org: 'Stadtwerke Musterstadt',
    name: 'Milo Member',
    endpoints: ['https://krise.musterstadt.example'],
  }
}

function make(): JsonObject {
  const secrets = [...SECRETS, seed('vector root key')]
  return toJson({
    paper: secrets.map((secret) => ({
      secret,
      text: toPaper(secret),
      good: spellings(toPaper(secret)),
    })),
    mistyped: SECRETS.flatMap((secret) =>
      misspellings(toPaper(secret)).map((bad) => ({ text: bad, code: 'card_mistyped' })),
    ),
    keys: SECRETS.map((secret) => ({ secret, ...shown(secret) })),
    blobs: SECRETS.map((secret) => ({
      secret,
      sealed: sealBlob(blobOf(), cardKeys(secret)),
      opened: blobOf(),
    })),
    absences: ABSENCES.map((opened) => ({
      dk: seed('dk'),
      person,
      sealed: sealAbsence(seed('dk'), person, opened),
      opened,
    })),
    running: RUNNING.map((opened) => ({
      dk: seed('dk'),
      device,
      sealed: sealRunning(seed('dk'), device, opened),
      opened,
    })),
    buckets: [1, 256, 257, 4096, 4097, 5000, 8192, 8193, 20_000, 65_536].map((length) => ({
      length,
      bucket: messageBucket(length),
    })),
    padded: [0, 1, 255, 256, 4095, 4096].map((n) => ({
      plain: new Uint8Array(n).fill(0x80),
      padded: pad(new Uint8Array(n).fill(0x80), messageBucket),
    })),
  }) as JsonObject
}

function shown(secret: Uint8Array) {
  const { id, lookup, pair, blobKey } = cardKeys(secret)
  return { id, lookup, publicKey: pair.publicKey, blobKey, org: organisationOf(pair.publicKey) }
}

function codeOf(act: () => unknown): ErrorCode | null {
  try {
    act()
    return null
  } catch (error) {
    if (error instanceof ProtocolError) return error.code
    throw error
  }
}

function check(file: JsonObject): void {
  for (const example of list(file, 'paper')) {
    const secret = bytes(example, 'secret')
    same(toPaper(secret), example['text'], 'paper')
    for (const good of example['good'] as string[])
      same(fromPaper(good, secret.length as 16 | 32), example['secret'], good)
  }
  for (const bad of list(file, 'mistyped'))
    same(
      codeOf(() => fromPaper(text(bad, 'text'), 16)),
      bad['code'],
      text(bad, 'text'),
    )
  for (const { secret: hex, ...keys } of list(file, 'keys'))
    same(shown(bytes({ hex: hex ?? '' }, 'hex')), keys, 'keys')
  for (const blob of list(file, 'blobs')) {
    same(
      openBlob(bytes(blob, 'sealed'), cardKeys(bytes(blob, 'secret'))),
      object(blob['opened']),
      'blob',
    )
  }
  checkSealed(file)
  for (const step of list(file, 'buckets'))
    same(messageBucket(number(step, 'length')), step['bucket'], 'bucket')
  for (const example of list(file, 'padded')) {
    same(pad(bytes(example, 'plain'), messageBucket), example['padded'], 'padded')
    same(unpad(bytes(example, 'padded'), messageBucket), example['plain'], 'unpadded')
  }
}

function checkSealed(file: JsonObject): void {
  for (const { dk, person: of, sealed, opened } of list(file, 'absences')) {
    const [key, id, box] = [dk, of, sealed].map((hex) => bytes({ hex: hex ?? '' }, 'hex'))
    same(
      openAbsence(key as Uint8Array, asId(id as Uint8Array), box as Uint8Array),
      object(opened),
      'absence',
    )
  }
  for (const { dk, device: of, sealed, opened } of list(file, 'running')) {
    const [key, id, box] = [dk, of, sealed].map((hex) => bytes({ hex: hex ?? '' }, 'hex'))
    same(
      openRunning(key as Uint8Array, asId(id as Uint8Array), box as Uint8Array),
      object(opened),
      'running',
    )
  }
}

export const cards: VectorFile = {
  name: 'cards',
  about:
    'Secrets on paper in good and bad spellings, the keys of a card, its blob, absences, releases, and padding lengths.',
  make,
  check,
}
