// Which releases the devices of the organisation say that they run, the most common first.
import { isZero, toHex } from '../../../protocol/bytes.ts'
import { compareVersions } from '../../../protocol/release.ts'
import { type DeviceRunning, runningDevices } from '../../../client/running.ts'
import type { Core } from '../../../client/core.ts'
import type { Device } from '../device.ts'
import { ownRelease } from '../own-release.ts'
import { byName, who, type Who } from './names.ts'

export type ReleaseRow = {
  version: string
  /** SHA-256 of its manifest, in hexadecimal digits; empty: it was built for trying out, or is a headless device. */
  manifest: string
  devices: number
  people: Who[]
  /** `other`: another app under the same number; `old`: there is a newer one. */
  standing: 'usual' | 'old' | 'other'
  /** This device runs it. */
  here: boolean
}
export type ReleasesView = {
  /** Of this device; null: nobody keeps it. */
  own: { version: string; manifest: string } | null
  rows: ReleaseRow[]
  /** Devices that have not said. */
  silent: number
}

export async function releasesView({ core }: Device): Promise<ReleasesView> {
  const [running, all] = [await ownRelease(), await runningDevices(core)]
  const own = running && { version: running.version, manifest: toHex(running.manifest) }
  const silent = all.filter((one) => one.running === null).length
  return { own, rows: rowsOf(core, all, own), silent }
}

/** Whose device runs another app than others do under the same number: what an administrator has to be told unasked. */
export async function otherApps(core: Core): Promise<Who[]> {
  const rows = rowsOf(core, await runningDevices(core), null)
  return rows.filter(({ standing }) => standing === 'other').flatMap(({ people }) => people)
}

function rowsOf(core: Core, all: DeviceRunning[], own: ReleasesView['own']): ReleaseRow[] {
  const said = Map.groupBy(
    all.filter((one) => one.running !== null),
    (one) => nameOf(one),
  )
  const sorted = [...said.values()].toSorted((a, b) => b.length - a.length)
  return sorted.map((group) => rowOf(core, group, sorted, own))
}

const nameOf = ({ running }: DeviceRunning): string =>
  running === null ? '' : `${running.version} ${toHex(running.manifest)}`

function rowOf(
  core: Core,
  group: DeviceRunning[],
  all: DeviceRunning[][],
  own: ReleasesView['own'],
): ReleaseRow {
  const version = group[0]?.running?.version ?? ''
  const hash = group[0]?.running?.manifest ?? new Uint8Array(0)
  const manifest = isZero(hash) ? '' : toHex(hash)
  const people = new Map(group.map(({ person }) => [toHex(person), who(core, person)]))
  const here = own?.version === version && own.manifest === manifest
  return {
    version,
    manifest,
    devices: group.length,
    people: [...people.values()].toSorted(byName),
    standing: standingOf(group, all, manifest),
    here,
  }
}

/** The commoner one of two that carry a number is taken for the one that belongs to it. */
function standingOf(
  group: DeviceRunning[],
  all: DeviceRunning[][],
  manifest: string,
): ReleaseRow['standing'] {
  const version = (of: DeviceRunning[]): string => of[0]?.running?.version ?? ''
  const signed = all.filter((other) => !isZero(other[0]?.running?.manifest ?? new Uint8Array(0)))
  const first = signed.find((other) => version(other) === version(group))
  if (manifest !== '' && first !== group) return 'other'
  const newer = all.some((other) => isNewer(version(other), version(group)))
  return newer ? 'old' : 'usual'
}

/** What is no number is older than every number. */
function isNewer(a: string, b: string): boolean {
  const isNumber = (text: string): boolean => /^\d{1,6}\.\d{1,6}\.\d{1,6}$/.test(text)
  return isNumber(a) && (!isNumber(b) || compareVersions(a, b) > 0)
}
