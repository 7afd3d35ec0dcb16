// Where backups go and how often, as the operator says it.
import { ensure } from '../../protocol/errors.ts'
import { type Environment, type Given, optionReader } from '../../server/config.ts'

const EVERY = '24'
const KEEP = '14'
const HOUR = 60 * 60_000

/** `every`: milliseconds. */
export type BackupSettings = { to: string; every: number; keep: number }

/** Null: nowhere. Throws `usage`. */
export function readBackups(flags: Given, env: Environment): BackupSettings | null {
  const value = optionReader(flags, env)
  const to = value('backupTo')
  if (to === undefined) return null
  const hours = Number(value('backupEvery') ?? EVERY)
  ensure(hours >= 1 && hours <= 24 * 366, 'usage', '--backup-every is 1 hour to a year')
  const keep = Number(value('backupKeep') ?? KEEP)
  ensure(Number.isInteger(keep) && keep >= 1, 'usage', '--backup-keep is 1 or more')
  return { to, every: hours * HOUR, keep }
}
