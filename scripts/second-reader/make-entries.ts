// Random entries of every kind: any field values that the encoder takes, then about half of them damaged.
import { concat } from '../../protocol/bytes.ts'
import {
  type Context,
  cosignEntry,
  decodeEntry,
  FLAG_COSIGNED,
  FLAG_RECORDED,
  signEntry,
  signLabel,
} from '../../protocol/entry.ts'
import type { FieldsByKind } from '../../protocol/entry-fields.ts'
import { asId, type AnyId, type Hash } from '../../protocol/ids.ts'
import { CHANNEL_ROLE, KIND, type Kind, KINDS, ROLE } from '../../protocol/kinds.ts'
import { sign, SIGN_LABELS } from '../../protocol/labels.ts'
import { MAX_ENTRY } from '../../protocol/limits.ts'
import { encodeOperationData, type OperationData } from '../../protocol/operation-data.ts'
import { SIGNATURE_BYTES, type SignPair, signPairFromSeed } from '../../protocol/sodium.ts'
import { altered, damaged, half } from './damage.ts'
import type { Dice } from './dice.ts'
import type { Make } from './objects.ts'
import { publicKeyOf } from './public-keys.ts'

export const id = <T extends AnyId>(dice: Dice): T =>
  asId<T>(dice.chance(0.1) ? new Uint8Array(16) : dice.bytes(16))
export const h32 = (dice: Dice): Hash => dice.bytes(32) as Hash
export const pair = (dice: Dice): SignPair => signPairFromSeed(dice.bytes(32))
const blob = (dice: Dice, most: number) => dice.bytes(dice.chance(0.1) ? most : dice.below(200))
const role = (dice: Dice) => dice.pick(Object.values(ROLE))
const heads = (dice: Dice) => ({
  membN: dice.uint(4),
  membHead: h32(dice),
  dirN: dice.uint(8),
  dirH: h32(dice),
})

function operation(dice: Dice) {
  const { membHead: membPrev, ...rest } = heads(dice)
  const count = dice.chance(0.05) ? 256 : dice.below(5)
  return {
    ...rest,
    membPrev,
    role: dice.pick(Object.values(CHANNEL_ROLE)),
    subjects: Array.from({ length: count }, () => id<never>(dice)),
    data: dice.chance(0.5) ? operationData(dice) : blob(dice, 2048),
  }
}

export function operationData(dice: Dice): Uint8Array {
  const title = blob(dice, 512)
  const recorded = dice.pick([0, 1] as const)
  const value = dice.pick<OperationData>([
    { kind: 'create', type: dice.pick([1, 2, 3, 4]), recorded, dkVer: dice.uint(2), title },
    { kind: 'policy', recorded },
    { kind: 'title', dkVer: dice.uint(2), title },
    { kind: 'respkey', channel: id(dice), epoch: id(dice), publicKey: publicKeyOf(dice) },
    { kind: 'none' },
  ])
  const encoded = encodeOperationData(value)
  return dice.chance(0.3) ? damaged(encoded, dice).slice(0, 2048) : encoded
}

const message = (dice: Dice) => ({
  seq: dice.uint(8),
  mid: id<never>(dice),
  ttl: dice.uint(4),
  nseg: dice.between(1, 20),
  commit: h32(dice),
  wrapsHash: h32(dice),
  bodyHash: h32(dice),
})

const FIELDS: { [K in Kind]: (dice: Dice) => FieldsByKind[K] } = {
  [KIND.found]: (d) => ({ cardPk: h32(d), person: id(d), rootPk: h32(d), pop: d.bytes(64) }),
  [KIND.person]: (d) => ({
    person: id(d),
    role: role(d),
    state: 1,
    dkVer: d.uint(2),
    sealed: blob(d, 2088),
  }),
  [KIND.card]: (d) => ({ person: id(d), cardPk: h32(d), role: role(d), notAfter: d.uint(8) }),
  [KIND.device]: (d) => ({ person: id(d), issuer: 0, signPk: h32(d), pop: d.bytes(64) }),
  [KIND.approve]: (d) => ({ device: id(d) }),
  [KIND.revoke]: (d) => ({
    what: d.pick([1, 2, 3]),
    subject: id(d),
    voidFrom: d.uint(8),
    reason: d.pick([1, 2, 3, 4, 5]),
  }),
  [KIND.tick]: () => ({}),
  [KIND.box]: (d) => ({ boxPk: h32(d) }),
  [KIND.records]: (d) => ({
    recKey: id(d),
    recPk: d.bytes(1216),
    needed: d.uint(1),
    custodians: d.uint(1),
    names: blob(d, 2088),
  }),
  [KIND.checkpoint]: (d) => ({ stateHash: h32(d) }),
  [KIND.absence]: (d) => ({ person: id(d), dkVer: d.uint(2), sealed: d.bytes(296) }),
  [KIND.restore]: (d) => ({ log: id(d), cutN: d.uint(8), cutH: h32(d) }),
  [KIND.running]: (d) => ({ dkVer: d.uint(2), sealed: d.bytes(104) }),
  [KIND.create]: operation,
  [KIND.add]: operation,
  [KIND.remove]: operation,
  [KIND.role]: operation,
  [KIND.policy]: operation,
  [KIND.respkey]: operation,
  [KIND.title]: operation,
  [KIND.announce]: (d) => ({
    seg: d.below(20),
    prevEpoch: id(d),
    ...heads(d),
    nonce: d.bytes(16),
    notAfter: d.uint(8),
    nwraps: d.uint(2),
    akCommit: h32(d),
    records: { key: id(d), wrap: d.bytes(1168) },
  }),
  [KIND.extension]: (d) => ({
    epoch: id(d),
    gen: d.uint(2),
    ...heads(d),
    akgCommit: h32(d),
    nwraps: d.below(801),
  }),
  [KIND.text]: message,
  [KIND.alert]: message,
  [KIND.exercise]: message,
  [KIND.control]: message,
  [KIND.answer]: (d) => ({ person: id(d), seq: d.uint(4), respEpoch: id(d), bodyHash: h32(d) }),
}

