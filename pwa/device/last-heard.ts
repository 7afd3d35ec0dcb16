// When the box was last there: kept, so that an app which starts without it says how old is what it shows.
import type { Core } from '../../client/core.ts'
import { refusalOf } from '../../client/refusal.ts'
import { countRow, readRow, writeRow } from '../../client/rows.ts'
import { put } from '../../client/store.ts'
import { HEARD } from './local.ts'

/** `online` null: the first attempt has not ended yet. `since`: milliseconds; without the box, when it was last there. */
export type Link = { online: boolean | null; since: number; reason: string }

type Turn = { online: boolean; reason: string; now: number; heardAt: number | null }

/** What was not heard since the start was last there before it. `heardAt`: by this process; null: not yet. */
export function turned(link: Link, { online, reason, now, heardAt }: Turn): Link {
  if (link.online === online) return link
  return { online, since: online ? now : (heardAt ?? link.since), reason }
}

/** How far behind the truth a phone is that dies. Milliseconds. */
const PAUSE = 60_000

/** Wall clock in milliseconds; null: never. */
export async function lastHeard({ store }: Core): Promise<number | null> {
  const row = await store.get('local', HEARD)
  return row === null ? null : readRow(countRow, row).value
}

/** Only what was heard counts: the clock of a phone that slept goes on. */
export async function keepHeard({ store, heardAt }: Core): Promise<void> {
  if (heardAt === null) return
  await store.commit([put('local', HEARD, writeRow(countRow, { value: heardAt }))])
}

/** Keeps it now and then while the line stands, and when it ends. */
export class Hearing {
  #kept: number | null = null
  #timer: ReturnType<typeof setInterval> | null = null

  turn(core: Core, online: boolean): void {
    this.#keep(core)
    if (!online) this.end()
    else this.#timer ??= setInterval(() => this.#keep(core), PAUSE)
  }

  #keep(core: Core): void {
    if (core.heardAt === this.#kept) return
    this.#kept = core.heardAt
    keepHeard(core).catch((error: unknown) => void refusalOf(error))
  }

  end(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }
}
