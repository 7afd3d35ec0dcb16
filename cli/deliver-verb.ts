// Taking pushes out of the house, in a process of its own.
import { existsSync, lstatSync, rmSync } from 'node:fs'
import { ensure } from '../protocol/errors.ts'
import { startDeliver } from '../server/deliver.ts'
import { untilTold } from './until-told.ts'
import type { Verb } from './verb.ts'

/** The first descriptor that systemd hands over (sd_listen_fds(3)). */
const FIRST_FD = 3

export const deliver: Verb = {
  usage: 'deliver [--socket PATH]',
  summary: 'Sends pushes for a box that may not reach the internet, until SIGTERM.',
  help: `
The box hands it sealed pushes over a UNIX socket: serve --deliver PATH. Whoever may open the socket may
send pushes, so that its folder belongs to the user of the box alone. Under systemd it takes the socket
that the unit has opened.`,
  options: { socket: { type: 'string', value: 'PATH', help: 'the socket to listen on' } },
  positionals: [0, 0],
  async run(args) {
    const path = args.text('socket')
    const handed = handedSocket(process.env)
    ensure(path !== undefined || handed !== null, 'usage', 'where? --socket PATH')
    if (path !== undefined) dropStale(path)
    const where = path === undefined ? { fd: handed ?? FIRST_FD } : { path }
    const running = await startDeliver(where)
    const told = untilTold()
    args.out.result(
      { listening: path ?? 'systemd' },
      `Waiting for pushes on ${path ?? 'the socket of the unit'}`,
    )
    await told
    await running.stop()
  },
}

/** Null: systemd has handed over none, or to another process. */
function handedSocket({ LISTEN_PID, LISTEN_FDS }: NodeJS.ProcessEnv): number | null {
  return Number(LISTEN_PID) === process.pid && Number(LISTEN_FDS) === 1 ? FIRST_FD : null
}

/** Of a process that was killed; anything else at that place stays, and listening fails. */
function dropStale(path: string): void {
  if (existsSync(path) && lstatSync(path).isSocket()) rmSync(path)
}
