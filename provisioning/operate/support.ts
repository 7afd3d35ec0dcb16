// What somebody who helps needs to know of a box, without what says whose it is. Nothing is sent anywhere.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { cpus, freemem, hostname, loadavg, release, totalmem, uptime } from 'node:os'
import { join } from 'node:path'
import { type Config, OPTIONS } from '../../server/config.ts'
import type { Finding } from '../../server/operate/health.ts'
import { VERSION } from '../../server/version.ts'
import { redacted } from './redact.ts'

const UNITS = ['holdfast', 'holdfast-deliver', 'holdfast-certificates', 'holdfast-backup']
const LINES = '200'

type Asked = { config: Config; findings: readonly Finding[]; now: number }

/** JSON, to be read before it is handed on. */
export function supportBundle({ config, findings, now }: Asked): string {
  const bundle = {
    made: new Date(now).toISOString(),
    version: VERSION,
    node: process.versions,
    system: system(config.data),
    settings: settings(),
    findings,
    files: files(config.data),
    journal: Object.fromEntries(UNITS.map((unit) => [unit, journal(unit)])),
  }
  const host = config.origin === null ? [] : [new URL(config.origin).hostname]
  return redacted(`${JSON.stringify(bundle, null, 2)}\n`, [hostname(), ...host])
}

function system(data: string) {
  const { bavail, bsize, blocks } = statfsSync(existsSync(data) ? data : '/')
  const file = '/etc/os-release'
  const name = existsSync(file)
    ? /^PRETTY_NAME="(.*)"$/m.exec(readFileSync(file, 'utf8'))?.[1]
    : null
  return {
    name: name ?? null,
    kernel: release(),
    processors: cpus().length,
    load: loadavg(),
    memory: { total: totalmem(), free: freemem() },
    uptime: uptime(),
    disk: { total: blocks * bsize, free: bavail * bsize },
  }
}

/** Which are set. Of their values only those that are numbers or words of ours. */
function settings(): Record<string, string> {
  const plain = /^(?:\d{1,6}|debug|info|warn|error|silent)$/
  return Object.fromEntries(
    Object.values(OPTIONS).flatMap(([name]) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, plain.test(value) ? value : 'set']]
    }),
  )
}

function files(data: string) {
  if (!existsSync(data)) return []
  return readdirSync(data).map((name) => {
    const { size, mode, mtime } = statSync(join(data, name))
    return { name, size, mode: (mode & 0o777).toString(8), changed: mtime.toISOString() }
  })
}

/** Empty where there is no journal, or none that this user may read. */
function journal(unit: string): string[] {
  const args = ['-u', unit, '-n', LINES, '--no-pager', '-o', 'short-iso', '--no-hostname']
  const { status, stdout } = spawnSync('journalctl', args, { encoding: 'utf8', timeout: 10_000 })
  return status === 0 ? stdout.split('\n').filter((line) => line !== '') : []
}
