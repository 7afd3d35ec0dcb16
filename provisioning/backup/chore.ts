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
  const retry = state.error === null || now() - state.tried >= RETRY
  return retry && now() - (state.good?.at ?? 0) >= every
}

export function backupChore({ to, every, keep }: BackupSettings, data: string): Chore {
  return {
    args: ['backup', '--data', data, '--backup-to', to, '--backup-keep', `${keep}`],
    isDue: () => isDue({ data, every, now: Date.now }),
  }
}
