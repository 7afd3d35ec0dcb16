// When a serving box makes its next backup.
import type { Chore } from '../operate/chores.ts'
import type { BackupSettings } from './settings.ts'
import { readState } from './state.ts'

/** A stick that was forgotten is asked for again. */
const RETRY = 60 * 60_000

type When = { data: string; every: number; now: () => number }

/** A day after the last good one, or an hour after a failure. Times in milliseconds. */
export function isDue({ data, every, now }: When): boolean {
  const state = readState(data)
  if (state === null) return true
  const waited = now() - state.tried
  const retry = state.error === null || waited >= RETRY || waited < 0
  const age = now() - (state.good?.at ?? 0)
  // One from the future was made while the clock was wrong.
  return retry && (age >= every || age < 0)
}

/** `tls`: folder of the kept certificate; null: in that of the box. */
export function backupChore(
  { to, every, keep }: BackupSettings,
  data: string,
  tls: string | null,
): Chore {
  const where = tls === null ? [] : ['--tls-dir', tls]
  return {
    args: ['backup', '--data', data, '--backup-to', to, '--backup-keep', `${keep}`, ...where],
    isDue: () => isDue({ data, every, now: Date.now }),
  }
}
