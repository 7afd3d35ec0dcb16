// How the box is: what fails and what to do, its figures, and a look over everything on its disk.
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ProtocolError } from '../protocol/errors.ts'
import { idText } from '../protocol/ids.ts'
import { readBackups } from '../provisioning/backup/settings.ts'
import { readState } from '../provisioning/backup/state.ts'
import * as checks from '../provisioning/operate/checks.ts'
import { lookOver } from '../provisioning/operate/scrub.ts'
import { orgFile, organisationsIn } from '../server/context.ts'
import { type Finding, type Level, worst } from '../server/operate/health.ts'
import { openReader } from '../server/store/database.ts'
import { FileTable } from '../server/store/files.ts'
import { LogTable } from '../server/store/logs.ts'
import { ageOf, readCertificate } from '../server/tls.ts'
import { VERSION } from '../server/version.ts'
import { given, optionsOf } from './box-options.ts'
import {
  type BoxSettings,
  CERTIFICATE_OPTIONS,
  ensureFounded,
  settingsOf,
  shownCertificate,
  tlsFolder,
} from './box-settings.ts'
import type { Arguments, Verb } from './verb.ts'

const MARKS: Record<Level, string> = { ok: 'ok  ', warn: 'LOOK', fail: 'FAIL' }

const OPERATE = optionsOf('data', 'listen', 'origin', 'tlsCert', 'tlsKey', ...CERTIFICATE_OPTIONS)

export const doctor: Verb = {
  usage: 'doctor --data DIR [--operator HOST:PORT]',
  summary: 'Looks whether the box is well, and says what to do for each finding.',
  help: `
With the options of the box, or its environment:
  holdfast doctor --data DIR --tls-cert FILE --tls-key FILE --operator 127.0.0.1:8471
Exit code 1 where something fails; what to look at alone is no failure.`,
  options: { ...OPERATE, ...optionsOf('operator', 'backupTo', 'backupEvery') },
  positionals: [0, 0],
  async run(args) {
    const settings = settingsOf(args)
    const findings = await examine(args, settings)
    for (const { check, level, what, todo } of findings) {
      const next = todo === '' ? '' : `\n     ${' '.repeat(26)}${todo}`
      args.out.result(
        { check, level, what, todo },
        `${MARKS[level]} ${check.padEnd(26)} ${what}${next}`,
      )
    }
    const failing = findings.filter(({ level }) => level === 'fail')
    if (worst(findings) === 'fail')
      throw new ProtocolError('unwell', failing.map(({ check }) => check).join(', '))
  },
}

export async function examine(args: Arguments, { box }: BoxSettings): Promise<Finding[]> {
  const now = Date.now()
  const every = readBackups(given(args), process.env)?.every ?? null
  const first = [checks.node(), checks.organisation(box.data)]
  if (!existsSync(box.data)) return first
  const tls = shownCertificate(args, box)
  return [
    ...first,
    checks.permissions(box.data),
    checks.space(box.data),
    checks.certificate({ ...box, tls }, tlsFolder(args, box.data), now),
    checks.backup(box.data, every, now),
    checks.database(box.data, now),
    checks.time(),
    ...(await checks.running(box)),
    ...(await checks.pushHosts()),
  ]
}

export const scrub: Verb = {
  usage: 'scrub --data DIR',
  summary: 'Holds everything on the disk of the box against its chains, while it serves.',
  help: `
It reads every page, entry, sealed body and part of a file. serve does this every hour by itself.`,
  options: optionsOf('data'),
  positionals: [0, 0],
  async run(args) {
    const { box } = settingsOf(args)
    ensureFounded(box.data)
    const found = await lookOver(box.data, Date.now())
    for (const { org, entries, files, damage } of found)
      args.out.result(
        { org, entries, files, damage },
        [`Organisation ${org}: ${entries} entries, ${files} files`, ...damage].join('\n  '),
      )
    const [first] = found.flatMap(({ damage }) => damage)
    if (first !== undefined) throw new ProtocolError('database_damaged', first)
  },
}

type Figure = { figure: string; value: number | string; unit: string; org?: string }

export const status: Verb = {
  usage: 'status --data DIR',
  summary: 'The figures of the box: what it holds, and how old its backup and certificate are.',
  help: `
  holdfast status --data DIR --json`,
  options: OPERATE,
  positionals: [0, 0],
  async run(args) {
    const { box } = settingsOf(args)
    ensureFounded(box.data)
    for (const figure of [
      ...general(box.data, shownCertificate(args, box)),
      ...ofOrganisations(box.data),
    ]) {
      const whose = figure.org === undefined ? '' : ` (${figure.org.slice(0, 8)})`
      const line = `${(figure.figure + whose).padEnd(34)} ${figure.value} ${figure.unit}`
      args.out.result(figure, line.trimEnd())
    }
  },
}

function general(data: string, tls: BoxSettings['box']['tls']): Figure[] {
  const good = readState(data)?.good
  const made = good === undefined || good === null ? 'none' : new Date(good.at).toISOString()
  const days = tls === null ? 'none' : daysOf(tls)
  return [
    { figure: 'version', value: VERSION, unit: '' },
    { figure: 'node', value: process.versions.node, unit: '' },
    { figure: 'last backup', value: made, unit: '' },
    { figure: 'certificate', value: days, unit: days === 'none' ? '' : 'days left' },
  ]
}

function daysOf(tls: NonNullable<BoxSettings['box']['tls']>): number | string {
  try {
    return ageOf(readCertificate(tls).leaf, Date.now()).daysLeft
  } catch {
    return 'unreadable'
  }
}

function ofOrganisations(data: string): Figure[] {
  return organisationsIn(data).flatMap((id) => {
    const path = join(data, orgFile(id))
    const db = openReader(path)
    try {
      const logs = new LogTable(db).list()
      const org = idText(id)
      const entries = logs.reduce((sum, { head }) => sum + head.n, 0)
      const of = (figure: string, value: number, unit: string): Figure => ({
        figure,
        value,
        unit,
        org,
      })
      return [
        of('entries', entries, ''),
        of('channels', logs.filter(({ kind }) => kind === 'channel').length, ''),
        of('alerts with answers', logs.filter(({ kind }) => kind === 'answers').length, ''),
        of('files', new FileTable(db).all().length, ''),
        of('database', statSync(path).size, 'bytes'),
      ]
    } finally {
      db.close()
    }
  })
}
