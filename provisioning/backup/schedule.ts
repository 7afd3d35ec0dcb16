// Backups of a box that serves, each in a process of its own: copying a large database takes seconds in which nobody
// would get an answer.
import { spawn } from 'node:child_process'
import type { Logger } from '../../server/log.ts'
import type { BackupSettings } from './settings.ts'
import { readState } from './state.ts'

/** How often something may be due. */
const INTERVAL = 10 * 60_000
/** A stick that was forgotten is asked for again. */
const RETRY = 60 * 60_000
const MAX_SAID = 600

type Scheduled = BackupSettings & {
  data: string
  /** This program, without a verb. */
  self: readonly string[]
  now: () => number
}

/** Whether one has to be made now. Times in milliseconds. */
export function isDue({ data, every, now }: Pick<Scheduled, 'data' | 'every' | 'now'>): boolean {
  const state = readState(data)
  if (state === null) return true
  const retry = state.error === null || now() - state.tried >= RETRY
  return retry && now() - (state.good?.at ?? 0) >= every
}

/** Returns the end of it, which waits for the one that is under way. */
export function scheduleBackups(scheduled: Scheduled, log: Logger): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  let busy = false
  const look = (): void => {
    if (busy || !isDue(scheduled)) return
    busy = true
    running = run(scheduled, log).finally(() => (busy = false))
  }
  look()
  const timer = setInterval(look, INTERVAL).unref()
  return () => {
    clearInterval(timer)
    return running
  }
}

function run({ self, data, to, keep }: Scheduled, log: Logger): Promise<void> {
  const [program = '', ...first] = self
  const args = ['backup', '--data', data, '--backup-to', to, '--backup-keep', `${keep}`, '--json']
  const child = spawn(program, [...first, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  const hear = (chunk: Buffer): void => void (said = (said + chunk.toString()).slice(-MAX_SAID))
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  return new Promise((resolve) => {
    child.once('error', (err) => log.error({ err }, 'the backup could not be started'))
    child.once('close', (status) => {
      if (status === 0) log.info({ said: said.trim() }, 'backup made and read back')
      else log.error({ said: said.trim() }, 'the backup failed')
      resolve()
    })
  })
}