export function context(dice: Dice): Context {
  return {
    org: id(dice),
    log: id(dice),
    signer: id<never>(dice),
    refN: dice.uint(8),
    refH: h32(dice),
    t: dice.uint(8),
  }
}

/** Kinds that may carry a second signature. */
const TWICE: readonly Kind[] = [
  KIND.person,
  KIND.card,
  KIND.approve,
  KIND.revoke,
  KIND.tick,
  KIND.box,
  KIND.restore,
]

export const MESSAGES = [KIND.text, KIND.alert, KIND.exercise, KIND.control]

export type Made = { bytes: Uint8Array; first: SignPair; second: SignPair | null }

export function randomEntry(dice: Dice, kind: Kind = dice.pick(KINDS)): Made {
  const [first, other] = [pair(dice), pair(dice)]
  const twice = TWICE.includes(kind) && dice.chance(0.5)
  const recorded = kind === KIND.announce && dice.chance(0.5)
  const flags = twice ? FLAG_COSIGNED : recorded ? FLAG_RECORDED : 0
  const fields = FIELDS[kind](dice)
  const once = signEntry(kind, context(dice), fields as never, first.secretKey, flags)
  const whole = twice ? cosignEntry(once, id<never>(dice), other.secretKey) : once
  const size = 1 + (dice.chance(0.02) ? dice.below(70_000) : dice.below(200))
  const payload = kind < 64 ? new Uint8Array(0) : dice.bytes(size)
  return { bytes: concat(whole, payload), first, second: twice ? other : null }
}

function entry(dice: Dice) {
  const { bytes } = randomEntry(dice)
  const way = dice.below(100)
  if (way < 2) return { bytes: decodeEntry(bytes).header }
  if (way === 2) return { bytes: ofSize(bytes, MAX_ENTRY + dice.below(2)) }
  return { bytes: half(dice, bytes) }
}

/** Filled up behind: a payload as long as an entry may be, or one byte longer. */
function ofSize(bytes: Uint8Array, size: number): Uint8Array {
  return concat(bytes, new Uint8Array(size - bytes.length))
}

function header(dice: Dice) {
  const { bytes } = randomEntry(dice)
  const whole = dice.chance(0.2) ? bytes : decodeEntry(bytes).header
  if (dice.chance(0.01)) return { bytes: ofSize(whole, MAX_ENTRY + dice.below(2)) }
  return { bytes: half(dice, whole) }
}

/** Signed under another label, by another key, or damaged; about half as it should be. */
function signature(dice: Dice) {
  const { bytes, first } = randomEntry(dice)
  const right = first.publicKey
  const way = dice.below(8)
  if (way < 4) return { bytes, key: right }
  if (way === 4) return { bytes, key: pair(dice).publicKey }
  if (way === 5) return { bytes: damaged(bytes, dice), key: right }
  const { signed, kind } = decodeEntry(bytes)
  const behind = bytes.subarray(signed.length + SIGNATURE_BYTES)
  if (way === 6) {
    const label = dice.pick(SIGN_LABELS)
    return { bytes: concat(signed, sign(label, signed, first.secretKey), behind), key: right }
  }
  // Signed as it stands, whatever it says now: only the form may be refused.
  const other = altered(signed, dice)
  const anew = sign(signLabel(kind), other, first.secretKey)
  return { bytes: concat(other, anew, behind), key: right }
}

function secondSignature(dice: Dice) {
  const { bytes, first, second } = randomEntry(dice, dice.pick(TWICE))
  const keys = [second ?? first, second ?? first, first, pair(dice)]
  const key = dice.pick(keys).publicKey
  return { bytes: dice.chance(0.8) ? bytes : damaged(bytes, dice), key }
}

/** An operation whose data is right, wrong, or right for another kind. */
function data(dice: Dice) {
  const kind = dice.pick(KINDS.filter((k) => k >= 32 && k < 48))
  const fields = { ...operation(dice), data: operationData(dice) }
  return { bytes: signEntry(kind, context(dice), fields as never, pair(dice).secretKey) }
}

export const ENTRY_MAKERS = {
  entry,
  header,
  'entry signature': signature,
  'second signature': secondSignature,
  'operation data': data,
} satisfies Record<string, Make>
