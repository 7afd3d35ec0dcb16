// Ways to spoil bytes. None of them knows the structure: what follows is for the readers to say.
import { concat } from '../../protocol/bytes.ts'
import type { Dice } from './dice.ts'

type Damage = (bytes: Uint8Array, dice: Dice) => Uint8Array

/** The places that carry meaning lie at the ends more often than in the middle. */
function place(bytes: Uint8Array, dice: Dice): number {
  const reach = dice.pick([4, 110, 330, bytes.length])
  const at = dice.below(Math.min(reach, bytes.length))
  return dice.chance(0.2) ? bytes.length - 1 - at : at
}

function changed(bytes: Uint8Array, at: number, to: (byte: number) => number): Uint8Array {
  const copy = bytes.slice()
  copy[at] = to(copy[at] as number) & 0xff
  return copy
}

const flip: Damage = (bytes, dice) =>
  changed(bytes, place(bytes, dice), (b) => b ^ (1 << dice.below(8)))
const step: Damage = (bytes, dice) =>
  changed(bytes, place(bytes, dice), (b) => b + dice.pick([1, -1]))
const extreme: Damage = (bytes, dice) =>
  changed(bytes, place(bytes, dice), () => dice.pick([0, 0x80, 0xff]))
const cut: Damage = (bytes, dice) =>
  bytes.slice(0, bytes.length - 1 - dice.below(Math.min(80, bytes.length)))
const behead: Damage = (bytes, dice) => bytes.slice(1 + dice.below(Math.min(16, bytes.length)))
const extend: Damage = (bytes, dice) =>
  concat(
    bytes,
    dice.chance(0.3) ? new Uint8Array(1) : dice.bytes(dice.pick([1, 1, 2, 16, 64, 66, 80, 900])),
  )
const empty: Damage = () => new Uint8Array(0)

/** Two stretches of equal length change places: a field where another should be. */
const swap: Damage = (bytes, dice) => {
  const size = Math.min(dice.pick([1, 2, 4, 8, 16, 32]), Math.floor(bytes.length / 2))
  const [a, b] = [dice.below(bytes.length - size + 1), dice.below(bytes.length - size + 1)]
  const copy = bytes.slice()
  copy.set(bytes.subarray(a, a + size), b)
  copy.set(bytes.subarray(b, b + size), a)
  return copy
}

const insert: Damage = (bytes, dice) => {
  const at = place(bytes, dice)
  return concat(bytes.subarray(0, at), dice.bytes(dice.pick([1, 2, 16])), bytes.subarray(at))
}

const WAYS: readonly Damage[] = [
  flip,
  flip,
  flip,
  flip,
  step,
  step,
  extreme,
  cut,
  behead,
  extend,
  extend,
  empty,
  swap,
  insert,
]

/** The bytes with one thing or, rarely, two things wrong; now and then they come out as they were. */
export function damaged(bytes: Uint8Array, dice: Dice): Uint8Array {
  if (bytes.length === 0) return dice.bytes(1)
  const once = dice.pick(WAYS)(bytes, dice)
  return once.length > 0 && dice.chance(0.1) ? dice.pick(WAYS)(once, dice) : once
}

/** One bit of many bytes turned over, length kept: for what is signed or sealed anew afterwards. */
export function altered(bytes: Uint8Array, dice: Dice): Uint8Array {
  return bytes.length === 0 ? bytes : dice.pick([flip, step, extreme, swap])(bytes, dice)
}

export const half = (dice: Dice, bytes: Uint8Array): Uint8Array =>
  dice.chance(0.5) ? bytes : damaged(bytes, dice)

/** The right one mostly. */
export const mostly = <T>(dice: Dice, right: T, other: () => T): T =>
  dice.chance(0.85) ? right : other()

/** A text of one length byte as no encoder writes it: at its limit or beyond, in a form that does not fit. */
export function edgeText(dice: Dice, most: number): Uint8Array {
  const length = dice.pick([0, 2, most - 1, most, most, Math.min(255, most + 1)])
  const plain = new Uint8Array(length).fill(0x61)
  if (length > 0 && dice.chance(0.05)) plain[dice.below(length)] = 0xc3
  return concat(Uint8Array.of(length), plain)
}
