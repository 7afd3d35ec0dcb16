// A newer release takes over: verified, copied and tried before anything is touched; then the box is stopped for the
// moment that it takes, and if the new one is not well, the one before runs again. Whatever interrupts it, `settle`
// finds out at the next start which of the two is to run.
import { spawnSync } from 'node:child_process'
import { statfsSync, statSync } from 'node:fs'
import { ensure, ProtocolError } from '../../protocol/errors.ts'
import { compareVersions } from '../../protocol/release.ts'
import type { ReleaseKeys } from '../../protocol/release-keys.ts'
import type { Config } from '../../server/config.ts'
import { bringBackDatabases, dropDatabases, hasAccepted, keepDatabases } from './databases.ts'
import {
  copyRelease,
  findRelease,
  type FoundRelease,
  hashOf,
  sizeOf,
  writeSigned,
} from './found-release.ts'
import { lookAt, waitUntilWell } from './look.ts'
import type { Pending, Place } from './place.ts'

/** The processes of the box, however they are started on this machine. */
export type Service = { stop(): void; start(): void }

export type Updating = {
  place: Place
  box: Pick<Config, 'data' | 'host' | 'port' | 'tls' | 'operator'>
  service: Service
  /** How long a box may take to be well. Milliseconds. */
  patience: number
  progress: (done: number, total: number) => void
  note: (line: string) => void
}

export type Updated = { from: string; to: string }

/** Room beside the release itself: a box must not run full of its own programs. */
const MARGIN = 64 * 1024 * 1024

/**
 * `keys`: of the release that runs. Throws `release_unsigned`, `release_damaged`, `release_older`, `release_full`,
 * `release_does_not_run` and `update_place` with nothing changed; `update_rolled_back`; `update_stuck`.
 */
export async function update(
  folder: string,
  keys: ReleaseKeys,
  schema: number,
  updating: Updating,
): Promise<Updated> {
  const { place, box } = updating
  await settle(updating)
  const now = place.current()
  const found = findRelease(folder, keys)
  ensureNewer(found, now)
  bring(found, updating)
  const reads = tryOut(place, found, box.data)
  const { failing } = await lookAt(box)
  const from = now.release.version
  const to = found.release.version
  const pending = { from, to, failing, kept: reads !== schema, back: false }
  place.pointPrevious(from)
  place.begin(pending)
  updating.service.stop()
  if (pending.kept) keepOrGoOn(pending, updating)
  place.point(to)
  await judge(pending, updating, begun(updating))
  return { from, to }
}

/** What an interrupted update has left behind. Throws as {@link update} where it has to be taken back. */
export async function settle(updating: Updating): Promise<Updated | null> {
  const pending = updating.place.pending()
  if (pending === null) return null
  const { from, to } = pending
  if (pending.back || updating.place.current().release.version === to) {
    updating.note(`The update to ${to} was interrupted. Looking whether the box is well.`)
    await judge(pending, updating, null)
    return { from, to }
  }
  finish(updating)
  updating.service.start()
  return null
}

/** Throws `release_older`. */
export function ensureNewer({ release }: FoundRelease, now: FoundRelease): void {
  const said = `${release.version} is not newer than ${now.release.version}`
  ensure(compareVersions(release.version, now.release.version) > 0, 'release_older', said)
}

/** Whole, verified and on the disk, beside the one that runs. */
function bring(found: FoundRelease, { place, progress }: Updating): void {
  const { version } = found.release
  const total = sizeOf(found)
  const part = place.openPart(version)
  try {
    const { bavail, bsize } = statfsSync(part)
    ensure(bavail * bsize > total + MARGIN, 'release_full', part)
    let done = 0
    copyRelease(found, part, (bytes) => progress((done += bytes), total))
    writeSigned(found, part)
    place.take(version)
  } finally {
    place.dropPart(version)
  }
}

/**
 * The new program says what it is, as the user of the box. Returns which form of the databases it writes. Throws
 * `release_does_not_run`.
 */
function tryOut(place: Place, { release }: FoundRelease, data: string): number {
  const { version } = release
  const { uid, gid } = statSync(data)
  const as = process.getuid?.() === 0 ? { uid, gid } : {}
  const options = { encoding: 'utf8', timeout: 60_000, cwd: '/', env: {}, ...as } as const
  const { stdout, stderr, error } = spawnSync(
    place.programOf(version),
    ['version', '--json'],
    options,
  )
  const said = read(stdout)
  if (said?.version !== version || said.schema === undefined)
    throw new ProtocolError('release_does_not_run', error?.message ?? stderr.slice(0, 200))
  return said.schema
}

function read(text: string | null): { version?: string; schema?: number } | null {
  try {
    return JSON.parse(text ?? '') as { version?: string; schema?: number }
  } catch {
    return null
  }
}

/** The box is stopped: whatever is in the way, it has to run again. */
function keepOrGoOn({ from }: Pending, updating: Updating): void {
  try {
    keepDatabases(updating.box.data, updating.place.aside)
  } catch (error) {
    updating.note(`${from} goes on.`)
    finish(updating)
    updating.service.start()
    throw error
  }
}

/** Null: it was started. A new one that does not even start is as one that is not well. */
function begun({ service }: Updating): string | null {
  try {
    service.start()
    return null
  } catch (error) {
    return error instanceof Error ? error.message : 'it does not start'
  }
}

/** After the links were changed: well, or back. `failed`: what starting it said. */
async function judge(pending: Pending, updating: Updating, failed: string | null): Promise<void> {
  const { place, box, patience } = updating
  const manifest = hashOf(place.current().manifest)
  const reason = pending.back
    ? 'it was being taken back'
    : (failed ?? (await waitUntilWell(box, manifest, pending.failing, patience)))
  if (reason === null) return finish(updating)
  updating.note(`${pending.to} is not well: ${reason}. Going back to ${pending.from}.`)
  await goBack(pending, reason, updating)
}

async function goBack(pending: Pending, reason: string, updating: Updating): Promise<never> {
  const { from, to, failing } = pending
  const { place, box, patience } = updating
  try {
    takeBack(pending, reason, updating)
  } catch (error) {
    // Whatever stands in the way: a box that runs is better than none.
    begun(updating)
    throw error
  }
  const start = begun(updating)
  const before = hashOf(place.current().manifest)
  const still = start ?? (await waitUntilWell(box, before, failing, patience))
  ensure(still === null, 'update_stuck', `${to}: ${reason}; ${from}: ${still}`)
  finish(updating)
  throw new ProtocolError('update_rolled_back', `${to}: ${reason}`)
}

function takeBack(pending: Pending, reason: string, { place, box, service }: Updating): void {
  const { from, to, kept } = pending
  service.stop()
  if (kept && !pending.back && hasAccepted(box.data, place.aside)) {
    // What was accepted since, only the new release can read: it stays.
    place.end()
    throw new ProtocolError('update_stuck', `${to}: ${reason}; it has accepted entries`)
  }
  place.begin({ ...pending, back: true })
  // First the link: what starts in between is a release that takes nothing from databases of the other.
  place.point(from)
  if (kept) bringBackDatabases(box.data, place.aside)
}

function finish({ place }: Updating): void {
  place.end()
  dropDatabases(place.aside)
  place.tidy()
}
