// Entries that must be refused by their form or their signatures.
import { concat } from '../../protocol/bytes.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import { sign, SIGN_LABELS } from '../../protocol/labels.ts'
import { everyEntry } from '../../test/helpers/every-entry.ts'
import { flipped, seededPair } from '../../test/helpers/seed.ts'

export type Bad = {
  verifier: string
  why: string
  code: string
  bytes: Uint8Array
  [input: string]: unknown
}

const ONE = Uint8Array.of(0)

/** Offsets within the prefix and a value there that nobody knows. */
const PREFIX = [
  ['unknown version', 0, 2, 'unknown_version'],
  ['version 0', 0, 0, 'unknown_version'],
  ['unknown kind', 1, 12, 'malformed'],
  ['a kind that stands outside the logs', 1, 96, 'malformed'],
  ['withdrawn suite', 2, 1, 'unknown_suite'],
  ['unknown suite', 2, 3, 'unknown_suite'],
  ['unknown flag bit', 3, 0x02, 'malformed'],
  ['both flag bits', 3, 0x81, 'malformed'],
  ['records on what is no announce', 3, 0x01, 'malformed'],
  ['unknown era', 53, 1, 'malformed'],
  ['a number beyond 2^53', 94, 0xff, 'malformed'],
] as const

export function badForms(): Bad[] {
  const { examples } = everyEntry()
  const one = (name: string) => examples.find((e) => e.name === name)?.bytes as Uint8Array
  const [tick, text, person] = [one('tick'), one('text'), one('person')]
  const bad = (why: string, code: string, bytes: Uint8Array): Bad => ({
    verifier: 'entry',
    why,
    code,
    bytes,
  })
  return [
    ...PREFIX.map(([why, at, value, code]) => bad(why, code, tick.with(at, value))),
    ...examples.map(({ name, bytes }) =>
      bad(`${name}: cut within the signature`, 'malformed', headerOf(bytes).subarray(0, -1)),
    ),
    ...examples
      .filter(({ bytes }) => decodeEntry(bytes).payload === null)
      .map(({ name, bytes }) => bad(`${name}: one byte more`, 'malformed', concat(bytes, ONE))),
    bad('empty', 'malformed', new Uint8Array(0)),
    bad('a message without payload', 'malformed', headerOf(text)),
    bad('a message that takes a second signature', 'malformed', text.with(3, 0x80)),
    bad('an unknown role', 'malformed', person.with(102 + 16, 6)),
    { ...bad('a payload behind a header', 'malformed', text), verifier: 'header' },
  ]
}

function headerOf(bytes: Uint8Array): Uint8Array {
  return decodeEntry(bytes).header
}

export function badSignatures(): Bad[] {
  const { staff, examples } = everyEntry()
  const { owner, admin } = staff
  const tick = examples.find((e) => e.name === 'tick')?.bytes as Uint8Array
  const cosigned = examples.find((e) => e.name === 'person cosigned')?.bytes as Uint8Array
  const [signed, first] = [tick.subarray(0, -64), cosigned.subarray(0, -64)]
  const signKey = owner.pair.publicKey
  const refused = { verifier: 'entry signature', code: 'bad_signature', signKey }
  const second = {
    verifier: 'second signature',
    code: 'bad_signature',
    signKey: admin.pair.publicKey,
  }
  const others = <T extends string>(own: T) => SIGN_LABELS.filter((label) => label !== own)
  return [
    { ...refused, why: 'another key', bytes: tick, signKey: seededPair('nobody').publicKey },
    { ...refused, why: 'a changed field', bytes: flipped(tick, 101) },
    { ...refused, why: 'a changed signature', bytes: flipped(tick, tick.length - 1) },
    ...others('dir').map((label) => ({
      ...refused,
      why: `signed under ${label}`,
      bytes: concat(signed, sign(label, signed, owner.pair.secretKey)),
    })),
    { ...second, why: 'the same signer twice', bytes: cosigned, signKey },
    ...others('cosign').map((label) => ({
      ...second,
      why: `second signature under ${label}`,
      bytes: concat(first, sign(label, first.subarray(0, -80), admin.pair.secretKey)),
    })),
    { ...second, why: 'no second signature', code: 'second_signature', bytes: tick },
  ]
}
