// The figures of the box in the text form that Prometheus reads
// (https://prometheus.io/docs/instrumenting/exposition_formats/).
import { statfsSync } from 'node:fs'
import { join } from 'node:path'
import { statSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { toHex } from '../../protocol/bytes.ts'
import { type Context, orgFile } from '../context.ts'
import { readCertificate } from '../tls.ts'
import { healthOf, worst } from './health.ts'

type Labels = Record<string, string>
type Sample = [labels: Labels, value: number]

const delays = monitorEventLoopDelay({ resolution: 20 })
delays.enable()

/** `kind` counter: only grows, but for a restart. Times in seconds, sizes in bytes. */
function family(name: string, kind: 'gauge' | 'counter', help: string, samples: Sample[]): string {
  const lines = samples.map(([labels, value]) => {
    const inside = Object.entries(labels).map(([label, text]) => `${label}="${text}"`)
    return `holdfast_${name}${inside.length === 0 ? '' : `{${inside.join(',')}}`} ${value}`
  })
  return [`# HELP holdfast_${name} ${help}`, `# TYPE holdfast_${name} ${kind}`, ...lines, ''].join(
    '\n',
  )
}

const one = (value: number): Sample[] => [[{}, value]]

export function metrics(context: Context, version: string): string {
  return [
    family('info', 'gauge', 'Version of the box and of its Node.', [
      [{ version, node: process.versions.node }, 1],
    ]),
    ...ofProcess(),
    ...ofStore(context),
    ...ofTraffic(context),
    ...ofHealth(context),
  ].join('')
}

function ofProcess(): string[] {
  const { user, system } = process.cpuUsage()
  return [
    family('uptime_seconds', 'gauge', 'Since the start of the process.', one(process.uptime())),
    family('resident_bytes', 'gauge', 'Memory of the process.', one(process.memoryUsage.rss())),
    family('cpu_seconds_total', 'counter', 'CPU that it has used.', one((user + system) / 1e6)),
    family(
      'loop_delay_seconds',
      'gauge',
      'The longest wait of its loop, 99 of 100 are shorter.',
      one(delays.percentile(99) / 1e9),
    ),
  ]
}

function ofStore({ orgs, config, live }: Context): string[] {
  const each = (value: (id: string) => number): Sample[] =>
    [...orgs.values()].map(({ id }) => [{ org: toHex(id) }, value(toHex(id))])
  const { bavail, bsize } = statfsSync(config.data)
  const known = [...orgs.values()]
  const of = (id: string) => known.find((org) => toHex(org.id) === id)
  const bytes = (id: string): number => {
    const org = of(id)
    const path = org === undefined ? null : join(config.data, orgFile(org.id))
    return path === null ? 0 : (statSync(path, { throwIfNoEntry: false })?.size ?? 0)
  }
  const connected = (id: string): number => {
    const org = of(id)
    return org === undefined ? 0 : live.of(org.id).size
  }
  return [
    family('organisations', 'gauge', 'Organisations on this box.', one(orgs.size)),
    family(
      'channels',
      'gauge',
      'Channels.',
      each((id) => of(id)?.channels.size ?? 0),
    ),
    family(
      'persons',
      'gauge',
      'Persons in the directory.',
      each((id) => of(id)?.directory.persons.size ?? 0),
    ),
    family(
      'devices',
      'gauge',
      'Devices in the directory.',
      each((id) => of(id)?.directory.devices.size ?? 0),
    ),
    family('connections', 'gauge', 'Open lines.', each(connected)),
    family('database_bytes', 'gauge', 'Size of the database.', each(bytes)),
    family('disk_free_bytes', 'gauge', 'Space that is left.', one(bavail * bsize)),
  ]
}

function ofTraffic({ figures }: Context): string[] {
  const requests = [...figures.requests].map(([key, value]): Sample => {
    const [path = '', status = ''] = key.split(' ')
    return [{ path, status }, value]
  })
  const pushes = [...figures.pushes].map(([outcome, value]): Sample => [{ outcome }, value])
  return [
    family('requests_total', 'counter', 'Answers, by path and status.', requests),
    family('entries_total', 'counter', 'Entries that were accepted.', one(figures.entries)),
    family('pushes_total', 'counter', 'Pushes, by what came of them.', pushes),
  ]
}

const LEVELS = { ok: 0, warn: 1, fail: 2 } as const

function ofHealth(context: Context): string[] {
  const findings = healthOf(context)
  const checks = findings.map(({ check, level }): Sample => [{ check }, LEVELS[level]])
  return [
    family('health', 'gauge', '0: well, 1: look at it, 2: it fails.', one(LEVELS[worst(findings)])),
    family('check', 'gauge', 'The same, check by check.', checks),
    family(
      'certificate_expires_seconds',
      'gauge',
      'Unix time at which the certificate ends.',
      expiry(context),
    ),
  ]
}

function expiry({ config }: Context): Sample[] {
  try {
    return config.tls === null
      ? []
      : one(Date.parse(readCertificate(config.tls).leaf.validTo) / 1000)
  } catch {
    return []
  }
}
