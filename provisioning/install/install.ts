// Holdfast onto a machine: the release, users, files, organisation, firewall and processes, in this order. Each step
// may be taken again: what is there already stays, and the settings become those that were said last.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { ensure, ProtocolError } from '../../protocol/errors.ts'
import { encodeRelease } from '../../protocol/release.ts'
import type { ReleaseKeys } from '../../protocol/release-keys.ts'
import { organisationsIn } from '../../server/context.ts'
import { MANIFEST } from '../../server/release.ts'
import { filesOf, type InstalledFile } from '../appliance/files.ts'
import { type Appliance, LAYOUT, USERS } from '../appliance/layout.ts'
import { enabled } from '../appliance/units.ts'
import { copyRelease, findRelease, PROGRAM, writeSigned } from '../update/found-release.ts'
import { Place } from '../update/place.ts'
import { writeWhole } from '../whole-file.ts'
import { atFirstStart, forPeople } from './extras.ts'
import { missingIn } from './surroundings.ts'

export type Installing = {
  /** Of the system: '/' is this machine; another folder one that does not run, such as an image. */
  root: string
  box: Appliance
  /** HOLDFAST_… variables that the operator has said. */
  settings: Readonly<Record<string, string>>
  /** The program that is installed: this one. */
  program: string
  version: string
  /** Of the release, where the program carries some. */
  keys: ReleaseKeys | null
  runbook: string
  org: string
  owner: string
  step: (what: string) => void
  /** At once: whatever fails later, this card is shown but here. */
  founded: (card: string) => void
}

/** Throws `install_needs`, `release_damaged`, `release_unsigned`, `update_place`, `install_failed`. */
export function install(installing: Installing): void {
  // Other users have to run what root writes here, whatever its own habits are.
  process.umask(0o022)
  const { root, box, settings, step } = installing
  const here = root === '/'
  const missing = missingIn(root)
  ensure(missing.length === 0, 'install_needs', `apt-get install ${missing.join(' ')}`)
  step('The release')
  bringRelease(installing)
  step('Files')
  const first = here ? [] : atFirstStart(installing.org, installing.owner)
  const files = [...filesOf(box, settings), ...forPeople(installing.runbook), ...first]
  for (const file of files) place(root, file)
  step('Users')
  // By its name, which is looked for below the root.
  run('systemd-sysusers', [...(here ? [] : [`--root=${root}`]), basename(LAYOUT.users)], root)
  handOver(root)
  if (here) foundOnce(installing)
  step('Services')
  dropOlder(
    root,
    files.map(({ path }) => basename(path)),
  )
  start(root, [...enabled(box), ...(here ? [] : ['holdfast-first.service'])])
}

/** With its manifest where that lies beside the program; a program alone is a release of one file. */
function bringRelease({ root, program, version, keys }: Installing): void {
  const releases = new Place(join(root, LAYOUT.releases))
  const known = releases.installed()
  ensure(known === null || known === version, 'update_place', `${known} is installed: use update`)
  if (known === version) return
  const folder = dirname(program)
  const part = releases.openPart(version)
  try {
    if (existsSync(join(folder, MANIFEST))) {
      const found = findRelease(folder, keys)
      ensure(found.release.version === version, 'release_damaged', 'of another version')
      copyRelease(found, part, () => {})
      writeSigned(found, part)
    } else alone(program, version, part)
    releases.take(version)
  } finally {
    releases.dropPart(version)
  }
  releases.pointPrevious(version)
  releases.point(version)
}

function alone(program: string, version: string, part: string): void {
  const bytes = readFileSync(program)
  writeFileSync(join(part, PROGRAM), bytes, { mode: 0o755, flush: true })
  const sha256 = createHash('sha256').update(bytes).digest()
  const files = [{ path: PROGRAM, size: bytes.length, sha256 }]
  const manifest = encodeRelease({ version, previous: new Uint8Array(32), files })
  writeFileSync(join(part, MANIFEST), manifest, { flush: true })
}

function place(root: string, { path, content, mode }: InstalledFile): void {
  const at = join(root, path)
  mkdirSync(dirname(at), { recursive: true })
  writeWhole(at, content, mode)
  chmodSync(at, mode)
}

const OWN_UNIT = /^holdfast[\w-]*\.(?:service|socket|timer)$/

/** The settings are for the processes of the box, and may hold what opens a door elsewhere. */
function handOver(root: string): void {
  const group = numberOf(root, 'etc/group', USERS.box)
  for (const path of [LAYOUT.settings, LAYOUT.first])
    if (existsSync(join(root, path))) chownSync(join(root, path), 0, group)
}

/** Third in each line of passwd(5) and group(5). */
function numberOf(root: string, file: string, name: string): number {
  const lines = readFileSync(join(root, file), 'utf8').split('\n')
  const number = lines.map((line) => line.split(':')).find(([first]) => first === name)?.[2]
  ensure(number !== undefined, 'install_failed', `there is no ${name} in ${file}`)
  return Number(number)
}

/** Unless there is an organisation already. */
function foundOnce({ box, org, owner, step, founded }: Installing): void {
  const { data } = LAYOUT
  const uid = numberOf('/', 'etc/passwd', USERS.box)
  const gid = numberOf('/', 'etc/group', USERS.box)
  mkdirSync(data, { recursive: true, mode: 0o700 })
  chownSync(data, uid, gid)
  chmodSync(data, 0o700)
  if (organisationsIn(data).length > 0) return
  step('The organisation')
  const args = ['init', '--data', data, '--origin', box.address, '--org', org, '--owner', owner]
  const { stdout, stderr, status } = spawnSync(LAYOUT.program, [...args, '--json'], {
    encoding: 'utf8',
    env: {},
    cwd: '/',
    uid,
    gid,
  })
  ensure(status === 0, 'install_failed', stderr?.trim() ?? 'init')
  founded((JSON.parse(stdout) as { card: string }).card)
}

/** What an earlier installation had and this one has not: a backup to nowhere must not go on. */
function dropOlder(root: string, wanted: readonly string[]): void {
  const own = readdirSync(join(root, LAYOUT.units)).filter((name) => OWN_UNIT.test(name))
  for (const name of own.filter((one) => !wanted.includes(one))) {
    if (root === '/') run('systemctl', ['disable', '--quiet', '--now', name], root)
    rmSync(join(root, LAYOUT.units, name))
  }
}

function start(root: string, units: readonly string[]): void {
  if (root !== '/') return run('systemctl', [`--root=${root}`, '--quiet', 'enable', ...units], root)
  run('systemctl', ['daemon-reload'], root)
  run('systemctl', ['enable', '--quiet', ...units], root)
  run(
    'systemctl',
    ['restart', ...units.filter((unit) => !unit.startsWith('holdfast-settle'))],
    root,
  )
}

function run(program: string, args: string[], root: string): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  if (status === 0) return
  const said = error?.message ?? stderr?.trim() ?? ''
  throw new ProtocolError('install_failed', `${program} ${args[0]} in ${root}: ${said}`)
}
