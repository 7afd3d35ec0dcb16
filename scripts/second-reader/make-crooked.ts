// What no honest sealing makes: everything verifies or opens, and something inside is not as it should be.
import { concat, u16be, u64be } from '../../protocol/bytes.ts'
import { cardKeys } from '../../protocol/card-secret.ts'
import { encodeContent } from '../../protocol/content.ts'
import { signEntry, unsignedEntry } from '../../protocol/entry.ts'
import { chunkCount, fileId, type FileKey, paddedSize, plainLength } from '../../protocol/file.ts'
import { type Hash, NO_HASH } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import { hash, kdf } from '../../protocol/labels.ts'
import { messageBucket, pad } from '../../protocol/padding.ts'
import { encodeWraps } from '../../protocol/payload.ts'
import { aeadSeal, xwingEncapsulate, xwingPublic } from '../../protocol/sodium.ts'
import { damaged, edgeText, mostly } from './damage.ts'
import type { Dice } from './dice.ts'
import { context, h32, id, MESSAGES, pair } from './make-entries.ts'
import { randomContent } from './make-forms.ts'

/** Sealed by somebody who cheats: other padding, a commitment to another key, a body that is too short. */
export function crookedMessage(dice: Dice) {
  const km = dice.bytes(32)
  const key = { epoch: id<never>(dice), gen: dice.uint(2), ak: dice.bytes(32) }
  const mid = id<never>(dice)
  const commit = kdf(
    mostly(dice, km, () => dice.bytes(32)),
    'commit',
    mid,
  ) as Hash
  const start = { seq: dice.uint(8), mid, ttl: 0, nseg: dice.pick([1, 1, 2]), commit }
  const place = context(dice)
  const shape = unsignedEntry(KIND.text, 0, place, {
    ...start,
    wrapsHash: NO_HASH,
    bodyHash: NO_HASH,
  })
  const hh = hash('head0', shape.subarray(0, 163))
  const padded = pad(encodeContent(randomContent(dice, 'text')), messageBucket)
  const plain = dice.pick([
    padded,
    damaged(padded, dice),
    concat(padded, new Uint8Array(256)),
    new Uint8Array(0),
  ])
  const body = mostly(dice, aeadSeal(kdf(km, 'body', hh), hh, plain), () =>
    dice.bytes(dice.pick([16, 17, 65_536, 65_537])),
  )
  const sealed = aeadSeal(kdf(key.ak, 'kw', hh), concat(key.epoch, u16be(key.gen)), km)
  const wraps = encodeWraps(Array.from({ length: start.nseg }, () => ({ ...key, sealed })))
  const wrapsHash = mostly(dice, hash('wraps', wraps), () => h32(dice))
  const fields = { ...start, wrapsHash, bodyHash: hash('body-hash', body) }
  const header = signEntry(KIND.text, place, fields, pair(dice).secretKey)
  return {
    bytes: concat(header, dice.chance(0.7) ? wraps : wraps.subarray(0, 66), body),
    keys: [key],
  }
}

/** What no honest sealing makes: any payload that its hash fits, or a reference where there is none. */
export function crookedAnswer(dice: Dice, payload: Uint8Array, refN = 0) {
  const by = pair(dice)
  const place = { ...context(dice), refN, refH: refN === 0 ? NO_HASH : h32(dice) }
  const bodyHash = hash('body-hash', payload)
  const fields = {
    person: id<never>(dice),
    seq: dice.uint(4),
    respEpoch: id<never>(dice),
    bodyHash,
  }
  return { bytes: concat(signEntry(KIND.answer, place, fields, by.secretKey), payload), by }
}

/** A message of any kind but that of an answer. */
export function noAnswer(dice: Dice) {
  const [by, payload] = [pair(dice), dice.bytes(1264)]
  const start = { seq: dice.uint(8), mid: id<never>(dice), ttl: 0, nseg: 1, commit: h32(dice) }
  const fields = { ...start, wrapsHash: h32(dice), bodyHash: hash('body-hash', payload) }
  const place = { ...context(dice), refN: 0, refH: NO_HASH }
  return { bytes: concat(signEntry(dice.pick(MESSAGES), place, fields, by.secretKey), payload), by }
}

