// Who holds what of the channels on the screen: asked of the box now and then, and kept for when it is away.
import { type Held, holdersOf, receiptsOf } from '../../client/alerts.ts'
import type { Core } from '../../client/core.ts'
import { refusalOf } from '../../client/refusal.ts'
import { equal, toHex } from '../../protocol/bytes.ts'
import { idText, type LogId, type PersonId } from '../../protocol/ids.ts'
import { keepReceipts, keptReceipts } from './kept-receipts.ts'

/** Receipts come without a word: as long as a screen looks at them, they are asked for this often. Milliseconds. */
const PAUSE = 4_000

/** What has not changed is as of this long ago at most. Milliseconds. */
const KEPT_FOR = 60_000

type Known = {
  log: LogId
  held: Held[]
  looked: boolean
  timer: Timer | null
  /** When the box answered last. */
  asOf: number | null
  /** And when that was kept last. */
  keptAsOf: number | null
}
type Timer = ReturnType<typeof setTimeout>

export class Receipts {
  readonly #changed: () => void
  readonly #known = new Map<string, Known>()

  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** As of the last answer; asking goes on for as long as somebody looks. */
  of(core: Core, log: LogId): Held[] {
    const at = toHex(log)
    const known = this.#known.get(at) ?? {
      log,
      held: [],
      looked: true,
      timer: null,
      asOf: null,
      keptAsOf: null,
    }
    this.#known.set(at, known)
    known.looked = true
    known.timer ??= setTimeout(() => void this.#ask(core, known), 0)
    return known.held
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
    try {
      if (known.asOf === null) await this.#remember(core, known)
      await this.#askBox(core, known)
      this.#changed()
    } catch (error) {
      refusalOf(error)
    }
    known.timer = setTimeout(() => {
      known.timer = null
      if (known.looked) this.of(core, known.log)
    }, PAUSE)
  }

  async #remember(core: Core, known: Known): Promise<void> {
    const kept = await keptReceipts(core, known.log)
    if (kept === null) return
    Object.assign(known, kept)
    this.#changed()
  }

  async #askBox(core: Core, known: Known): Promise<void> {
    const channel = core.replica.channels.get(known.log)
    if (channel === undefined) return
    const held = await receiptsOf(core, channel)
    const asOf = core.clock.now()
    const isOld = asOf - (known.keptAsOf ?? 0) > KEPT_FOR
    const isNew = isOld || !sameHeld(held, known.held)
    Object.assign(known, { held, asOf })
    if (!isNew) return
    known.keptAsOf = asOf
    await keepReceipts(core, known.log, { held, asOf })
  }
}

/** Each device has said the same as before, in the same order. */
function sameHeld(a: Held[], b: Held[]): boolean {
  const text = (all: Held[]): string =>
    JSON.stringify(all.map(({ device, upto, gaps }) => [idText(device), upto, gaps]))
  return text(a) === text(b)
}
