// Reproducible chance: the same seed gives the same run, so that what was found can be found again.

export class Random {
  #a: number
  #b: number
  #c: number
  #count = 1

  constructor(seed: number) {
    this.#a = seed >>> 0
    this.#b = 0x9e3779b9
    this.#c = 0x243f6a88
    for (let i = 0; i < 12; i++) this.next()
  }

  /** 32 bits (Chris Doty-Humphrey's sfc32: small, fast and without short cycles). */
  next(): number {
    const sum = (this.#a + this.#b + this.#count) >>> 0
    this.#count = (this.#count + 1) >>> 0
    this.#a = (this.#b ^ (this.#b >>> 9)) >>> 0
    this.#b = (this.#c + (this.#c << 3)) >>> 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0
    return sum
  }

  /** 0 … n − 1. */
  below(n: number): number {
    return this.next() % n
  }

  /** The smaller, the more likely: 1 in half of all cases, never more than `most`. */
  few(most: number): number {
    let n = 1
    while (n < most && this.below(2) === 0) n++
    return n
  }
}

/**
 * Takes the place of the operating system's generator in this process, so that keys, ids and nonces are the
 * same in each run too. For fuzzing only: nothing that is made afterwards is secret.
 */
export function seedEverything(seed: number): void {
  const random = new Random(seed)
  const getRandomValues = <T extends ArrayBufferView | null>(array: T): T => {
    if (array === null) return array
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
    for (let i = 0; i < bytes.length; i++) bytes[i] = random.next() >>> 24
    return array
  }
  const value = getRandomValues
  Object.defineProperty(globalThis.crypto, 'getRandomValues', { value, configurable: true })
}
