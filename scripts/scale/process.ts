// A verb of the built command line as a process of its own, and the most memory it ever held.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const LOOK_EVERY = 50

export type Verb = {
  child: ChildProcess
  /** Bytes that it held at its most. */
  peak(): number
  /** Bytes that it has written so far, to files and sockets. */
  written(): number
  /** What it said; rejects when it did not end well. */
  ended: Promise<Record<string, unknown>[]>
}

export function runVerb(main: string, args: string[]): Verb {
  const child = spawn(process.execPath, [main, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let [peak, written] = [0, 0]
  const look = (): void => {
    peak = Math.max(peak, peakOf(child.pid ?? 0))
    written = Math.max(written, writtenBy(child.pid ?? 0))
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
  return { child, peak: () => peak, written: () => written, ended }
}

/** VmHWM only rises (proc_pid_status(5)). */
export const peakOf = (pid: number): number =>
  1024 * figureIn(`/proc/${pid}/status`, /VmHWM:\s+(\d+) kB/)

/** wchar counts what write(2) and its kin were given (proc_pid_io(5)). */
const writtenBy = (pid: number): number => figureIn(`/proc/${pid}/io`, /wchar: (\d+)/)

/** Nothing of a process that has ended. */
function figureIn(path: string, figure: RegExp): number {
  try {
    return Number(figure.exec(readFileSync(path, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
