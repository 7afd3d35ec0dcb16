// Random signed structures outside the logs: prekeys, receipts, heads and reports of the box, requests.
import { toBase64Url } from '../../protocol/bytes.ts'
import { signHead, signReport } from '../../protocol/box-report.ts'
import {
  type SignLabel,
  HASH_LABELS,
  KDF_LABELS,
  sign,
  SIGN_LABELS,
} from '../../protocol/labels.ts'
import { concat } from '../../protocol/bytes.ts'
import type { Gap } from '../../protocol/gaps.ts'
import { MAX_GAPS } from '../../protocol/limits.ts'
import { signPrekey } from '../../protocol/prekey.ts'
import { signReceipt } from '../../protocol/receipt.ts'
import { METHOD, type Method, signRequest } from '../../protocol/request.ts'
import {
  SIGNATURE_BYTES,
  type SignPair,
  xwingEncapsulateWith,
  xwingPublic,
} from '../../protocol/sodium.ts'
import { altered, damaged } from './damage.ts'
import { publicKeyOf, SMALL_ORDER } from './public-keys.ts'
import type { Dice } from './dice.ts'
import { h32, id, pair } from './make-entries.ts'
import type { Make } from './objects.ts'

/**
 * About half as it should be; otherwise damaged, by another key, under another label, or signed anew with
 * something else in it. `tender` are the bytes that not every value fits.
 */
export function spoilt(
  dice: Dice,
  by: SignPair,
  label: SignLabel,
  bytes: Uint8Array,
  tender: readonly number[],
) {
  const key = by.publicKey
  const way = dice.below(10)
  if (way < 5) return { bytes, key }
  if (way < 7) return { bytes: damaged(bytes, dice), key }
  if (way === 7) return { bytes, key: pair(dice).publicKey }
  const unsigned = bytes.subarray(0, bytes.length - SIGNATURE_BYTES)
  const other = way === 8 ? unsigned : touched(unsigned, dice, tender)
  const name = way === 8 ? dice.pick(SIGN_LABELS) : label
  return { bytes: concat(other, sign(name, other, by.secretKey)), key }
}

function touched(bytes: Uint8Array, dice: Dice, tender: readonly number[]): Uint8Array {
  if (dice.chance(0.3)) return altered(bytes, dice)
  const at = dice.pick(tender)
  return bytes.with(at, dice.pick([0, 1, 2, 3, 0xff, bytes[at] as number]))
}

function prekey(dice: Dice) {
  const by = pair(dice)
  const value = {
    org: id<never>(dice),
    device: id<never>(dice),
    pkid: dice.uint(4),
    notBefore: dice.uint(8),
    notAfter: dice.uint(8),
    publicKey: publicKeyOf(dice),
  }
  return spoilt(dice, by, 'prekey', signPrekey(value, by.secretKey), [0, 1])
}

/** In order, at random places; also as many as there may be, and up to the very end. */
function gapsUpTo(dice: Dice, upto: number): Gap[] {
  const gaps: Gap[] = []
  const most = dice.pick([0, 1, 2, MAX_GAPS])
  for (let least = 1; gaps.length < most;) {
    const from = least + dice.below(4)
    const to = dice.chance(0.1) ? upto : from + dice.below(3)
    if (from > to || to > upto) break
    gaps.push({ from, to })
    least = to + 2
  }
  return gaps
}

function receipt(dice: Dice) {
  const by = pair(dice)
  const upto = dice.uint(8)
  const value = {
    org: id<never>(dice),
    log: id<never>(dice),
    device: id<never>(dice),
    upto,
    h: h32(dice),
    gaps: gapsUpTo(dice, upto),
    t: dice.uint(8),
  }
  return spoilt(
    dice,
    by,
    'receipt',
    signReceipt(value, by.secretKey),
    [0, 1, 50, 51, 59, 92, 100, 108],
  )
}

function head(dice: Dice) {
  const by = pair(dice)
  const value = {
    org: id<never>(dice),
    log: id<never>(dice),
    n: dice.uint(8),
    h: h32(dice),
    t: dice.uint(8),
  }
  return spoilt(dice, by, 'head', signHead(value, by.secretKey), [0, 1, 34, 35])
}

function report(dice: Dice) {
  const by = pair(dice)
  const data = dice.bytes(dice.chance(0.1) ? 1024 : dice.below(100))
  const about = dice.pick([1, 2, 3] as const)
  const value = { org: id<never>(dice), about, seq: dice.uint(8), t: dice.uint(8), data }
  return spoilt(dice, by, 'report', signReport(value, by.secretKey), [0, 1, 18, 35, 36])
}

