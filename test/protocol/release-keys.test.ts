// A release counts when enough of those who may release have signed just these bytes, and in no other case.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fromUtf8, utf8 } from '../../protocol/bytes.ts'
import { sign } from '../../protocol/labels.ts'
import {
  decodeReleaseKeys,
  decodeSignatures,
  encodeReleaseKeys,
  ensureSigned,
  MAX_SIGNATURES,
  type ReleaseSignature,
  signRelease,
} from '../../protocol/release-keys.ts'
import { seededPair, refused } from '../helpers/seed.ts'

const order = (a: { publicKey: Uint8Array }, b: { publicKey: Uint8Array }): number =>
  Buffer.compare(a.publicKey, b.publicKey)
const pairs = [1, 2, 3].map((n) => seededPair(`release ${n}`)).toSorted(order)
const stranger = seededPair('stranger')
const keys = { needed: 2, keys: pairs.map(({ publicKey }) => publicKey) }
const manifest = utf8('holdfast release 1\n')

function signedBy(...signers: typeof pairs): ReleaseSignature[] {
  let found: ReleaseSignature[] = []
  for (const pair of signers) found = decodeSignatures(signRelease(manifest, pair, found))
  return found
}

const [one, two, three] = pairs as [typeof stranger, typeof stranger, typeof stranger]

test('any two of three make a release', () => {
  ensureSigned(manifest, signedBy(one, two), keys)
  ensureSigned(manifest, signedBy(three, one), keys)
  ensureSigned(manifest, signedBy(one, two, three, stranger), keys)
})

describe('it takes two', () => {
  const BAD: [what: string, found: ReleaseSignature[]][] = [
    ['nobody', []],
    ['one', signedBy(one)],
    ['one, twice', signedBy(one, one)],
    ['one and a stranger', signedBy(one, stranger)],
    [
      'one, and the same signature under the name of another',
      [
        ...signedBy(one),
        { key: two.publicKey, signature: signedBy(one)[0]?.signature as Uint8Array },
      ],
    ],
    [
      'one, and another for another purpose',
      [...signedBy(one), { key: two.publicKey, signature: sign('req', manifest, two.secretKey) }],
    ],
  ]
  for (const [what, found] of BAD)
    test(what, () => refused('release_unsigned', () => ensureSigned(manifest, found, keys)))

  test('of other bytes', () => {
    const other = utf8('holdfast release 1\n\n')
    refused('release_unsigned', () => ensureSigned(other, signedBy(one, two), keys))
  })
})

describe('one way to write them', () => {
  const text = fromUtf8(encodeReleaseKeys(keys))
  const signed = fromUtf8(signRelease(manifest, one, signedBy(two)))

  test('is read as it was written', () => {
    assert.deepEqual(decodeReleaseKeys(utf8(text)), keys)
    assert.equal(decodeSignatures(utf8(signed)).length, 2)
  })

  const BAD_KEYS: [what: string, text: string][] = [
    ['more needed than there are', text.replace('needed 2', 'needed 4')],
    ['none needed', text.replace('needed 2', 'needed 0')],
    ['one twice', text.replace(/(key .*\n)/, '$1$1')],
    ['no end', text.slice(0, -1)],
    ['capitals', text.replace(/(?<=key .*)[a-f]/, 'A')],
    ['a word more', text.replace('needed 2', 'needed 2 of 3')],
  ]
  for (const [what, bad] of BAD_KEYS)
    test(`keys: ${what}`, () => refused('malformed', () => decodeReleaseKeys(utf8(bad))))

  test('signatures: another order, another form, too many', () => {
    const [head = '', first = '', second = ''] = signed.split('\n')
    refused('malformed', () => decodeSignatures(utf8(`${head}\n${second}\n${first}\n`)))
    refused('malformed', () => decodeSignatures(utf8(`${head}\n${first}00\n`)))
    refused('unknown_version', () => decodeSignatures(utf8(`${first}\n`)))
    refused('too_large', () => decodeSignatures(new Uint8Array(MAX_SIGNATURES + 1)))
  })
})
