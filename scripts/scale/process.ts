// A verb of the built command line as a process of its own, and the most memory it ever held.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const LOOK_EVERY = 50

export type Verb = {
  child: ChildProcess
  peak(): number
  ended: Promise<Record<string, unknown>[]>
}

/** Bytes that the process held at its most; what it said comes with its end, which has to be a good one. */
export function runVerb(main: string, args: string[]): Verb {
  const child = spawn(process.execPath, [main, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let peak = 0
  const look = (): void => {
    peak = Math.max(peak, peakOf(child.pid ?? 0))
  }
  const looking = setInterval(look, LOOK_EVERY)
  const lines: Record<string, unknown>[] = []
  const said = createInterface({ input: child.stdout })
  said.on('line', (line) => lines.push(JSON.parse(line) as Record<string, unknown>))
  const ended = once(child, 'close').then(([code]) => {
    clearInterval(looking)
    if (code !== 0) throw new Error(`holdfast ${args.join(' ')} ended with ${String(code)}`)
    return lines
  })
  return { child, peak: () => peak, ended }
}

/** VmHWM of /proc, which only rises (proc_pid_status(5)). */
export function peakOf(pid: number): number {
  try {
    const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return Number(found?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}
