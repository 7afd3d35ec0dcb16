// Appending what this device signs: built on what it has seen, and built again when others were faster.
import { type Item } from '../protocol/api.ts'
import { type ErrorCode, ProtocolError } from '../protocol/errors.ts'
import type { LogId } from '../protocol/ids.ts'
import { append } from './append.ts'
import type { Core } from './core.ts'
import { forgetWraps } from './epochs.ts'
import { pull } from './pull.ts'
import { isRestoring, isSilence } from './refusal.ts'

/** A refusal that a fresh view of the logs may cure. */
export const MOVED: readonly ErrorCode[] = [
  'memb_moved',
  'epoch_moved',
  'epoch_stale',
  'unknown_head',
  'directory_behind',
  'seq_low',
]
const ATTEMPTS = 8

export function hasMoved(error: unknown): boolean {
  return error instanceof ProtocolError && MOVED.includes(error.code)
}

/** Lets others be faster: what they did needs no doing. */
export async function quietly(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    // A restored box takes nothing new yet: what is due stays due.
    if (!hasMoved(error) && !isRestoring(error)) throw error
  }
}

/** Posts what `build` makes of the present state, all or nothing, and catches up with the result. */
export async function submit(
  core: Core,
  build: () => Promise<Item[]>,
): Promise<{ log: LogId; n: number }[]> {
  for (let attempt = 1; ; attempt++) {
    let items: Item[] = []
    try {
      items = await build()
      if (items.length === 0) return []
      const { places } = await append(core, items)
      await pull(core)
      return places
    } catch (error) {
      if (!isSilence(error)) await forgetWraps(core, items)
      if (!hasMoved(error) || attempt === ATTEMPTS) throw error
      await pull(core)
    }
  }
}
