// The real box as a process of its own, with two ways to look into it from outside: a heap snapshot that it
// writes itself, and its whole memory as the kernel shows it.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { until } from '../helpers/town.ts'

const MAIN = join(import.meta.dirname, '../../cli/main.ts')
/** Read at once; regions overlap by as much as a text that is looked for may be long. */
const STEP = 16 * 1024 * 1024
const OVERLAP = 4096

export class BoxProcess {
  readonly url: string
  readonly #child: ChildProcess
  readonly #dumps: string

  private constructor(child: ChildProcess, url: string, dumps: string) {
    this.#child = child
    this.url = url
    this.#dumps = dumps
  }

  /** `preload`: a module that is loaded into the box first. */
  static async start(data: string, dumps: string, preload: string): Promise<BoxProcess> {
    const { NODE_TEST_CONTEXT: _context, ...env } = process.env
    const own = ['--heapsnapshot-signal=SIGUSR2', `--diagnostic-dir=${dumps}`, '--import', preload]
    const verb = ['serve', '--data', data, '--listen', '127.0.0.1:0', '--log', 'warn', '--json']
    const stdio = ['ignore', 'pipe', 'ignore'] as const
    const child = spawn(process.execPath, [...own, MAIN, ...verb], { env, stdio: [...stdio] })
    const lines = createInterface({ input: child.stdout })
    const [line] = (await once(lines, 'line')) as [string]
    const { listening } = JSON.parse(line) as { listening: string }
    return new BoxProcess(child, listening, dumps)
  }

  /** The heap as V8 writes it: every string that the box can reach. */
  async heap(): Promise<Buffer> {
    this.#child.kill('SIGUSR2')
    const dump = (): string | undefined =>
      readdirSync(this.#dumps).find((name) => name.endsWith('.heapsnapshot'))
    let size = -1
    await until(() => {
      const name = dump()
      const now = name === undefined ? -1 : statSync(join(this.#dumps, name)).size
      const done = now > 0 && now === size && endsWell(join(this.#dumps, name ?? ''), now)
      size = now
      return done
    }, 'the heap snapshot')
    return readFileSync(join(this.#dumps, dump() ?? ''))
  }

  /** Everything that the process has mapped and may read, also what was freed and not yet written over. */
  *memory(): Generator<Buffer> {
    const { pid } = this.#child
    const maps = readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n')
    const mem = openSync(`/proc/${pid}/mem`, 'r')
    const pagemap = openSync(`/proc/${pid}/pagemap`, 'r')
    try {
      for (const region of maps.flatMap(readable))
        for (const [start, end] of present(pagemap, region)) yield* piecesOf(mem, start, end)
    } finally {
      closeSync(mem)
      closeSync(pagemap)
    }
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}

/** The snapshot is one JSON object, written from front to back. */
function endsWell(path: string, size: number): boolean {
  const file = openSync(path, 'r')
  const last = Buffer.alloc(16)
  readSync(file, last, 0, 16, Math.max(0, size - 16))
  closeSync(file)
  return last.toString('latin1').trimEnd().endsWith(']}')
}

/** Private writable memory: heaps, stacks, buffers. What a file backs can be read there. */
function readable(line: string): [number, number][] {
  const match = /^([0-9a-f]+)-([0-9a-f]+) (r\S+) \S+ \S+ (\d+)\s*(\S*)/.exec(line)
  if (match === null) return []
  const [, start = '', end = '', rights = '', , name = ''] = match
  if (!rights.startsWith('rw') || name.startsWith('[v')) return []
  return [[Number.parseInt(start, 16), Number.parseInt(end, 16)]]
}

const PAGE = 4096
/** In memory, or swapped out: proc(5), pagemap. */
const HELD = 0xc0

/** The parts of a region that hold something; most of what is reserved has never been touched. */
function present(pagemap: number, [start, end]: [number, number]): [number, number][] {
  const pages = (end - start) / PAGE
  const flags = Buffer.alloc(pages * 8)
  readSync(pagemap, flags, 0, flags.length, (start / PAGE) * 8)
  const runs: [number, number][] = []
  for (let i = 0; i < pages; i++) {
    if (((flags[i * 8 + 7] as number) & HELD) === 0) continue
    const [from, to] = [start + i * PAGE, start + (i + 1) * PAGE]
    const last = runs.at(-1)
    if (last !== undefined && last[1] === from) last[1] = to
    else runs.push([from, to])
  }
  return runs
}

function* piecesOf(mem: number, start: number, end: number): Generator<Buffer> {
  for (let at = start; at < end; at += STEP) {
    const length = Math.min(STEP + OVERLAP, end - at)
    const piece = Buffer.alloc(length)
    let got: number
    try {
      got = readSync(mem, piece, 0, length, at)
    } catch {
      // A region that is gone or closed by now.
      return
    }
    yield piece.subarray(0, got)
  }
}
