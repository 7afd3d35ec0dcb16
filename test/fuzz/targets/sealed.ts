// What stands under a seal. The fuzzer holds the keys: a hostile sealer may put anything there.
import { answerBy, alertedAudience } from '../../helpers/every-entry.ts'
import { openAnswer } from '../../../protocol/answer-keys.ts'
import { type AnswerEntry } from '../../../protocol/answer.ts'
import { concat, equal, u16be, u64be } from '../../../protocol/bytes.ts'
import { cardKeys, openBlob, sealBlob } from '../../../protocol/card-secret.ts'
import { encode, struct, text, u16, u8, fixed } from '../../../protocol/codec.ts'
import { decodeEntry, PREFIX_BYTES } from '../../../protocol/entry.ts'
import { ANSWER_HEAD0_BYTES } from '../../../protocol/entry-fields.ts'
import { chunkCount, fileId, openChunk, sealChunk } from '../../../protocol/file.ts'
import { type HeldKey, openHistory, sealHistory } from '../../../protocol/history-keys.ts'
import type { EpochId, LogId, OrgId, PersonId } from '../../../protocol/ids.ts'
import { KIND } from '../../../protocol/kinds.ts'
import { hash, kdf, sign } from '../../../protocol/labels.ts'
import { pad } from '../../../protocol/padding.ts'
import {
  EMPTY_PROFILE,
  openAbsence,
  openProfile,
  openTitle,
  sealAbsence,
  sealProfile,
  sealTitle,
} from '../../../protocol/profile.ts'
import {
  AEAD_NONCE_BYTES,
  aeadOpen,
  aeadSeal,
  XWING_CIPHERTEXT_BYTES,
  xwingDecapsulate,
  xwingPublic,
} from '../../../protocol/sodium.ts'
import { attempt, chosen, choosing, must, type Target } from '../../../scripts/fuzz/target.ts'
import { seed, seededBytes, seededId, seededPair } from '../../helpers/seed.ts'
import { foundWorld, staffedWorld } from '../../helpers/world.ts'
import { vectorBytes } from '../samples.ts'

const dk = seed('fuzz dk')
const person = seededId<PersonId>('fuzz person')
const org = seededId<OrgId>('fuzz org')
const nonce = new Uint8Array(AEAD_NONCE_BYTES)
const card = cardKeys(seed('fuzz card').slice(0, 16))

const sealedWith = (key: Uint8Array, aad: Uint8Array, plain: Uint8Array): Uint8Array =>
  concat(nonce, aeadSeal(key, aad, plain, nonce))
