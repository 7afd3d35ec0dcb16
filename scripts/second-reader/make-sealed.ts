// Random messages, answers, wraps, histories, blobs, names and file chunks; about half damaged, or opened with
// what does not belong to them.
import { sealAnswer } from '../../protocol/answer-keys.ts'
import { concat } from '../../protocol/bytes.ts'
import { type CardBlob, cardKeys, sealBlob } from '../../protocol/card-secret.ts'
import { type Content, encodeContent } from '../../protocol/content.ts'
import { decodeEntry, type EntryOf } from '../../protocol/entry.ts'
import { coreHash } from '../../protocol/epoch-core.ts'
import {
  announceEpoch,
  keyCommitment,
  sealEpochKey,
  sealToRecords,
} from '../../protocol/epoch-keys.ts'
import { chunkCount, newFileKey, plainLength, sealChunk } from '../../protocol/file.ts'
import { sealHistory } from '../../protocol/history-keys.ts'
import { KIND, type MessageKind } from '../../protocol/kinds.ts'
import { hashId } from '../../protocol/labels.ts'
import { sealMessage, type SegmentKey } from '../../protocol/message-keys.ts'
import { trimEntry } from '../../protocol/payload.ts'
import { decodePrekey, type Prekey, signPrekey } from '../../protocol/prekey.ts'
import {
  EMPTY_PROFILE,
  sealAbsence,
  sealProfile,
  sealRunning,
  sealTitle,
} from '../../protocol/profile.ts'
import { xwingPublic } from '../../protocol/sodium.ts'
import { altered, damaged, half, mostly } from './damage.ts'
import type { Dice } from './dice.ts'
import {
  crookedAnswer,
  crookedBlob,
  crookedChunk,
  crookedInside,
  crookedMessage,
  crookedName,
  noAnswer,
} from './make-crooked.ts'
import { context, h32, id, MESSAGES, pair } from './make-entries.ts'
import { randomContent } from './make-forms.ts'
import { spoilt } from './make-outside.ts'
import type { Make } from './objects.ts'

const KIND_OF: Record<Content['type'], MessageKind[]> = {
  text: [KIND.text],
  alert: [KIND.alert, KIND.exercise],
  names: [KIND.control],
  file: [KIND.text],
  mark: [KIND.control],
}

/** Whole or trimmed, with the keys of some segments; now and then a content of another kind or none at all. */
function message(dice: Dice): { bytes: Uint8Array; keys: SegmentKey[] } {
  if (dice.chance(0.25)) return crookedMessage(dice)
  const said = randomContent(dice)
  const kind = dice.chance(0.9) ? dice.pick(KIND_OF[said.type]) : dice.pick(MESSAGES)
  const plain = dice.chance(0.9) ? encodeContent(said) : damaged(encodeContent(said), dice)
  const count = dice.pick([1, 1, 2, 3, 20])
  const keys = Array.from({ length: count }, () => ({
    epoch: id<never>(dice),
    gen: dice.uint(2),
    ak: dice.bytes(32),
  }))
  const start = { seq: dice.uint(8), mid: id<never>(dice), ttl: dice.uint(4) }
  const bytes = sealMessage(
    { kind, context: context(dice), ...start, keys, plain },
    pair(dice).secretKey,
  )
  const entry = decodeEntry(bytes) as EntryOf<MessageKind>
  const sent = dice.chance(0.5) ? bytes : trimEntry(entry, dice.below(count))
  return { bytes: mostly(dice, sent, () => damaged(sent, dice)), keys: heldOf(dice, keys) }
}

function heldOf(dice: Dice, keys: SegmentKey[]): SegmentKey[] {
  const held = dice
    .some(keys, 0.8)
    .map((key) => mostly(dice, key, () => ({ ...key, ak: dice.bytes(32) })))
  const stranger = { epoch: id<never>(dice), gen: 0, ak: dice.bytes(32) }
  return [...held, stranger]
}

const payload = (dice: Dice) => {
  const { bytes } = message(dice)
  return { bytes: dice.chance(0.7) ? bytes : damaged(bytes, dice) }
}

function sealedAnswer(dice: Dice) {
  const [by, seed, alert] = [pair(dice), dice.bytes(32), id<never>(dice)]
  const { org, signer, t } = context(dice)
  const said = { choice: dice.uint(1), etaMinutes: dice.uint(2), text: dice.text(100) }
  const sending = {
    context: { org, signer, t },
    alert,
    person: id<never>(dice),
    seq: dice.uint(4),
    respEpoch: id<never>(dice),
    respPk: xwingPublic(seed),
  }
  return { bytes: sealAnswer(sending, said, by.secretKey), by, seed }
}

