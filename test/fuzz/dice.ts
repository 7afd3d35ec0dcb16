// Bytes as decisions: what a fuzzer mutates, read as choices, so that most inputs are acts that make sense.
// Where the bytes end, every choice is the first one.

export class Dice {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get over(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0
  }

  below(n: number): number {
    return this.byte() % n
  }

  one<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T
  }

  /** Each with the chance of one bit. */
  some<T>(choices: readonly T[]): T[] {
    const bits = this.byte() | (this.byte() << 8)
    return choices.filter((_, i) => ((bits >> (i % 16)) & 1) === 1)
  }

  /** Behind two bytes of length. */
  blob(): Uint8Array {
    const length = (this.byte() << 8) | this.byte()
    const bytes = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return bytes
  }
}

/** For samples: what `blob` reads. */
export function asBlob(bytes: Uint8Array): Uint8Array {
  return new Uint8Array([bytes.length >> 8, bytes.length & 0xff, ...bytes])
}
