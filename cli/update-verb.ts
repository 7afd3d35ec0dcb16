// A newer release, from a stick or a folder.
import { spawnSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { ensure, ProtocolError } from '../protocol/errors.ts'
import { LAYOUT } from '../provisioning/appliance/layout.ts'
import { ensureWhole, findRelease, hashOf, sizeOf } from '../provisioning/update/found-release.ts'
import { Place } from '../provisioning/update/place.ts'
import {
  ensureNewer,
  type Service,
  settle,
  update,
  type Updating,
} from '../provisioning/update/update.ts'
import { MIGRATIONS } from '../server/store/migrations.ts'
import { optionsOf } from './box-options.ts'
import { CERTIFICATE_OPTIONS, settingsOf } from './box-settings.ts'
import { neededKeys } from './release-keys.ts'
import type { Arguments, Verb } from './verb.ts'

const MIB = 1024 * 1024
/** A large database is checked page by page before the box listens. Seconds. */
const PATIENCE = 120

export const updateBox: Verb = {
  usage: 'update (FOLDER [--check] | --settle)',
  summary: 'Takes a newer release from a stick or a folder, and goes back where it is not well.',
  help: `
  sudo holdfast update /media/stick/holdfast --check    # is it whole, signed and newer?
  sudo holdfast update /media/stick/holdfast
Two of the three release keys that the running program knows must have signed it. The box stands still
for the seconds of a restart; where the new release is not well in time, the one before runs
again. After an interruption --settle finds out which one is to run; an installed box does that by itself.`,
  options: {
    check: { type: 'boolean', help: 'only look at it' },
    settle: { type: 'boolean', help: 'end an update that was interrupted' },
    root: {
      type: 'string',
      value: 'DIR',
      help: `where Holdfast is installed (default: ${LAYOUT.releases})`,
    },
    service: {
      type: 'string',
      value: 'PROGRAM',
      help: 'called with stop and start (default: systemctl, on the units of the box)',
    },
    patience: {
      type: 'string',
      value: 'SECONDS',
      help: `how long it may take to be well (default: ${PATIENCE})`,
    },
    ...optionsOf('data', 'listen', 'tlsCert', 'tlsKey', 'operator', ...CERTIFICATE_OPTIONS),
  },
  positionals: [0, 1],
  async run(args) {
    const from = args.positionals[0]
    ensure((from === undefined) === args.flag('settle'), 'usage', 'holdfast update FOLDER')
    if (from !== undefined && args.flag('check')) return check(args, from)
    const updating = updatingOf(args)
    holdOn(args)
    const done =
      from === undefined
        ? await settle(updating)
        : await update(from, neededKeys(), MIGRATIONS.length, updating)
    if (done === null) args.out.result({ from: null, to: null }, 'No update was interrupted.')
    else args.out.result(done, `${done.to} runs. Before it was ${done.from}.`)
  },
}

/** From here on it ends by itself: a terminal that closes must not leave a box between two releases. */
function holdOn({ out }: Arguments): void {
  process.umask(0o022)
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => out.note('It cannot be stopped now; it ends by itself.'))
}

function check(args: Arguments, folder: string): void {
  const found = findRelease(folder, neededKeys())
  ensureNewer(found, new Place(args.text('root') ?? LAYOUT.releases).current())
  ensureWhole(found, progressOf(args, sizeOf(found)))
  const { version } = found.release
  const manifest = hashOf(found.manifest)
  args.out.result(
    { version, manifest },
    `Holdfast ${version} is whole, signed and newer. SHA-256 of its manifest:\n${manifest}`,
  )
}

function progressOf({ out }: Arguments, total: number): (bytes: number) => void {
  let done = 0
  return (bytes) => out.progress(Math.round((done += bytes) / MIB), Math.round(total / MIB), 'MiB')
}

function updatingOf(args: Arguments): Updating {
  const root = args.text('root') ?? LAYOUT.releases
  const place = new Place(root)
  ensureInstalled(place, args.flag('settle'))
  const program = args.text('service')
  const { box } = settingsOf(args)
  return {
    place,
    box,
    service: program === undefined ? systemd : called(program),
    patience: 1000 * patienceOf(args),
    progress: (done, total) =>
      args.out.progress(Math.round(done / MIB), Math.round(total / MIB), 'MiB'),
    note: (line) => args.out.note(line),
  }
}

function patienceOf(args: Arguments): number {
  const text = args.text('patience') ?? String(PATIENCE)
  ensure(/^[1-9]\d{0,3}$/.test(text), 'usage', `--patience wants seconds, not "${text}"`)
  return Number(text)
}

/** Whose keys count are those of the release that runs: one on a stick must not vouch for itself. */
function ensureInstalled(place: Place, settling: boolean): void {
  const { version } = place.current().release
  const own = realpathSync(process.execPath)
  const installed = place.programOf(version)
  ensure(
    settling || own === realpathSync(installed),
    'update_place',
    `the installed one is ${installed}`,
  )
}

const called = (program: string): Service => ({
  stop: () => run(program, ['stop']),
  start: () => run(program, ['start']),
})

/** What is started by its socket or by a timer is only ended. */
const STOPPED = ['holdfast.service', 'holdfast-certificates.service', 'holdfast-deliver.service']
const STARTED = ['holdfast-certificates.service', 'holdfast.service']
const systemd: Service = {
  stop: () => run('systemctl', ['stop', ...installed(STOPPED)]),
  start: () => run('systemctl', ['start', ...installed(STARTED)]),
}

const installed = (units: readonly string[]): string[] =>
  units.filter((name) => existsSync(join(LAYOUT.units, name)))

function run(program: string, args: string[]): void {
  const { status, error, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0)
    throw new ProtocolError('update_stuck', `${program} ${args[0]}: ${error?.message ?? stderr}`)
}
