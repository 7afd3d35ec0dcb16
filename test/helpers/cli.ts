// The command line as people run it: a process of its own, its two outputs and its exit code.
import assert from 'node:assert/strict'
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type Cleaner, cleanUp } from './cleanup.ts'

export const MAIN = join(import.meta.dirname, '../../cli/main.ts')
export const OWNER = 'Olga Owner'
export const ORG = 'Stadtwerke Musterstadt'
/** Bounds a failure; nothing waits for it otherwise. */
const PATIENCE = 60_000

export type Line = Record<string, unknown>
export type Outcome = { status: number | null; out: string; err: string; lines: Line[] }
type Running = {
  input?: string
  env?: Record<string, string>
  cwd?: string
  /** What is run instead of the sources. */
  main?: string
  /** Options of Node itself. */
  node?: string[]
  /** What is run instead of Node and the sources. */
  program?: string[]
  patience?: number
}

/** Without the settings of whoever runs the tests, unless the tests run without a check (scripts/mutation). */
const UNWANTED = 'WITHOUT_CHECK' in process.env ? /^HOLDFAST_/ : /^(HOLDFAST|NODE)_/

function surroundings(extra: Record<string, string>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !UNWANTED.test(name))
  return { ...Object.fromEntries(own), ...extra }
}

function jsonLines(out: string): Line[] {
  return out.split('\n').flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line)
      return typeof value === 'object' && value !== null ? [{ ...value }] : []
    } catch {
      return []
    }
  })
}

function launch(
  args: string[],
  running: Running,
): ChildProcessByStdio<Writable, Readable, Readable> {
  const node = [process.execPath, ...(running.node ?? []), running.main ?? MAIN]
  const [program = '', ...first] = running.program ?? node
  return spawn(program, [...first, ...args], {
    env: surroundings(running.env ?? {}),
    ...(running.cwd === undefined ? {} : { cwd: running.cwd }),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

/** A verb that goes on until it is told to end. What it has said so far; it ends with the test. */
export function going(t: Cleaner, args: string[], running: Running = {}) {
  const child = launch([...args, '--json'], running)
  const gone = once(child, 'exit') as Promise<[number | null]>
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  cleanUp(t, async () => {
    child.kill('SIGKILL')
    await gone
  })
  return { child, gone, lines: () => jsonLines(out), said: () => err }
}

/** Runs one verb to its end. */
export async function holdfast(args: string[], running: Running = {}): Promise<Outcome> {
  const child = launch(args, running)
  const late = setTimeout(() => child.kill('SIGKILL'), running.patience ?? PATIENCE)
  // A verb that does not read its input may close it first.
  child.stdin.on('error', () => {})
  child.stdin.end(running.input ?? '')
  const ended = once(child, 'exit') as Promise<[number | null]>
  const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  clearTimeout(late)
  return { status, out, err, lines: jsonLines(out) }
}

/** A verb that has to succeed, with `--json`: each line of standard output is one object. */
export async function json(args: string[], running: Running = {}): Promise<Line[]> {
  const outcome = await holdfast([...args, '--json'], running)
  assert.equal(outcome.status, 0, `holdfast ${args.join(' ')}\n${outcome.err}`)
  onlyJson(outcome)
  return outcome.lines
}

export async function one(args: string[], running: Running = {}): Promise<Line> {
  const [line] = await json(args, running)
  assert.ok(line, `holdfast ${args.join(' ')} said nothing`)
  return line
}

export function onlyJson({ out, lines }: Outcome): void {
  assert.equal(lines.length, out.split('\n').filter((line) => line !== '').length, out)
}

/** A refusal that people can act on: the exit code, a sentence, what to do, no stack trace. */
export function refusal(outcome: Outcome, status: 1 | 2, ...sentences: RegExp[]): void {
  assert.equal(outcome.status, status, outcome.err)
  for (const sentence of sentences) assert.match(outcome.err, sentence)
  assert.doesNotMatch(outcome.err, /^\s+at |node:internal|undefined|\[object/m)
  const told = outcome.err.split('\n').filter((line) => line.trim() !== '')
  assert.ok(told.length >= 2, `a sentence and what to do:\n${outcome.err}`)
}

export function tempFolder(t: Cleaner): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-cli-'))
  cleanUp(t, () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export type BoxProcess = {
  url: string
  host: string
  port: number
  child: ChildProcess
  /** What it has said on standard error so far. */
  said(): string
  /** Its exit code; null when a signal ended it. */
  gone: Promise<number | null>
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
}

export type Serving = {
  port?: number
  /** Address and port, in place of one of this machine alone. */
  listen?: string
  more?: string[]
  command?: string[]
  /** Options of Node itself. */
  node?: string[]
  env?: Record<string, string>
}

/** Resolves when the box accepts connections; the process ends with the test. */
export async function serve(t: Cleaner, data: string, serving: Serving = {}): Promise<BoxProcess> {
  const listen = serving.listen ?? `127.0.0.1:${serving.port ?? 0}`
  const verb = ['serve', '--data', data, '--listen', listen, '--log', 'warn', '--json']
  const node = [process.execPath, ...(serving.node ?? []), MAIN, ...verb]
  const [program = '', ...args] = [...(serving.command ?? []), ...node, ...(serving.more ?? [])]
  const env = surroundings(serving.env ?? {})
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const gone = once(child, 'exit') as Promise<[number | null]>
  cleanUp(t, async () => {
    child.kill('SIGKILL')
    await gone
  })
  const first = once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>
  const early = gone.then(([status]) => {
    throw new Error(`the box ended with ${status}: ${said}`)
  })
  const [line] = await Promise.race([first, early])
  early.catch(() => {})
  const { listening: url } = JSON.parse(line) as { listening: string }
  const { host, port } = new URL(url)
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> => {
    child.kill(signal)
    return (await gone)[0]
  }
  const over = gone.then(([status]) => status)
  return { url, host, port: Number(port), child, said: () => said, gone: over, end }
}

export type Town = { folder: string; data: string; box: BoxProcess; owner: string; card: string }

/** An organisation on a running box; `owner` is the state folder of its first owner. */
export async function town(t: Cleaner, serving: Serving = {}): Promise<Town> {
  const folder = tempFolder(t)
  const data = join(folder, 'box')
  const { card } = await one(['init', '--data', data, '--org', ORG, '--owner', OWNER])
  const box = await serve(t, data, serving)
  const owner = join(folder, 'owner')
  await one(['join', String(card), '--box', box.url, '--state', owner])
  return { folder, data, box, owner, card: String(card) }
}

/** Invites somebody and joins with the card. The state folder and who it is. */
export async function newcomer(
  { folder, box, owner }: Town,
  name: string,
  role = 'member',
): Promise<{ state: string; person: string; device: string }> {
  const invited = await one(['invite', '--name', name, '--role', role, '--state', owner])
  const state = join(folder, name.replaceAll(' ', '-'))
  const card = String(invited['card'])
  const joined = await one(['join', card, '--box', box.url, '--state', state])
  return { state, person: String(joined['person']), device: String(joined['device']) }
}