function answer(dice: Dice) {
  const { bytes, by } = dice.pick([
    sealedAnswer,
    sealedAnswer,
    sealedAnswer,
    noAnswer,
    () => crookedAnswer(dice, dice.bytes(1264 + dice.pick([-1, 1, 0]))),
    () => crookedAnswer(dice, dice.bytes(1264), dice.below(2)),
  ])(dice)
  const key = mostly(dice, by.publicKey, () => pair(dice).publicKey)
  return { bytes: dice.chance(0.7) ? bytes : damaged(bytes, dice), key }
}

function answerOpen(dice: Dice) {
  if (dice.chance(0.3)) return crookedInside(dice)
  const { bytes, seed } = sealedAnswer(dice)
  // Lengths and the kind are checked before an answer is opened, so they stay.
  const other = () => concat(bytes.subarray(0, 20), altered(bytes.subarray(20), dice))
  return { bytes: mostly(dice, bytes, other), seed: mostly(dice, seed, () => dice.bytes(32)) }
}

function newEpoch(dice: Dice, recordsSeed: Uint8Array | null) {
  const publicKey = recordsSeed === null ? null : xwingPublic(recordsSeed)
  const records = publicKey === null ? null : { id: hashId('rec-key', publicKey), publicKey }
  const fields = {
    seg: dice.below(20),
    prevEpoch: id<never>(dice),
    membN: dice.uint(4),
    membHead: h32(dice),
    dirN: dice.uint(8),
    dirH: h32(dice),
    notAfter: dice.uint(8),
    nwraps: dice.uint(2),
  }
  const { entry, ak } = announceEpoch(
    { context: context(dice), fields, records },
    pair(dice).secretKey,
  )
  const { signed, fields: said } = decodeEntry(entry) as EntryOf<typeof KIND.announce>
  return { entry, ak, core: coreHash(signed, records !== null), records: said.records, publicKey }
}

const epoch = (dice: Dice) => {
  const { entry, ak } = newEpoch(dice, dice.chance(0.3) ? dice.bytes(32) : null)
  return {
    bytes: entry,
    ak: mostly(dice, ak, () => dice.bytes(32)),
    gen: dice.pick([0, 1, 2, 255, 256]),
  }
}

function prekeyOf(dice: Dice, seed: Uint8Array): Prekey {
  const value = {
    org: id<never>(dice),
    device: id<never>(dice),
    pkid: dice.uint(4),
    notBefore: 0,
    notAfter: 1,
  }
  return decodePrekey(signPrekey({ ...value, publicKey: xwingPublic(seed) }, pair(dice).secretKey))
}

function epochWrap(dice: Dice) {
  const [seed, ak, core] = [dice.bytes(32), dice.bytes(32), h32(dice)]
  const gen = dice.pick([0, 0, 1, 300, 65_535])
  const bytes = sealEpochKey(
    mostly(dice, ak, () => dice.bytes(32)),
    core,
    gen,
    prekeyOf(dice, seed),
  )
  const said = {
    core: mostly(dice, core, () => h32(dice)),
    gen: mostly(dice, gen, () => dice.uint(2)),
    seed: mostly(dice, seed, () => dice.bytes(32)),
  }
  const commit = keyCommitment(ak, said.core, said.gen)
  return { bytes: mostly(dice, bytes, () => damaged(bytes, dice)), ...said, commit }
}

function recordsWrap(dice: Dice) {
  const seed = dice.bytes(32)
  const [ak, core, publicKey] = [dice.bytes(32), h32(dice), xwingPublic(seed)]
  const bytes = sealToRecords(ak, core, publicKey)
  const wrong = () =>
    dice.pick([damaged(bytes, dice), sealToRecords(dice.bytes(32), core, publicKey)])
  const said = { ak, core: mostly(dice, core, () => h32(dice)), publicKey }
  return { bytes: dice.chance(0.5) ? bytes : wrong(), ...said }
}

function recordsOpen(dice: Dice) {
  const seed = dice.bytes(32)
  const { ak, core, records } = newEpoch(dice, seed)
  const bytes = records?.wrap ?? sealToRecords(ak, core, xwingPublic(seed))
  return {
    bytes: dice.chance(0.6) ? bytes : altered(bytes, dice),
    core,
    seed: mostly(dice, seed, () => dice.bytes(32)),
  }
}

const response = (dice: Dice) => ({ ak: dice.bytes(32), audience: dice.bytes(16) })

