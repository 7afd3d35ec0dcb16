// Replay protection without anybody's clock: the box hands out a random window value that every request
// signs together with a nonce; a nonce is remembered as long as its window is accepted.
import { equal, toHex } from '../protocol/bytes.ts'
import { ensure } from '../protocol/errors.ts'
import { WINDOW_LIFE } from '../protocol/limits.ts'
import { randomBytes } from '../protocol/sodium.ts'

type Window = { value: Uint8Array; seen: Set<string> }
const fresh = (): Window => ({ value: randomBytes(16), seen: new Set() })

export class Windows {
  readonly #now: () => number
  #current = fresh()
  #previous = fresh()
  #since: number

  /** `now` in milliseconds, monotonic: the wall clock may jump. */
  constructor(now: () => number) {
    this.#now = now
    this.#since = now()
  }

  /** The value to sign next. */
  get value(): Uint8Array {
    this.#turn()
    return this.#current.value
  }

  /** Throws `window` for an unknown value and `replayed` for a nonce that was used. Call before verifying. */
  check(value: Uint8Array, nonce: Uint8Array): void {
    ensure(!this.#find(value).seen.has(toHex(nonce)), 'replayed')
  }

  /** Uses the nonce up; call when the signature has been verified. */
  use(value: Uint8Array, nonce: Uint8Array): void {
    this.#find(value).seen.add(toHex(nonce))
  }

  #find(value: Uint8Array): Window {
    this.#turn()
    const window = [this.#current, this.#previous].find((one) => equal(one.value, value))
    ensure(window !== undefined, 'window')
    return window
  }

  #turn(): void {
    const passed = this.#now() - this.#since
    if (passed < WINDOW_LIFE) return
    this.#previous = passed < 2 * WINDOW_LIFE ? this.#current : fresh()
    this.#current = fresh()
    this.#since = this.#now()
  }
}
