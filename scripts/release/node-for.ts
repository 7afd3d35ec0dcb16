// The Node that goes into the executable of a machine: the pinned one, or one that the builder gives.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')

export const ARCHITECTURES = ['x64', 'arm64'] as const
export type Architecture = (typeof ARCHITECTURES)[number]

type Lock = { packages: Record<string, { version: string; integrity: string }> }

/** Path of the pinned Node; that of another kind of machine is fetched once, and held against the lock file. */
export function pinnedNode(arch: Architecture): string {
  const name = `node-linux-${arch}`
  const installed = join(ROOT, 'node_modules', name, 'bin/node')
  if (existsSync(installed)) return installed
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock
  const locked = lock.packages[`node_modules/${name}`]
  if (locked === undefined) throw new Error(`${name} is not in the lock file`)
  const kept = join(ROOT, 'node_modules/.cache', `${name}-${locked.version}`)
  if (!existsSync(kept)) fetchPackage(`${name}@${locked.version}`, locked.integrity, kept)
  return join(kept, 'bin/node')
}

function fetchPackage(wanted: string, integrity: string, kept: string): void {
  const fresh = `${kept}.${process.pid}`
  mkdirSync(fresh, { recursive: true })
  try {
    run('npm', ['pack', wanted, '--silent', '--pack-destination', fresh], ROOT)
    const archive = join(fresh, `${wanted.replace('@', '-')}.tgz`)
    const hash = createHash('sha512').update(readFileSync(archive)).digest('base64')
    if (`sha512-${hash}` !== integrity) throw new Error(`${wanted} is not what the lock file names`)
    run('tar', ['-xzf', archive, '--strip-components=1'], fresh)
    rmSync(archive)
    renameSync(fresh, kept)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

function run(command: string, args: string[], cwd: string): void {
  const { status, error } = spawnSync(command, args, {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed`, { cause: error })
}
