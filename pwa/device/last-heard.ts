// When the box was last there: kept, so that an app which starts without it says how old is what it shows.
import type { Core } from '../../client/core.ts'
import { refusalOf } from '../../client/refusal.ts'
import { countRow, readRow, writeRow } from '../../client/rows.ts'
import { put } from '../../client/store.ts'
import { HEARD } from './local.ts'

/** `online` null: the first attempt has not ended yet. `since`: milliseconds; without the box, when it was last there. */
export type Link = { online: boolean | null; since: number; reason: string }

type Turn = { online: boolean; reason: string; now: number }

/** What was not there since the start was last there before. */
export function turned(link: Link, { online, reason, now }: Turn): Link {
  if (link.online === online) return link
  const since = link.online === null && !online ? link.since : now
  return { online, since, reason }
}

/** A line that stands is known to stand; this is how far behind the truth a phone is that dies. Milliseconds. */
const PAUSE = 60_000

/** Wall clock in milliseconds; null: never. */
export async function lastHeard({ store }: Core): Promise<number | null> {
  const row = await store.get('local', HEARD)
  return row === null ? null : readRow(countRow, row).value
}

export function noteHeard({ store, clock }: Core): Promise<void> {
  return store.commit([put('local', HEARD, writeRow(countRow, { value: clock.now() }))])
}

/** Notes it for as long as the line stands. */
export class Hearing {
  #timer: ReturnType<typeof setInterval> | null = null

  turn(core: Core, online: boolean): void {
    if (online === (this.#timer !== null)) return
    const note = (): void => {
      noteHeard(core).catch((error: unknown) => void refusalOf(error))
    }
    note()
    if (online) this.#timer = setInterval(note, PAUSE)
    else this.end()
  }

  end(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }
}