/** Sealed as it should be, but what it says is about another alert, or padded as nobody pads. */
export function crookedInside(dice: Dice) {
  const [by, seed, place] = [
    pair(dice),
    dice.bytes(32),
    { ...context(dice), refN: 0, refH: NO_HASH },
  ]
  const start = { person: id<never>(dice), seq: dice.uint(4), respEpoch: id<never>(dice) }
  const shape = unsignedEntry(KIND.answer, 0, place, { ...start, bodyHash: NO_HASH })
  const hh = hash('head0', shape.subarray(0, 138))
  const { ciphertext, secret } = xwingEncapsulate(xwingPublic(seed))
  const alert = dice.chance(0.5) ? place.log : dice.bytes(16)
  const said = pad(concat(alert, dice.bytes(3), edgeText(dice, 100)), () => 128)
  const plain = mostly(dice, said, () => damaged(said, dice))
  const payload = concat(ciphertext, aeadSeal(kdf(secret, 'answer', hh), hh, plain))
  const fields = { ...start, bodyHash: hash('body-hash', payload) }
  return { bytes: concat(signEntry(KIND.answer, place, fields, by.secretKey), payload), seed }
}

/** Well sealed, but the plain text is damaged or padded as nobody pads. */
export function crookedBlob(dice: Dice, secret: Uint8Array): Uint8Array {
  const { blobKey, id: name } = cardKeys(secret)
  const texts = concat(edgeText(dice, 120), edgeText(dice, 120), ...endpoints(dice))
  const plain = concat(dice.bytes(114), u64be(dice.uint(8)), dice.bytes(64), texts).subarray(0, 511)
  const padded = pad(
    mostly(dice, plain, () => damaged(plain, dice).subarray(0, 511)),
    () => 512,
  )
  const spoiltPadding = () => concat(padded.subarray(0, 511), dice.bytes(1))
  const nonce = dice.bytes(24)
  return concat(nonce, aeadSeal(blobKey, name, mostly(dice, padded, spoiltPadding), nonce))
}

function endpoints(dice: Dice): Uint8Array[] {
  const count = dice.pick([0, 1, 1, 2, 4, 5])
  return [Uint8Array.of(count), ...Array.from({ length: count }, () => edgeText(dice, 60))]
}

/** A profile or a title whose texts may have these lengths. */
export function crookedName(
  dice: Dice,
  key: Uint8Array,
  aad: Uint8Array,
  lengths: readonly number[],
): Uint8Array {
  const plain = concat(...lengths.map((most) => edgeText(dice, most)))
  const padded = pad(
    mostly(dice, plain, () => damaged(plain, dice)),
    (length) => Math.ceil(length / 64) * 64,
  )
  const nonce = dice.bytes(24)
  const longer = () => concat(padded, new Uint8Array(64))
  return concat(nonce, aeadSeal(key, aad, mostly(dice, padded, longer), nonce))
}

/** Another nonce, other padding or another length than a sender would choose, well sealed. */
export function crookedChunk(dice: Dice, file: FileKey, index: number): Uint8Array {
  const total = chunkCount(file)
  const last = Uint8Array.of(index === total - 1 ? 1 : 0)
  const aad = concat(fileId(file), u64be(index), last, u64be(total))
  const length =
    Math.min(65_536, paddedSize(file.size) - index * 65_536) + dice.pick([0, 0, 0, 1, -1])
  const padded = new Uint8Array(length).fill(7, 0, plainLength(file, index))
  if (dice.chance(0.3)) padded[dice.below(length)] = 1
  const nonce = dice.bytes(24)
  const key = kdf(file.key, 'file-key', u64be(file.size))
  return concat(nonce, aeadSeal(key, aad, padded, nonce))
}
