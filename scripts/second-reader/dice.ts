// Everything random of a run follows from its seed, also what libsodium draws inside the sealing
// functions: the same seed makes the same objects, byte for byte.
import sodium from 'libsodium-wrappers-sumo'
import { concat, u64be, utf8 } from '../../protocol/bytes.ts'
import { blake2b } from '../../protocol/sodium.ts'

/** A stream of random values that depends on nothing but its label. */
export class Dice {
  readonly #key: Uint8Array
  #block: Uint8Array = new Uint8Array(0)
  #at = 0
  #count = 0

  constructor(label: string) {
    this.#key = blake2b(32, utf8(label))
  }

  bytes(n: number): Uint8Array {
    const parts: Uint8Array[] = []
    for (let left = n; left > 0;) {
      if (this.#at === this.#block.length) this.#refill()
      const part = this.#block.subarray(this.#at, this.#at + left)
      parts.push(part)
      this.#at += part.length
      left -= part.length
    }
    return concat(...parts)
  }

  #refill(): void {
    this.#block = blake2b(64, u64be((this.#count += 1)), this.#key)
    this.#at = 0
  }

  /** A whole number from 0 up to, not including, `below` (at most 2^48). */
  below(below: number): number {
    let value = 0
    for (const byte of this.bytes(6)) value = value * 256 + byte
    return value % below
  }

  /** From `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  chance(of: number): boolean {
    return this.below(1_000_000) < of * 1_000_000
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T
  }

  /** Some of the values, in their order. */
  some<T>(values: readonly T[], of = 0.5): T[] {
    return values.filter(() => this.chance(of))
  }

  /** Small numbers mostly, and now and then the ends of what `size` bytes hold. */
  uint(size: 1 | 2 | 4 | 8): number {
    const most = size === 8 ? Number.MAX_SAFE_INTEGER : 2 ** (8 * size) - 1
    const kind = this.below(10)
    if (kind === 0) return most
    if (kind === 1) return 0
    if (kind < 5) return this.below(Math.min(most, 1000) + 1)
    return this.below(Math.min(most, 2 ** 47) + 1)
  }

  /** Text of at most `most` bytes of UTF-8, with the characters that cause trouble. */
  text(most: number): string {
    const characters = ['a', 'Z', ' ', '0', '-', 'ö', 'ß', '⚡', '🙂', '\u{feff}', '\0', '\n', 'ı']
    let made = ''
    for (let left = this.chance(0.2) ? most : this.below(most + 1); left > 0;) {
      const next = this.pick(characters)
      const size = utf8(next).length
      if (size > left) break
      made += next
      left -= size
    }
    return made
  }
}

/** Whatever is random comes from `dice` from here on. */
export function loadDice(dice: Dice): void {
  const drawn = (into: Uint8Array): Uint8Array => {
    into.set(dice.bytes(into.length))
    return into
  }
  Object.assign(crypto, { getRandomValues: drawn })
  const replaced = {
    crypto_kem_xwing_enc: (publicKey: Uint8Array) =>
      sodium.crypto_kem_xwing_enc_deterministic(publicKey, dice.bytes(64)),
  }
  Object.assign(sodium, replaced)
}
