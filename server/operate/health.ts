// How the running box is, as it knows by itself: what fails, what will fail, and what to do.
import { existsSync, readFileSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../context.ts'
import { ageOf, ERROR_FROM, readCertificate, WARN_FROM } from '../tls.ts'

export type Level = 'ok' | 'warn' | 'fail'
/** `what`: a sentence; `todo`: what to do, empty where there is nothing. */
export type Finding = { check: string; level: Level; what: string; todo: string }

const GIB = 1024 ** 3
/** A box that fills up needs somebody with a day's notice. */
export const LOW_SPACE = 2 * GIB
const HOUR = 60 * 60_000
/** The scrub runs every hour: two that did not come are one too many. */
const SCRUB_LATE = 3 * HOUR
export const SCRUB_FILE = 'scrub.json'
export type ScrubState = { at: number; entries: number; damage: string[] }

export function healthOf(context: Context): Finding[] {
  return [
    disk(context),
    certificate(context),
    clock(context),
    scrubbed(context.config.data, context.clock.now()),
    restored(context),
  ]
}

/** Until administrators have spoken people write, and nothing goes out. */
function restored({ orgs, restoring }: Context): Finding {
  const waiting = [...orgs.values()].filter(({ id }) => restoring.has(id)).length
  const todo = 'See "after a restore" in RUNBOOK.md.'
  return waiting === 0
    ? finding('restored', 'ok', 'The box takes new entries.')
    : finding(
        'restored',
        'fail',
        'It was brought back from a backup and waits for administrators.',
        todo,
      )
}

export const worst = (findings: readonly Finding[]): Level =>
  findings.some(({ level }) => level === 'fail')
    ? 'fail'
    : findings.some(({ level }) => level === 'warn')
      ? 'warn'
      : 'ok'

export const finding = (check: string, level: Level, what: string, todo = ''): Finding => ({
  check,
  level,
  what,
  todo,
})

function disk({ config, readOnly, reserve }: Context): Finding {
  const { bavail, bsize, blocks } = statfsSync(config.data)
  const free = bavail * bsize
  const left = `${(free / GIB).toFixed(1)} GiB of ${((blocks * bsize) / GIB).toFixed(1)} GiB are free`
  const room = 'Free space on the disk of the box; see "full disk" in RUNBOOK.md.'
  if (readOnly.now)
    return finding(
      'disk',
      'fail',
      'The disk takes no writes.',
      'Look after the disk; see "read-only disk" in RUNBOOK.md.',
    )
  if (reserve.scarce)
    return finding('disk', 'fail', `The disk is full: ${left}. Alerts still go out.`, room)
  return free < LOW_SPACE
    ? finding('disk', 'warn', `${left}.`, room)
    : finding('disk', 'ok', `${left}.`)
}

function certificate({ config, clock: time }: Context): Finding {
  const { tls } = config
  if (tls === null) return finding('certificate', 'ok', 'None: the box listens on loopback alone.')
  const todo = 'See "expired certificate" in RUNBOOK.md: a new one is taken up without a restart.'
  try {
    const { used, daysLeft } = ageOf(readCertificate(tls).leaf, time.now())
    const said = `The certificate is good for ${daysLeft} more days.`
    if (used >= 1) return finding('certificate', 'fail', 'The certificate has expired.', todo)
    if (used >= ERROR_FROM) return finding('certificate', 'fail', said, todo)
    return used >= WARN_FROM
      ? finding('certificate', 'warn', said, todo)
      : finding('certificate', 'ok', said)
  } catch {
    return finding('certificate', 'fail', 'The certificate cannot be read.', todo)
  }
}

function clock({ steady, orgs, clock: time }: Context): Finding {
  const now = time.now()
  const ahead = Math.max(0, ...[...orgs.values()].map(({ directory }) => directory.logTime - now))
  const todo = 'Set the clock of the machine; see "wrong time" in RUNBOOK.md.'
  if (ahead > HOUR / 12)
    return finding(
      'clock',
      'fail',
      `The clock is behind by ${Math.round(ahead / 60_000)} minutes or more.`,
      todo,
    )
  return steady.look().clock === 'jumped'
    ? finding(
        'clock',
        'warn',
        'The clock was set within the last day.',
        'Nothing, if it is right now.',
      )
    : finding('clock', 'ok', 'The clock runs evenly.')
}

export function readScrub(data: string): ScrubState | null {
  const path = join(data, SCRUB_FILE)
  if (!existsSync(path)) return null
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ScrubState
  } catch {
    return null
  }
}

/** What the last look at everything on the disk has found. */
export function scrubbed(data: string, now: number): Finding {
  const state = readScrub(data)
  const todo = 'Stop the box and follow "damaged database" in RUNBOOK.md.'
  if (state === null)
    return finding(
      'database',
      'warn',
      'Nobody has looked over the whole database yet.',
      'Run holdfast scrub --data DIR.',
    )
  if (state.damage.length > 0)
    return finding('database', 'fail', `Damaged: ${state.damage[0]}`, todo)
  const hours = Math.round((now - state.at) / HOUR)
  const said = `${state.entries} entries were held against their chains ${hours} hours ago.`
  return now - state.at > SCRUB_LATE
    ? finding('database', 'warn', said, 'Run holdfast scrub --data DIR; serve does it every hour.')
    : finding('database', 'ok', said)
}
