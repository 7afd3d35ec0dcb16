// The servers under load, each a process of its own on the first core; this process, the load, is on the second.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { buildBox } from '../build-box.ts'
import { build } from '../build.ts'
import { pinnedNode } from '../release/node-for.ts'
import type { Target } from './raw-socket.ts'

const HERE = import.meta.dirname
/** What `npm start` runs. */
const MAIN = await buildBox(join(tmpdir(), 'holdfast-bench-built'))
const PINNED = spawnSync('taskset', ['-c', '0', 'true']).status === 0
/** As npm start sets it: both servers start from compiled code. */
const CACHE = process.env['NODE_COMPILE_CACHE'] ?? join(tmpdir(), 'holdfast-bench-compiled')
/** /proc counts in ticks of 10 ms. */
const TICK = 10

export type BareMode = 'memory' | 'durable' | 'signed'
export type Certificate = { cert: string; key: string }
export type Running = {
  target: Target
  pid: number
  /** Milliseconds from the spawn until it accepted connections. */
  started: number
  /** Milliseconds of CPU that the process has used so far. */
  cpu(): number
  /** Resident bytes. */
  rss(): number
  stop(): Promise<void>
}

/** Pins the load to the second core; says whether there is pinning at all. */
export function pinLoad(): boolean {
  if (PINNED) spawnSync('taskset', ['-pc', '1', String(process.pid)])
  return PINNED
}

export function startBare(mode: BareMode, file: string, tls?: Certificate): Promise<Running> {
  const certificate = tls === undefined ? [] : [tls.cert, tls.key]
  return start(
    [process.execPath, join(HERE, 'bare.ts'), mode, file, ...certificate],
    tls !== undefined,
  )
}

export function startBox(data: string, tls?: Certificate): Promise<Running> {
  return start([process.execPath, MAIN, ...serving(data), ...certified(tls)], tls !== undefined)
}

/** The single executable; returns its path. */
export async function buildExecutable(): Promise<string> {
  const arch = process.arch === 'arm64' ? 'arm64' : 'x64'
  const out = join(tmpdir(), 'holdfast-bench-executable')
  const program = await build({ out, arch, node: pinnedNode(arch) })
  asAfterBoot(program)
  return program
}

/** What was just written lies in memory in larger pieces, of which more is mapped: 30 MiB that no installed box has. */
function asAfterBoot(program: string): void {
  const forget = [`of=${program}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0']
  spawnSync('dd', forget, { stdio: 'ignore' })
}

/** `port`: 0 for any. */
export function startExecutable(
  program: string,
  data: string,
  tls?: Certificate,
  port = 0,
): Promise<Running> {
  return start([program, ...serving(data, port), ...certified(tls)], tls !== undefined)
}

const certified = (tls: Certificate | undefined): string[] =>
  tls === undefined ? [] : ['--tls-cert', tls.cert, '--tls-key', tls.key]

const serving = (data: string, port = 0): string[] =>
  `serve --data ${data} --listen 127.0.0.1:${port} --log silent --json`.split(' ')

async function start(command: string[], tls: boolean): Promise<Running> {
  const begin = performance.now()
  const [program = '', ...rest] = PINNED ? ['taskset', '-c', '0', ...command] : command
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, NODE_COMPILE_CACHE: CACHE },
  })
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`a server ended with ${code}`)))
  })
  const started = performance.now() - begin
  const { listening } = JSON.parse(line) as { listening: string }
  const { hostname: host, port } = new URL(listening)
  return {
    target: { host, port: Number(port), tls },
    started,
    pid: child.pid ?? 0,
    ...figuresOf(child),
  }
}

function figuresOf(child: ChildProcess): Pick<Running, 'cpu' | 'rss' | 'stop'> {
  const { pid } = child
  return {
    cpu() {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      return (Number(fields[11]) + Number(fields[12])) * TICK
    },
    rss() {
      const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
      return Number(found?.[1]) * 1024
    },
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      }),
  }
}