function history(dice: Dice) {
  const [by, seed] = [pair(dice), dice.bytes(32)]
  const record = () => ({
    channel: id<never>(dice),
    epoch: id<never>(dice),
    gen: dice.uint(2),
    ak: dice.bytes(32),
  })
  const keys = Array.from({ length: dice.chance(0.05) ? 1000 : dice.below(5) }, record)
  const sending = {
    org: id<never>(dice),
    from: id<never>(dice),
    t: dice.uint(8),
    to: prekeyOf(dice, seed),
  }
  const bytes = sealHistory(sending, keys, by.secretKey)
  return {
    ...spoilt(dice, by, 'hist', bytes, [0, 1, 2, 3, 64, 65]),
    seed: mostly(dice, seed, () => dice.bytes(32)),
  }
}

const card = (dice: Dice) => ({ secret: dice.bytes(16) })

function cardBlob(dice: Dice) {
  const secret = dice.bytes(16)
  const blob: CardBlob = {
    rootPk: h32(dice),
    boxPk: h32(dice),
    person: id(dice),
    dkVer: dice.uint(2),
    dk: dice.bytes(32),
    dirN: dice.uint(8),
    dirH: h32(dice),
    makerPk: h32(dice),
    org: dice.text(100),
    name: dice.text(100),
    endpoints: Array.from({ length: dice.between(1, 4) }, () => dice.text(30)),
  }
  const bytes = dice.chance(0.3) ? crookedBlob(dice, secret) : sealBlob(blob, cardKeys(secret))
  return { bytes: half(dice, bytes), secret: mostly(dice, secret, () => dice.bytes(16)) }
}

function profile(dice: Dice) {
  const [key, person] = [dice.bytes(32), id<never>(dice)]
  const value = {
    name: dice.text(200),
    mail: dice.text(254),
    mobile: dice.text(40),
    department: dice.text(200),
    site: dice.text(200),
    title: dice.text(200),
  }
  const crooked = dice.chance(0.3)
  const bytes = crooked
    ? crookedName(dice, key, person, [200, 254, 40, 200, 200, 200])
    : sealProfile(key, person, value)
  return { bytes: half(dice, bytes), key, person: mostly(dice, person, () => id<never>(dice)) }
}

function absence(dice: Dice) {
  const [key, person] = [dice.bytes(32), id<never>(dice)]
  const value = { until: dice.uint(8), note: dice.text(200) }
  // A profile is none, though it is sealed for the same person; nor is a longer note.
  const other = () => sealProfile(key, person, { ...EMPTY_PROFILE, name: dice.text(200) })
  const bytes = dice.chance(0.1) ? other() : sealAbsence(key, person, value)
  return { bytes: half(dice, bytes), key, person: mostly(dice, person, () => id<never>(dice)) }
}

function running(dice: Dice) {
  const [key, device] = [dice.bytes(32), id<never>(dice)]
  const value = { version: dice.text(20), manifest: h32(dice) }
  // An absence is none, though it may be sealed under the same id.
  const other = () => sealAbsence(key, device, { until: 0, note: '' })
  const bytes = dice.chance(0.1) ? other() : sealRunning(key, device, value)
  return { bytes: half(dice, bytes), key, device: mostly(dice, device, () => id<never>(dice)) }
}

function title(dice: Dice) {
  const [key, org] = [dice.bytes(32), id<never>(dice)]
  const crooked = dice.chance(0.3)
  const bytes = crooked ? crookedName(dice, key, org, [200]) : sealTitle(key, org, dice.text(200))
  return { bytes: half(dice, bytes), key, org: mostly(dice, org, () => id<never>(dice)) }
}

function chunk(dice: Dice) {
  const size = dice.pick([0, 1, 100, 4096, 65_535, 65_536, 65_537, 131_072, 200_000])
  const file = newFileKey(size)
  const total = chunkCount(file)
  const index = dice.below(total)
  const plain = dice.bytes(plainLength(file, index))
  const bytes = dice.chance(0.2) ? crookedChunk(dice, file, index) : sealChunk(file, index, plain)
  const said = {
    size: mostly(dice, size, () => size + 1),
    index: mostly(dice, index, () => dice.below(total + 1)),
  }
  return { bytes: mostly(dice, bytes, () => damaged(bytes, dice)), key: file.key, ...said }
}

export const SEALED_MAKERS = {
  message,
  payload,
  answer,
  'answer open': answerOpen,
  epoch,
  'epoch wrap': epochWrap,
  'records wrap': recordsWrap,
  'records open': recordsOpen,
  response,
  history,
  card,
  'card blob': cardBlob,
  profile,
  absence,
  running,
  title,
  chunk,
} satisfies Record<string, Make>
