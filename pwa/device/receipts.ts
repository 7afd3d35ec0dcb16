// Who holds what of the channels on the screen: asked of the box now and then, and remembered for as long as
// the app runs.
import { holdersOf, type HeldReceipt, receiptsOf } from '../../client/alerts.ts'
import type { Core } from '../../client/core.ts'
import { refusalOf } from '../../client/refusal.ts'
import { equal, toHex } from '../../protocol/bytes.ts'
import type { LogId, PersonId } from '../../protocol/ids.ts'

/** Receipts come without a word: as long as a screen looks at them, they are asked for this often. Milliseconds. */
const PAUSE = 4_000

type Known = {
  log: LogId
  receipts: HeldReceipt[]
  looked: boolean
  timer: Timer | null
  /** When the box answered last. */
  asOf: number | null
}
type Timer = ReturnType<typeof setTimeout>

export class Receipts {
  readonly #changed: () => void
  readonly #known = new Map<string, Known>()

  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** As of the last answer; asking goes on for as long as somebody looks. */
  of(core: Core, log: LogId): HeldReceipt[] {
    const at = toHex(log)
    const known = this.#known.get(at) ?? {
      log,
      receipts: [],
      looked: true,
      timer: null,
      asOf: null,
    }
    this.#known.set(at, known)
    known.looked = true
    known.timer ??= setTimeout(() => void this.#ask(core, known), 0)
    return known.receipts
  }

  /** When the box was asked last; null: not yet. */
  asOf(log: LogId): number | null {
    return this.#known.get(toHex(log))?.asOf ?? null
  }

  /** How many of the other members hold entry `n`. */
  holders(core: Core, log: LogId, n: number): PersonId[] {
    const mine = core.replica.identity.person
    const members = core.replica.channels.get(log)?.members
    const holders = [...holdersOf(this.of(core, log), n).keys()]
    return holders.filter((person) => !equal(person, mine) && members?.has(person) === true)
  }

  async #ask(core: Core, known: Known): Promise<void> {
    known.looked = false
    const channel = core.replica.channels.get(known.log)
    try {
      if (channel !== undefined) {
        known.receipts = await receiptsOf(core, channel)
        known.asOf = core.clock.now()
      }
      this.#changed()
    } catch (error) {
      refusalOf(error)
    }
    known.timer = setTimeout(() => {
      known.timer = null
      if (known.looked) this.of(core, known.log)
    }, PAUSE)
  }
}
