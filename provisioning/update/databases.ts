// The databases of a box beside an update that reads them in a new way: what the release before can come back to,
// as long as nothing was accepted in between.
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { ensure } from '../../protocol/errors.ts'
import { orgFile, organisationsIn } from '../../server/context.ts'
import { openReader } from '../../server/store/database.ts'
import { LogTable } from '../../server/store/logs.ts'
import { syncFolder } from '../whole-file.ts'

const FOLDER = 'before-update'
/** Of SQLite: the log of what was written last, and its index, which is made anew. */
const WITH_DATABASE = ['', '-wal']

/** Of a box that does not run. Throws `release_full`. */
export function keepDatabases(data: string): void {
  const kept = join(data, FOLDER)
  rmSync(kept, { recursive: true, force: true })
  const files = filesOf(data)
  const size = files.reduce((sum, name) => sum + statSync(join(data, name)).size, 0)
  const { bavail, bsize } = statfsSync(data)
  ensure(bavail * bsize > 2 * size, 'release_full', `${data}: a copy of the databases`)
  mkdirSync(kept, { mode: 0o700 })
  own(kept, data)
  for (const name of files) copy(data, kept, name)
  syncFolder(kept)
}

/** Of a box that does not run. */
export function bringBackDatabases(data: string): void {
  const kept = join(data, FOLDER)
  for (const name of readdirSync(data))
    if (/^org-[0-9a-f]{32}\.db(?:-wal|-shm)?$/.test(name)) rmSync(join(data, name))
  for (const name of readdirSync(kept)) copy(kept, data, name)
  syncFolder(data)
}

export const dropDatabases = (data: string): void =>
  rmSync(join(data, FOLDER), { recursive: true, force: true })

/** Whether something was accepted since they were put aside. */
export const hasAccepted = (data: string): boolean =>
  countEntries(data) !== countEntries(join(data, FOLDER))

function countEntries(folder: string): number {
  return organisationsIn(folder).reduce((sum, org) => {
    const db = openReader(join(folder, orgFile(org)))
    try {
      return sum + new LogTable(db).list().reduce((all, { head }) => all + head.n, 0)
    } finally {
      db.close()
    }
  }, 0)
}

function filesOf(data: string): string[] {
  return organisationsIn(data)
    .flatMap((org) => WITH_DATABASE.map((end) => orgFile(org) + end))
    .filter((name) => existsSync(join(data, name)))
}

function copy(from: string, to: string, name: string): void {
  copyFileSync(join(from, name), join(to, name))
  own(join(to, name), from)
}

/** What root copies belongs to whom the folder belongs to. */
function own(path: string, as: string): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(as)
  chownSync(path, uid, gid)
}
