// The box as its own process, so that SIGKILL is SIGKILL.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

const CLI = join(import.meta.dirname, '../../cli/main.ts')

export type BoxProcess = {
  url: string
  port: number
  child: ChildProcess
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
}

/** Runs one verb to its end and returns its JSON lines. Throws with what it wrote on standard error. */
export async function verb(...args: string[]): Promise<Record<string, unknown>[]> {
  const child = spawn(process.execPath, [CLI, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, err, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended(child),
  ])
  if (status !== 0) throw new Error(`holdfast ${args[0]} ended with ${status}: ${err}`)
  const lines = out.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

async function ended(child: ChildProcess): Promise<number | null> {
  const [status] = (await once(child, 'exit')) as [number | null]
  return status
}

/** Resolves when the box accepts connections. Port 0 picks a free one. */
export async function startBoxProcess(data: string, port: number): Promise<BoxProcess> {
  const args = [
    CLI,
    'serve',
    '--data',
    data,
    '--listen',
    `127.0.0.1:${port}`,
    '--log',
    'warn',
    '--json',
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const { listening: url } = JSON.parse(line) as { listening: string }
  return {
    url,
    port: Number(new URL(url).port),
    child,
    async kill(signal) {
      const gone = once(child, 'exit')
      child.kill(signal)
      await gone
    },
  }
}
