// Whether the wall clock can be believed: a machine may start with a dead battery, or have its clock set
// to another year while it runs. The monotonic clock tells a jump from the passing of time.
import { CLOCK_TOLERANCE } from '../protocol/limits.ts'
import type { Clock } from './context.ts'
import { STEADY_AFTER } from './limits.ts'
import type { BoxTime } from './org/box-time.ts'

export class Steady {
  readonly #clock: Clock
  readonly #jumped: (milliseconds: number) => void
  #wall: number
  #passed: number
  #since: number
  #hasJumped = false

  /** `jumped` hears by how much the clock was set, in milliseconds. */
  constructor(clock: Clock, jumped: (milliseconds: number) => void) {
    this.#clock = clock
    this.#jumped = jumped
    this.#wall = clock.now()
    this.#passed = clock.monotonic()
    this.#since = this.#passed
  }

  /** Compares the clocks. Between two looks they may drift apart by less than CLOCK_TOLERANCE. */
  look(): BoxTime {
    const [now, passed] = [this.#clock.now(), this.#clock.monotonic()]
    const jump = now - this.#wall - (passed - this.#passed)
    if (Math.abs(jump) > CLOCK_TOLERANCE) {
      this.#since = passed
      this.#hasJumped = true
      this.#jumped(jump)
    }
    this.#wall = now
    this.#passed = passed
    if (passed - this.#since >= STEADY_AFTER) return { now, clock: 'even' }
    return { now, clock: this.#hasJumped ? 'jumped' : 'new' }
  }
}
