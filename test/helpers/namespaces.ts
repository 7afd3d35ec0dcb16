// Machines of a test: network namespaces on this one, joined by cables that the test lays.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
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
  readonly #t: Cleaner

  constructor(t: Cleaner) {
    this.#t = t
    this.#name = `hf${process.pid}n${(made += 1)}`
    ip('netns', 'add', this.#name)
    cleanUp(t, () => void spawnSync('ip', ['netns', 'del', this.#name]))
    ip('-n', this.#name, 'link', 'set', 'lo', 'up')
  }

  /** A cable to another machine; both ends with address and prefix length. Returns the name of the own end. */
  connect(own: string, other: Machine, theirs: string): string {
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
    return left
  }

  /** A further address, which no cable leads to. */
  owns(address: string): void {
    ip('-n', this.#name, 'addr', 'add', `${address}/32`, 'dev', 'lo')
  }

  route(via: string): void {
    ip('-n', this.#name, 'route', 'add', 'default', 'via', via)
  }

  /** A setting of its network, by the name that sysctl has for it. */
  set(name: string, value: number): void {
    const path = `/proc/sys/net/${name.replaceAll('.', '/')}`
    const { status, stderr } = this.run(['sh', '-c', `echo ${value} > ${path}`])
    assert.equal(status, 0, `${name}: ${stderr}`)
  }

  /** Whom it asks for names, and nobody else: `ip netns exec` puts these files over those of /etc. */
  asks(resolver: string): void {
    const folder = `/etc/netns/${this.#name}`
    mkdirSync(folder, { recursive: true })
    cleanUp(this.#t, () => rmSync(folder, { recursive: true, force: true }))
    writeFileSync(`${folder}/resolv.conf`, `nameserver ${resolver}\n`)
    writeFileSync(`${folder}/nsswitch.conf`, 'hosts: dns\n')
  }

  /** `user`: number of the user it runs as. */
  run(command: string[], user = 0, input = ''): SpawnSyncReturns<string> {
    const [program = '', ...args] = this.command(command, user)
    return spawnSync(program, args, { encoding: 'utf8', input, timeout: 30_000 })
  }

  /** Ends with the test. */
  start(t: Cleaner, command: string[], user = 0): ChildProcess {
    const [program = '', ...args] = this.command(command, user)
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    cleanUp(t, () => void child.kill('SIGKILL'))
    return child
  }

  /** What runs a command there, for whoever starts it. */
  command(command: string[], user = 0): string[] {
    const as = user === 0 ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups']
    return ['ip', 'netns', 'exec', this.#name, ...as, ...command]
  }
}