const plainOf = (key: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array =>
  aeadOpen(key, aad, sealed.subarray(AEAD_NONCE_BYTES), sealed.subarray(0, AEAD_NONCE_BYTES))

/** Opened and sealed again, the same bytes stand under the seal. */
function sameUnderSeal<T>(
  what: string,
  { key, aad, plain }: { key: Uint8Array; aad: Uint8Array; plain: Uint8Array },
  open: (sealed: Uint8Array) => T,
  seal: (value: T) => Uint8Array,
): void {
  const opened = attempt(() => open(sealedWith(key, aad, plain)))
  if (opened === null) return
  const again = plainOf(key, aad, seal(opened.value))
  must(equal(again, plain), `${what}: a second form of the same value`)
}

const ofAbsence = concat(person, Uint8Array.of(KIND.absence))

function profile(plain: Uint8Array): void {
  sameUnderSeal(
    'profile',
    { key: dk, aad: person, plain },
    (sealed) => openProfile(dk, person, sealed),
    (value) => sealProfile(dk, person, value),
  )
  attempt(() => openProfile(dk, person, plain))
}

function absence(plain: Uint8Array): void {
  sameUnderSeal(
    'absence',
    { key: dk, aad: ofAbsence, plain },
    (sealed) => openAbsence(dk, person, sealed),
    (value) => sealAbsence(dk, person, value),
  )
  attempt(() => openAbsence(dk, person, plain))
}

function title(plain: Uint8Array): void {
  sameUnderSeal(
    'title',
    { key: dk, aad: org, plain },
    (sealed) => openTitle(dk, org, sealed),
    (value) => sealTitle(dk, org, value),
  )
}

function blob(plain: Uint8Array): void {
  sameUnderSeal(
    'card blob',
    { key: card.blobKey, aad: card.id, plain },
    (sealed) => openBlob(sealed, card),
    (value) => sealBlob(value, card),
  )
}

const FILE = { key: seed('fuzz file'), size: 300 }

/** Index, then what stands in the chunk with its padding, sealed as if it belonged there. */
function chunk(input: Uint8Array): void {
  const index = input[0] ?? 0
  const padded = input.subarray(1)
  attempt(() => openChunk(FILE, index, padded))
  const total = chunkCount(FILE)
  const last = Uint8Array.of(index === total - 1 ? 1 : 0)
  const aad = concat(fileId(FILE), u64be(index), last, u64be(total))
  const key = kdf(FILE.key, 'file-key', u64be(FILE.size))
  const own = kdf(FILE.key, 'file-nonce', u64be(index), padded).slice(0, AEAD_NONCE_BYTES)
  const whole = concat(own, aeadSeal(key, aad, padded, own))
  const opened = attempt(() => openChunk(FILE, index, whole))
  if (opened !== null) must(equal(sealChunk(FILE, index, opened.value), whole), 'a chunk')
}

/** What `chunk` reads, of a chunk that is as it should be. */
function chunkSample(): Uint8Array {
  const padded = new Uint8Array(512)
  padded.set(seededBytes('chunk', FILE.size))
  return chosen(0, padded)
}

const HISTORY_HEAD = 66
const answerCodec = struct({ alert: fixed(16), choice: u8, etaMinutes: u16, text: text(1, 100) })

function answering(): { run(plain: Uint8Array): void; samples: Uint8Array[] } {
  const staff = staffedWorld()
  const to = alertedAudience(staff)
  const respSeed = seed('fuzz response')
  const mine = { ...to, respPk: xwingPublic(respSeed) }
  const texts = ['', 'Bin unterwegs', 'ü'.repeat(50)]
  const entries = texts.map(
    (words) =>
      decodeEntry(answerBy(staff.member, mine, staff.world, { text: words })) as AnswerEntry,
  )
  const [first] = entries
  const sealedAnswer = first?.payload ?? null
  if (first === undefined || sealedAnswer === null)
    throw new TypeError('an answer without a payload')
  const head0 = hash('head0', first.signed.subarray(0, PREFIX_BYTES + ANSWER_HEAD0_BYTES))
  const ciphertext = sealedAnswer.subarray(0, 1120)
  const key = kdf(xwingDecapsulate(ciphertext, respSeed), 'answer', head0)
  const alert = first.prefix.log
  return {
    samples: texts.map((words) =>
      pad(encode(answerCodec, { alert, choice: 1, etaMinutes: 25, text: words }), () => 128),
    ),
    run(plain) {
      const payload = concat(ciphertext, aeadSeal(key, head0, plain))
      const opened = attempt(() => openAnswer({ ...first, payload }, respSeed))
      if (opened === null) return
      const again = pad(encode(answerCodec, opened.value), () => 128)
      must(equal(again, plain), 'answer: a second form of the same value')
      // Also under a key that is not the answer's.
      attempt(() => openAnswer({ ...first, payload: concat(ciphertext, plain) }, respSeed))
    },
  }
}

/** A bundle of two keys from another device, with other bytes under its seal. */
function handingOver(): { run(plain: Uint8Array): void; samples: Uint8Array[] } {
  const { owner, world } = staffedWorld()
  const { publicKey, secretKey } = seededPair('fuzz hand-over')
  const keys = [0, 1].map((gen) => ({
    channel: seededId<LogId>('channel'),
    epoch: seededId<EpochId>(`epoch ${gen}`),
    gen,
    ak: seed(`ak ${gen}`),
  }))
  const sending = { org: world.org, from: owner.id, t: world.now, to: owner.prekey }
  const bytes = sealHistory(sending, keys, secretKey)
  const head = bytes.subarray(0, HISTORY_HEAD)
  const start = bytes.subarray(0, HISTORY_HEAD + XWING_CIPHERTEXT_BYTES)
  const secret = xwingDecapsulate(start.subarray(HISTORY_HEAD), owner.prekeySeed)
  const key = kdf(secret, 'hist-key', head)
  const record = ({ channel, epoch, gen, ak }: HeldKey): Uint8Array =>
    concat(channel, epoch, u16be(gen), ak)
  const nowhere = new Uint8Array(0)
  return {
    samples: [concat(...keys.map(record)), concat(...keys.slice(1).map(record)), nowhere],
    run(plain) {
      const unsigned = concat(start, aeadSeal(key, head, plain))
      const whole = concat(unsigned, sign('hist', unsigned, secretKey))
      const opened = attempt(() => openHistory(whole, publicKey, owner.prekeySeed))
      if (opened === null) return
      must(equal(concat(...opened.value.map(record)), plain), 'a second form of the same keys')
    },
  }
}

function profileSamples(): Uint8Array[] {
  const whole = {
    name: 'Anna Beispiel',
    mail: 'anna@musterstadt.example',
    mobile: '+4917000000',
    department: 'Netz',
    site: 'Werk Nord',
    title: 'Leitung',
  }
  return [EMPTY_PROFILE, whole].map((value) => plainOf(dk, person, sealProfile(dk, person, value)))
}

function blobSamples(): Uint8Array[] {
  const world = foundWorld()
  const { n: dirN, h: dirH } = world.directory.head
  const value = {
    rootPk: world.root.pair.publicKey,
    boxPk: world.box.publicKey,
    person,
    dkVer: 1,
    dk,
    dirN,
    dirH,
    makerPk: dk,
    org: 'Stadtwerke Musterstadt',
    name: 'Anna Beispiel',
    endpoints: ['https://krise.musterstadt.example', 'https://198.51.100.7'],
  }
  return [plainOf(card.blobKey, card.id, sealBlob(value, card))]
}

export const sealed: Target = {
  name: 'sealed',
  about: 'profile, absence, title, card blob, file chunk, answer, history: what is under the seal',
  sources: [
    'protocol/profile.ts',
    'protocol/card-secret.ts',
    'protocol/answer-keys.ts',
    'protocol/history-keys.ts',
    'protocol/file.ts',
    'protocol/padding.ts',
    'protocol/codec.ts',
  ],
  longest: 5000,
  batch: 400,
  runs: 4000,
  open() {
    const [answers, bundles] = [answering(), handingOver()]
    const titles = ['', 'Lagezentrum', 'ü'.repeat(100)].map((words) =>
      plainOf(dk, org, sealTitle(dk, org, words)),
    )
    const absences = [0, 1_900_000_000_000].map((until) =>
      plainOf(dk, ofAbsence, sealAbsence(dk, person, { until, note: 'ü'.repeat(until % 99) })),
    )
    const chunks = [chunkSample()]
    const [names, blobs] = [profileSamples(), blobSamples()]
    const held = [names, titles, blobs, chunks, answers.samples, bundles.samples, absences]
    return {
      samples: [
        ...held.flatMap((all, which) => all.map((one) => chosen(which, one))),
        ...vectorBytes('cards', 'padded').map((one, i) => chosen(i % 2, one)),
      ],
      run: choosing([
        profile,
        title,
        blob,
        chunk,
        (plain) => answers.run(plain),
        (plain) => bundles.run(plain),
        absence,
      ]),
    }
  },
}
