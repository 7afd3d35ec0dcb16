// Some scenarios run in a process of their own, so that a control can run them on broken sources.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

export type Outcome = { status: number | null; err: string; result: Record<string, unknown> }

/** Runs a script of this folder. Its last line of standard output is its result as JSON. */
export async function run(
  script: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<Outcome> {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit') as Promise<[number | null]>
  const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  const last = out.trim().split('\n').at(-1) ?? ''
  return { status, err, result: last === '' ? {} : (JSON.parse(last) as Outcome['result']) }
}

/** The number behind a flag of such a script. */
export function flag(name: string): number {
  const at = process.argv.indexOf(`--${name}`)
  const value = Number(process.argv[at + 1])
  if (at === -1 || !Number.isFinite(value)) throw new TypeError(`--${name} NUMBER is missing`)
  return value
}
