// A signature that somebody gave for one purpose, shown as if it were for another: same key, same bytes, only
// the label differs.
import assert from 'node:assert/strict'
import { openHead, openReport, REPORT, signHead, signReport } from '../../protocol/box-report.ts'
import { concat, toHex } from '../../protocol/bytes.ts'
import { possessionBytes } from '../../protocol/directory-rights.ts'
import { decodeEntry, type Entry, signLabel } from '../../protocol/entry.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { openHistory, sealHistory } from '../../protocol/history-keys.ts'
import { KIND } from '../../protocol/kinds.ts'
import {
  hash,
  HASH_LABELS,
  kdf,
  KDF_LABELS,
  sign,
  SIGN_LABELS,
  type SignLabel,
} from '../../protocol/labels.ts'
import { decodePrekey, signPrekey, verifyPrekey } from '../../protocol/prekey.ts'
import { decodeReceipt, signReceipt, verifyReceipt } from '../../protocol/receipt.ts'
import { ensureSigned } from '../../protocol/release-keys.ts'
import { decodeRequestSignature, signRequest, verifyRequest } from '../../protocol/request.ts'
import { aeadOpen, aeadSeal, type SignPair } from '../../protocol/sodium.ts'
import { everyEntry } from '../helpers/every-entry.ts'
import { seed, seededHash, seededPair } from '../helpers/seed.ts'
import type { World } from '../helpers/world.ts'
import { attack, thwarted } from './attack.ts'

/** Something signed: what is under the signature, with which key, and who judges it with another signature. */
type Signed = {
  name: string
  label: SignLabel
  bytes: Uint8Array
  secretKey: Uint8Array
  judge: (sig: Uint8Array) => void
}

const SIG = 64
const { staff, examples } = everyEntry()
const { world, owner, member } = staff

function secretOf(id: Uint8Array, of: World): Uint8Array {
  const cards = [of.foundingCard, of.newCard(member.person, 'spare card')]
  const all = [of.root, ...of.devices, ...cards]
  const one = all.find((signer) => toHex(signer.id) === toHex(id))
  return (one ?? assert.fail(`nobody signs as ${toHex(id)}`)).pair.secretKey
}

const rest = (entry: Entry): Uint8Array[] => [
  ...(entry.cosign === null ? [] : [entry.cosign.by, entry.cosign.sig]),
  ...(entry.payload === null ? [] : [entry.payload]),
]

const entries = examples.flatMap(({ name, bytes, check }): Signed[] => {
  const entry = decodeEntry(bytes)
  const first: Signed = {
    name,
    label: signLabel(entry.kind),
    bytes: entry.signed,
    secretKey: secretOf(entry.prefix.signer, world),
    judge: (sig) => check(decodeEntry(concat(entry.signed, sig, ...rest(entry)))),
  }
  if (entry.cosign === null) return [first]
  const { by } = entry.cosign
  const judge = (sig: Uint8Array): void =>
    check(decodeEntry(concat(entry.signed, entry.sig, by, sig)))
  const secretKey = secretOf(by, world)
  return [
    first,
    { name: `${name}, second`, label: 'cosign', bytes: entry.signed, secretKey, judge },
  ]
})

/** The proof of possession inside a device entry; the signature around it is made anew each time. */
function possession(): Signed {
  const { bytes, check } = examples.find(({ name }) => name === 'device') ?? assert.fail()
  const entry = decodeEntry(bytes)
  assert.ok(entry.kind === KIND.device)
  const { person, signPk } = entry.fields
  const judge = (pop: Uint8Array): void => {
    const unsigned = concat(entry.signed.subarray(0, -SIG), pop)
    const card = secretOf(entry.prefix.signer, world)
    check(decodeEntry(concat(unsigned, sign('dir', unsigned, card))))
  }
  const { secretKey } = seededPair('new device')
  const proof = possessionBytes(entry.prefix, person, signPk)
  return { name: 'possession', label: 'pop', bytes: proof, secretKey, judge }
}

/** A structure whose last 64 bytes are the signature over everything before them. */
function trailing(
  name: string,
  label: SignLabel,
  whole: Uint8Array,
  pair: SignPair,
  open: (bytes: Uint8Array) => void,
): Signed {
  const bytes = whole.subarray(0, -SIG)
  return { name, label, bytes, secretKey: pair.secretKey, judge: (sig) => open(concat(bytes, sig)) }
}

const { org } = world
const log = world.directory.log
const h = seededHash('somewhere')
const { ver: _ver, suite: _suite, sig: _sig, ...plainPrekey } = member.prekey
const prekey = signPrekey(plainPrekey, member.pair.secretKey)
const receipt = { org, log, device: member.id, upto: 3, h, gaps: [], t: world.now }
const history = { org, from: owner.id, t: world.now, to: member.prekey }
const head = { org, log, n: 3, h, t: world.now }
const report = { org, about: REPORT.uplink, seq: 1, t: world.now, data: new Uint8Array(4) }

