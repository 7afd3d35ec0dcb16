// What a serving box does beside serving, each time in a process of its own: copying or reading a large database takes
// seconds in which nobody would get an answer.
import { spawn } from 'node:child_process'
import type { Logger } from '../../server/log.ts'

/** How often something may be due. */
const INTERVAL = 10 * 60_000
const MAX_SAID = 600

export type Chore = {
  /** The verb and its options. */
  args: readonly string[]
  isDue(): boolean
}

/** `self`: this program, without a verb. Returns the end of it, which waits for what is under way. */
export function doChores(
  chores: readonly Chore[],
  self: readonly string[],
  log: Logger,
): () => Promise<void> {
  let ended = false
  let working: Promise<void> | null = null
  const look = (): void => {
    working ??= inTurn().finally(() => (working = null))
  }
  const inTurn = async (): Promise<void> => {
    for (const chore of chores)
      if (!ended && chore.isDue()) await run([...self, ...chore.args], log)
  }
  look()
  const timer = setInterval(look, INTERVAL).unref()
  return async () => {
    ended = true
    clearInterval(timer)
    await working
  }
}

function run([program = '', ...args]: string[], log: Logger): Promise<void> {
  const verb = args.find((arg) => /^[a-z]+$/.test(arg))
  const child = spawn(program, [...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  const hear = (chunk: Buffer): void => void (said = (said + chunk.toString()).slice(-MAX_SAID))
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  return new Promise((resolve) => {
    child.once('error', (err) => {
      log.error({ verb, err }, 'a chore could not be started')
      resolve()
    })
    child.once('close', (status) => {
      if (status === 0) log.info({ verb, said: said.trim() }, 'chore done')
      else log.error({ verb, said: said.trim() }, 'a chore failed')
      resolve()
    })
  })
}
