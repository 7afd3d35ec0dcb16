// A box whose database is damaged, without a backup: what is whole stays, what is damaged is put aside as it is, and the
// devices bring back what came later, as after a restore.
import { existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ensure } from '../../protocol/errors.ts'
import { asId, idText, type LogId, type OrgId } from '../../protocol/ids.ts'
import { orgFile, organisationsIn, prepareData } from '../../server/context.ts'
import { restoredFile } from '../../server/restoring.ts'
import { openWriter } from '../../server/store/database.ts'
import { FileTable } from '../../server/store/files.ts'
import { salvage, type SalvagedLog } from '../../server/store/salvage.ts'
import { scrubAll } from '../../server/store/scrub.ts'
import { syncFolder, writeWhole } from '../whole-file.ts'
import { lookOver } from './scrub.ts'

/** `logs`: null where they were whole. `files`: that are damaged, and go. `aside`: where the damaged database lies. */
export type Mended = { org: string; logs: SalvagedLog[] | null; files: number; aside: string }

/** SQLite's files beside a database. */
const SIDES = ['', '-wal', '-shm']
/** Founding, the first owner and their device: with less nobody could bring anything back. */
const LEAST_OF_DIRECTORY = 2

/**
 * Of the box that stands still. Organisations without damage are left alone. `now`: milliseconds. Throws
 * `database_damaged` where too little can be read, and then nothing is changed.
 */
export async function mend(data: string, now: number): Promise<Mended[]> {
  const unlock = prepareData(data)
  try {
    const mended: Mended[] = []
    for (const org of organisationsIn(data)) {
      const one = await mendOne(data, org, now)
      if (one !== null) mended.push(one)
    }
    await lookOver(data, now)
    return mended
  } finally {
    unlock()
  }
}

async function mendOne(data: string, org: OrgId, now: number): Promise<Mended | null> {
  const path = join(data, orgFile(org))
  if (await isWhole(path, true)) return null
  const aside = join(data, `damaged-${new Date(now).toISOString().replaceAll(/\W/g, '')}`)
  const logs = (await isWhole(path, false)) ? null : await renew(data, org, aside)
  return { org: idText(org), logs, files: await dropDamagedFiles(path, aside), aside }
}

/** What cannot even be read is not. */
async function isWhole(path: string, withFiles: boolean): Promise<boolean> {
  const scrubbed = await scrubAll(path, withFiles).catch(() => null)
  return scrubbed !== null && scrubbed.damage.length === 0
}

async function renew(data: string, org: OrgId, aside: string): Promise<SalvagedLog[]> {
  const path = join(data, orgFile(org))
  const fresh = `${path}.mending`
  const clear = (): void => SIDES.forEach((side) => rmSync(fresh + side, { force: true }))
  clear()
  try {
    const logs = salvage(path, fresh, asId<LogId>(org))
    const directory = logs.find(({ kind }) => kind === 'directory')?.kept ?? 0
    ensure(directory >= LEAST_OF_DIRECTORY, 'database_damaged', 'too little of it can be read')
    ensure(await isWhole(fresh, false), 'database_damaged', 'what can be read does not agree')
    // Before the change: a box that starts with the new one takes nothing new.
    writeWhole(join(data, restoredFile(org)), '', 0o600)
    for (const side of SIDES) putAside(path + side, aside)
    for (const name of namesIn(`${path}.files`))
      putAside(join(`${path}.files`, name), join(aside, `${basename(path)}.files`))
    // A log of writes belongs to the database beside which it lies: it must not meet the new one.
    for (const side of SIDES.slice(1)) rmSync(path + side, { force: true })
    renameSync(fresh, path)
    syncFolder(data)
    return logs
  } finally {
    clear()
  }
}

/** As a second name for the same bytes, which need no space; the first one is then taken away or given to others. */
function putAside(path: string, folder: string): void {
  const to = join(folder, basename(path))
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (existsSync(path) && !existsSync(to)) linkSync(path, to)
  syncFolder(folder)
}

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : [])

/** Nobody reads a file of which a part is damaged: whoever has it sends it once more. */
async function dropDamagedFiles(path: string, aside: string): Promise<number> {
  const { damage } = await scrubAll(path)
  const ids = new Set(damage.flatMap(({ place }) => /^file (\d+), /.exec(place)?.[1] ?? []))
  if (ids.size === 0) return 0
  const db = openWriter(path, true)
  try {
    const files = new FileTable(db)
    for (const id of ids) {
      putAside(join(`${path}.files`, id), join(aside, `${basename(path)}.files`))
      files.drop(Number(id))
    }
  } finally {
    db.close()
  }
  return ids.size
}