const outside: Signed[] = [
  trailing('prekey', 'prekey', prekey, member.pair, (bytes) =>
    verifyPrekey(decodePrekey(bytes), member.pair.publicKey),
  ),
  trailing(
    'receipt',
    'receipt',
    signReceipt(receipt, member.pair.secretKey),
    member.pair,
    (bytes) => verifyReceipt(decodeReceipt(bytes), member.pair.publicKey),
  ),
  trailing('history', 'hist', sealHistory(history, [], owner.pair.secretKey), owner.pair, (bytes) =>
    openHistory(bytes, owner.pair.publicKey, member.prekeySeed),
  ),
  trailing('head', 'head', signHead(head, world.box.secretKey), world.box, (bytes) =>
    openHead(bytes, world.box.publicKey),
  ),
  trailing('report', 'report', signReport(report, world.box.secretKey), world.box, (bytes) =>
    openReport(bytes, world.box.publicKey),
  ),
]

/** What stands under a request's signature travels only in part, so it is caught where it is signed. */
function request(): Signed {
  const who = {
    org,
    device: member.id,
    window: seed('w').slice(0, 16),
    nonce: seed('n').slice(0, 16),
  }
  const asked = {
    method: 'POST',
    host: 'box.example',
    target: '/v1/sync',
    body: seed('body'),
  } as const
  const travelling = signRequest(who, asked, member.pair.secretKey)
  const bytes = concat(
    travelling.subarray(0, -SIG),
    Uint8Array.of(2, 11),
    new TextEncoder().encode('box.example'),
    Uint8Array.of(0, 8),
    new TextEncoder().encode('/v1/sync'),
    hash('request-body', seed('body')),
  )
  const judge = (sig: Uint8Array): void => {
    const claim = decodeRequestSignature(concat(travelling.subarray(0, -SIG), sig))
    verifyRequest(claim, asked, member.pair.publicKey)
  }
  return { name: 'request', label: 'req', bytes, secretKey: member.pair.secretKey, judge }
}

function release(): Signed {
  const manifest = new TextEncoder().encode('holdfast release 1\n')
  const { publicKey, secretKey } = member.pair
  const judge = (signature: Uint8Array): void => {
    try {
      const keys = { needed: 1, keys: [publicKey] }
      ensureSigned(manifest, [{ key: publicKey, signature }], keys)
    } catch (error) {
      if (!(error instanceof ProtocolError && error.code === 'release_unsigned')) throw error
      throw new ProtocolError('bad_signature', 'release', { cause: error })
    }
  }
  return { name: 'release', label: 'release', bytes: manifest, secretKey, judge }
}

const everything = [...entries, possession(), ...outside, request(), release()]

function accepts({ judge, bytes, secretKey }: Signed, label: SignLabel): boolean {
  try {
    judge(sign(label, bytes, secretKey))
    return true
  } catch (error) {
    if (error instanceof ProtocolError && error.code === 'bad_signature') return false
    throw error
  }
}

attack('P3', 'What was signed for one purpose counts for no other', () => {
  const labels = new Set(everything.map(({ label }) => label))
  assert.deepEqual(
    [...labels].toSorted(),
    [...SIGN_LABELS].toSorted(),
    'a verifier for every label',
  )
  let mismatches = 0
  for (const signed of everything) {
    assert.ok(accepts(signed, signed.label), `${signed.name} is good as it is`)
    for (const label of SIGN_LABELS) {
      if (label === signed.label) continue
      mismatches++
      thwarted(accepts(signed, label), `a signature under "${label}" counts as ${signed.name}`)
    }
  }
  const labelPairs = SIGN_LABELS.length * (SIGN_LABELS.length - 1)
  return { labels: SIGN_LABELS.length, labelPairs, verifiers: everything.length, mismatches }
})

attack('P3', 'What was derived for one purpose opens or names nothing else', () => {
  const key = seed('key')
  const x = seed('x')
  let mismatches = 0
  for (const made of KDF_LABELS) {
    const sealed = aeadSeal(kdf(key, made, x), x, x)
    for (const used of KDF_LABELS) {
      if (used === made) continue
      mismatches++
      let opens = true
      try {
        aeadOpen(kdf(key, used, x), x, sealed)
      } catch {
        opens = false
      }
      thwarted(opens, `what was sealed for "${made}" opens for "${used}"`)
    }
  }
  for (const one of HASH_LABELS) {
    for (const other of HASH_LABELS) {
      if (one === other) continue
      mismatches++
      const same = toHex(hash(one, x)) === toHex(hash(other, x))
      thwarted(same, `"${one}" and "${other}" name different things alike`)
    }
  }
  return { kdfLabels: KDF_LABELS.length, hashLabels: HASH_LABELS.length, mismatches }
})
