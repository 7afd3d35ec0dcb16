// X-Wing public keys, also such as nothing can be sealed to.
import { xwingPublic } from '../../protocol/sodium.ts'
import { altered } from './damage.ts'
import type { Dice } from './dice.ts'

/** Mostly a true public key; otherwise one that nothing can be sealed to, or just about can. */
export function publicKeyOf(dice: Dice): Uint8Array {
  const key = xwingPublic(dice.bytes(32))
  const way = dice.below(12)
  if (way === 0) key.fill(0, 1184)
  if (way === 1) key.set(dice.pick(SMALL_ORDER), 1184)
  if (way === 2)
    key.set(
      dice.pick([Uint8Array.of(0, 0x0d), Uint8Array.of(1, 0x0d), Uint8Array.of(0xff, 0xff)]),
      3 * dice.below(384),
    )
  if (way === 3)
    key.set(
      dice.pick([Uint8Array.of(0x00, 0xd0), Uint8Array.of(0x10, 0xd0)]),
      3 * dice.below(384) + 1,
    )
  return way === 4 ? altered(key, dice) : key
}

/** u = 1 and u = p - 1, of order 4, and the same beyond p. */
export const SMALL_ORDER = [
  Uint8Array.of(1, ...new Uint8Array(31)),
  Uint8Array.of(0xec, ...new Uint8Array(30).fill(0xff), 0x7f),
  Uint8Array.of(0xed, ...new Uint8Array(30).fill(0xff), 0x7f),
  Uint8Array.of(0xee, ...new Uint8Array(30).fill(0xff), 0xff),
]