const HOSTS = [
  'krise.musterstadt.example',
  'krise.musterstadt.example:8443',
  '127.0.0.1:8470',
  '[::1]:8470',
]

function request(dice: Dice) {
  const by = pair(dice)
  const who = {
    org: id<never>(dice),
    device: id<never>(dice),
    window: dice.bytes(16),
    nonce: dice.bytes(16),
  }
  const target = `/v1/${dice.pick(['sync', 'entries?x=%41', 'live', dice.text(60)])}`
  const method = dice.pick(Object.keys(METHOD) as Method[])
  const said = { method, host: dice.pick(HOSTS), target, body: dice.bytes(dice.below(60)) }
  const signed = signRequest(who, said, by.secretKey)
  const key = by.publicKey
  const header = toBase64Url(signed)
  const way = dice.below(10)
  if (way < 5) return { ...said, header, key }
  if (way === 5) return { ...said, header: toBase64Url(damaged(signed, dice)), key }
  if (way === 6) return { ...said, header: badHeader(header, dice), key }
  if (way === 7) return { ...said, header, key: pair(dice).publicKey }
  const others = [
    { method: 'LIVE' },
    { host: 'krise.example' },
    { target: `${target}/` },
    { body: dice.bytes(9) },
  ]
  return { ...said, ...dice.pick(others), header, key }
}

/** Text that is no base64url, or another spelling of the same bytes. */
function badHeader(header: string, dice: Dice): string {
  const at = dice.below(header.length)
  const changed = (to: string) => header.slice(0, at) + to + header.slice(at + 1)
  return dice.pick([
    `${header}=`,
    `${header}A`,
    header.slice(0, -1),
    changed('+'),
    changed('/'),
    changed(' '),
    changed('ö'),
    `${header}\n`,
    header.toLowerCase(),
    changed('A'),
  ])
}

/** A bare signature, also in forms that only some libraries take. */
function signature(dice: Dice) {
  const by = pair(dice)
  const [label, x] = [dice.pick(SIGN_LABELS), dice.bytes(dice.below(80))]
  const sig = sign(label, x, by.secretKey)
  const fine = { label, x, sig, key: by.publicKey }
  const way = dice.below(10)
  if (way < 4) return fine
  if (way === 4) return { ...fine, sig: concat(sig.subarray(0, 32), plusOrder(sig.subarray(32))) }
  if (way === 5) return { ...fine, ...smallOrder(dice, sig) }
  if (way === 6) return { ...fine, label: dice.pick(SIGN_LABELS) }
  if (way === 7) return { ...fine, x: damaged(x, dice) }
  if (way === 8) return { ...fine, key: altered(by.publicKey, dice) }
  return { ...fine, sig: altered(sig, dice) }
}

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

/** s + L instead of s: the same equation, another spelling. */
function plusOrder(s: Uint8Array): Uint8Array {
  let value = ORDER
  for (const [i, byte] of s.entries()) value += BigInt(byte) << BigInt(8 * i)
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn))
}

/** The neutral point as key or as R: some libraries let it sign anything. */
function smallOrder(dice: Dice, sig: Uint8Array) {
  const neutral = Uint8Array.of(1, ...new Uint8Array(31))
  const zero = concat(neutral, new Uint8Array(32))
  return dice.pick([
    { key: neutral, sig: zero },
    { key: neutral },
    { sig: zero },
    { sig: concat(neutral, sig.subarray(32)) },
  ])
}

const hash = (dice: Dice) => ({ label: dice.pick(HASH_LABELS), bytes: dice.bytes(dice.below(300)) })
const kdf = (dice: Dice) => ({
  label: dice.pick(KDF_LABELS),
  key: dice.bytes(32),
  bytes: dice.bytes(dice.below(120)),
})

const xwingKey = (dice: Dice) => ({ seed: dice.bytes(32) })
const xwingSeal = (dice: Dice) => ({
  publicKey: publicKeyOf(dice),
  coins: dice.bytes(64),
})
function xwingOpen(dice: Dice) {
  const seed = dice.bytes(32)
  const { ciphertext } = xwingEncapsulateWith(xwingPublic(seed), dice.bytes(64))
  if (dice.chance(0.1)) ciphertext.set(dice.pick([new Uint8Array(32), ...SMALL_ORDER]), 1088)
  return {
    seed: dice.chance(0.9) ? seed : dice.bytes(32),
    bytes: dice.chance(0.5) ? ciphertext : altered(ciphertext, dice),
  }
}

export const OUTSIDE_MAKERS = {
  prekey,
  receipt,
  head,
  report,
  request,
  signature,
  hash,
  kdf,
  'x-wing key': xwingKey,
  'x-wing seal': xwingSeal,
  'x-wing open': xwingOpen,
} satisfies Record<string, Make>
