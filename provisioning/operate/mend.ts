// A box whose database is damaged, without a backup: what is whole stays, what is damaged is put aside as it is, and the
// devices bring back what came later, as after a restore.
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { ensure, ProtocolError } from '../../protocol/errors.ts'
import { asId, idText, type LogId, type OrgId } from '../../protocol/ids.ts'
import { orgFile, organisationsIn, prepareData } from '../../server/context.ts'
import { restoredFile } from '../../server/restoring.ts'
import { Organisation } from '../../server/org/organisation.ts'
import { foldLog, openWriter, operatorError } from '../../server/store/database.ts'
import { FileTable } from '../../server/store/files.ts'
import { OrgStore } from '../../server/store/org-store.ts'
import { salvage, type SalvagedLog } from '../../server/store/salvage.ts'
import { type Damage, scrubAll } from '../../server/store/scrub.ts'
import { syncFolder, writeWhole } from '../whole-file.ts'
import { lookOver } from './scrub.ts'

/** `logs`: null where they were whole. `files`: that are damaged, and go. `aside`: where the damaged database lies. */
export type Mended = { org: string; logs: SalvagedLog[] | null; files: number; aside: string }

/** SQLite's files beside a database. */
const SIDES = ['', '-wal', '-shm']
/** What a scrub calls the place of a damaged part. */
const OF_FILE = /^file (\d+), /
/** Founding, the first owner and their device: with less nobody could bring anything back. */
const LEAST_OF_DIRECTORY = 2

/**
 * Of the box that stands still, one organisation after the other; those without damage are left alone. `now`:
 * milliseconds. Throws `database_damaged` where too little can be read of one, which is then as it was.
 */
export async function mend(
  data: string,
  now: number,
  tell: (mended: Mended) => void,
): Promise<void> {
  const unlock = prepareData(data)
  const failed: ProtocolError[] = []
  try {
    for (const org of organisationsIn(data)) {
      try {
        const mended = await mendOne(data, org, now)
        if (mended !== null) tell(mended)
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        failed.push(error)
      }
    }
    await lookOver(data, now)
    const [first] = failed
    if (first !== undefined) throw first
  } finally {
    unlock()
  }
}

async function mendOne(data: string, org: OrgId, now: number): Promise<Mended | null> {
  const path = join(data, orgFile(org))
  const found = await scrubAll(path)
  if (found.damage.length === 0) return null
  const aside = join(data, `damaged-${new Date(now).toISOString().replaceAll(/\W/g, '')}`)
  const renewed = found.damage.some(({ place }) => !OF_FILE.test(place))
  const logs = renewed ? await renew(data, org, aside) : null
  const left = renewed ? await scrubAll(path) : found
  return { org: idText(org), logs, files: dropDamagedFiles(path, aside, left.damage), aside }
}

async function renew(data: string, org: OrgId, aside: string): Promise<SalvagedLog[]> {
  const path = join(data, orgFile(org))
  const fresh = `${path}.mending`
  const clear = (): void => {
    for (const side of [...SIDES, '.files']) rmSync(fresh + side, { recursive: true, force: true })
  }
  clear()
  try {
    foldLog(path)
    const logs = salvaged(path, fresh, org)
    const directory = logs.find(({ kind }) => kind === 'directory')?.kept ?? 0
    ensure(directory >= LEAST_OF_DIRECTORY, 'database_damaged', `${path}: too little can be read`)
    await ensureServes(fresh, org)
    for (const side of SIDES) putAside(path + side, aside)
    for (const name of namesIn(`${path}.files`))
      putAside(join(`${path}.files`, name), join(aside, `${basename(path)}.files`))
    // Before the change: a box that starts with less than it had takes nothing new.
    if (logs.some(({ kept, of }) => kept < of)) writeWhole(join(data, restoredFile(org)), '', 0o600)
    // A log of writes belongs to the database beside which it lies: it must not meet the new one.
    for (const side of SIDES.slice(1)) rmSync(path + side, { force: true })
    syncFolder(data)
    renameSync(fresh, path)
    syncFolder(data)
    return logs
  } finally {
    clear()
  }
}

function salvaged(path: string, fresh: string, org: OrgId): SalvagedLog[] {
  try {
    return salvage(path, fresh, asId<LogId>(org))
  } catch (error) {
    throw operatorError(error, path)
  }
}

/** A box would start with it, and find nothing wrong. */
async function ensureServes(fresh: string, org: OrgId): Promise<void> {
  const what = `${fresh}: what can be read does not agree`
  const { damage } = await scrubAll(fresh, false)
  ensure(damage.length === 0, 'database_damaged', what)
  const store = new OrgStore(fresh, { lost: () => {} }, true)
  try {
    Organisation.load(org, store)
  } catch (cause) {
    throw new ProtocolError('database_damaged', what, { cause })
  } finally {
    await store.close()
  }
}

/** As a second name for the same bytes, which needs no space; a copy where the file system has no such thing. */
function putAside(path: string, folder: string): void {
  const to = join(folder, basename(path))
  if (!existsSync(path) || existsSync(to)) return
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  try {
    linkSync(path, to)
  } catch {
    copyFileSync(path, to)
  }
  syncFolder(folder)
}

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : [])

/** Nobody reads a file of which a part is damaged: whoever has it sends it once more. */
function dropDamagedFiles(path: string, aside: string, damage: readonly Damage[]): number {
  const ids = new Set(damage.flatMap(({ place }) => OF_FILE.exec(place)?.[1] ?? []))
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
