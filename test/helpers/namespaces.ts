// Machines of a test: network namespaces on this one, joined by cables that the test lays.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { type Cleaner, cleanUp } from './cleanup.ts'

let made = 0

function ip(...args: string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' })
  assert.equal(status, 0, `ip ${args.join(' ')}: ${stderr}`)
}

/** Where this user may make namespaces at all. */
export function canMakeNamespaces(): boolean {
  const name = `hf${process.pid}probe`
  const works = spawnSync('ip', ['netns', 'add', name]).status === 0
  if (works) spawnSync('ip', ['netns', 'del', name])
  return works
}

export class Machine {
  readonly #name: string

  constructor(t: Cleaner) {
    this.#name = `hf${process.pid}n${(made += 1)}`
    ip('netns', 'add', this.#name)
    cleanUp(t, () => void spawnSync('ip', ['netns', 'del', this.#name]))
    ip('-n', this.#name, 'link', 'set', 'lo', 'up')
  }

  /** A cable to another machine; both ends with address and prefix length. */
  connect(own: string, other: Machine, theirs: string): void {
    const [left, right] = [`v${process.pid % 10_000}a${made}`, `v${process.pid % 10_000}b${made}`]
    made += 1
    const at = ['type', 'veth', 'peer', 'name', right, 'netns', other.#name]
    ip('link', 'add', left, 'netns', this.#name, ...at)
    for (const [machine, device, address] of [
      [this, left, own],
      [other, right, theirs],
    ] as const) {
      ip('-n', machine.#name, 'addr', 'add', address, 'dev', device)
      ip('-n', machine.#name, 'link', 'set', device, 'up')
    }
  }

  route(via: string): void {
    ip('-n', this.#name, 'route', 'add', 'default', 'via', via)
  }

  /** `user`: number of the user it runs as. */
  run(command: string[], user = 0, input = ''): SpawnSyncReturns<string> {
    const [program = '', ...args] = this.#command(command, user)
    return spawnSync(program, args, { encoding: 'utf8', input, timeout: 30_000 })
  }

  /** Ends with the test. */
  start(t: Cleaner, command: string[], user = 0): ChildProcess {
    const [program = '', ...args] = this.#command(command, user)
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    cleanUp(t, () => void child.kill('SIGKILL'))
    return child
  }

  #command(command: string[], user: number): string[] {
    const as = user === 0 ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups']
    return ['ip', 'netns', 'exec', this.#name, ...as, ...command]
  }
}
