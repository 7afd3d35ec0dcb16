// DNS-01 (RFC 8555, section 8.4): a record that a program of the operator's sets, or lexicon, which Debian maintains
// and which knows the interfaces of some eighty providers.
import { spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { ProtocolError } from '../../../protocol/errors.ts'
import type { Solver } from './order.ts'

export type DnsSettings = {
  /** A program, called with `add|remove NAME VALUE`; or `lexicon:PROVIDER`. */
  hook: string
  /** Until the record stands on all servers of the zone. Milliseconds. */
  wait: number
  /** After which the program counts as hung. Milliseconds. */
  patience: number
}

type Act = 'add' | 'remove'

/** Throws `dns_hook_failed` with what the program said, and ends one that hangs with all that it has started. */
export function dnsSolver({ hook, wait, patience }: DnsSettings): Solver {
  const act = (what: Act, name: string, proof: string): Promise<void> =>
    run(commandFor(hook, what, name, proof), patience)
  return {
    type: 'dns-01',
    async show(name, _, proof) {
      await act('add', name, proof)
      await pause(wait)
    },
    hide: (name, _, proof) => act('remove', name, proof).catch(() => {}),
  }
}

function commandFor(hook: string, what: Act, name: string, proof: string): string[] {
  const record = `_acme-challenge.${name}`
  const provider = /^lexicon:([a-z0-9]+)$/.exec(hook)?.[1]
  if (provider === undefined) return [hook, what, record, proof]
  const verb = what === 'add' ? 'create' : 'delete'
  // It finds out by itself where the zone of the name begins, and takes its credentials from the environment.
  return ['lexicon', provider, verb, name, 'TXT', '--name', record, '--content', proof]
}

/** As much as belongs into a line of a log. */
const MAX_SAID = 400

function run([program = '', ...args]: string[], patience: number): Promise<void> {
  return new Promise((resolve, reject) => {
    // A group of its own, so that what hangs ends with whatever it has started.
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
    let said = ''
    let hung = false
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-MAX_SAID)))
    const late = setTimeout(() => {
      hung = true
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    }, patience)
    const failed = (why: string, cause?: unknown): void => {
      clearTimeout(late)
      reject(new ProtocolError('dns_hook_failed', `${program}: ${why}`, { cause }))
    }
    child.once('error', (error) => failed(error.message, error))
    child.once('close', (status) => {
      clearTimeout(late)
      if (hung) failed(`no end after ${patience / 1000} s`)
      else if (status === 0) resolve()
      else failed(`exit code ${status}: ${said.replaceAll(/[^\x20-\x7e]+/g, ' ').trim()}`)
    })
  })
}
