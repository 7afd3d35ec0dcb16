// The databases of a box beside an update that reads them in a new way: what the release before can come back to,
// as long as nothing was accepted in between. Root works here in a folder of another user, who may be in other hands:
// it follows no link there and takes no name but those of databases.
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lchownSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { ensure } from '../../protocol/errors.ts'
import { orgFile, organisationsIn } from '../../server/context.ts'
import { openReader } from '../../server/store/database.ts'
import { LogTable } from '../../server/store/logs.ts'
import { syncFolder } from '../whole-file.ts'

/** With the log of what was written last; its index is made anew. */
const DATABASE = /^org-[0-9a-f]{32}\.db(?:-wal)?$/
const ALL = /^org-[0-9a-f]{32}\.db(?:-wal|-shm)?$/
const CHUNK = 1024 * 1024
const PRIVATE = 0o600

/** Of a box that does not run. `kept`: a folder of root's. Throws `release_full`. */
export function keepDatabases(data: string, kept: string): void {
  rmSync(kept, { recursive: true, force: true })
  const names = readdirSync(data).filter((name) => DATABASE.test(name))
  const size = names.reduce((sum, name) => sum + statSync(join(data, name)).size, 0)
  mkdirSync(kept, { mode: 0o700 })
  const { bavail, bsize } = statfsSync(kept)
  ensure(bavail * bsize > 2 * size, 'release_full', `${kept}: a copy of the databases`)
  for (const name of names) copy(join(data, name), join(kept, name), null)
  syncFolder(kept)
}

/** Of a box that does not run: each is there as a whole before the one of now goes. */
export function bringBackDatabases(data: string, kept: string): void {
  const { uid, gid } = statSync(data)
  const owner = process.getuid?.() === 0 ? { uid, gid } : null
  const names = readdirSync(kept).filter((name) => DATABASE.test(name))
  for (const name of names) {
    rmSync(join(data, `${name}.back`), { force: true })
    copy(join(kept, name), join(data, `${name}.back`), owner)
  }
  for (const name of readdirSync(data)) if (ALL.test(name)) rmSync(join(data, name))
  for (const name of names) renameSync(join(data, `${name}.back`), join(data, name))
  syncFolder(data)
}

export const dropDatabases = (kept: string): void => rmSync(kept, { recursive: true, force: true })

/** Whether something was accepted since they were put aside. */
export function hasAccepted(data: string, kept: string): boolean {
  const { uid, gid } = statSync(data)
  const count = countEntries(data) !== countEntries(kept)
  // What reading has made belongs to whom the databases belong to.
  if (process.getuid?.() === 0)
    for (const name of readdirSync(data)) if (ALL.test(name)) lchownSync(join(data, name), uid, gid)
  return count
}

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

/** Onto the disk, into a file that was not there. */
function copy(from: string, to: string, owner: { uid: number; gid: number } | null): void {
  const source = openSync(from, constants.O_RDONLY | constants.O_NOFOLLOW)
  const create = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const target = openSync(to, create, PRIVATE)
  try {
    const buffer = Buffer.alloc(CHUNK)
    for (;;) {
      const count = readSync(source, buffer, 0, CHUNK, null)
      if (count === 0) break
      for (let at = 0; at < count;) at += writeSync(target, buffer, at, count - at)
    }
    fchmodSync(target, PRIVATE)
    if (owner !== null) fchownSync(target, owner.uid, owner.gid)
    fsyncSync(target)
  } finally {
    closeSync(source)
    closeSync(target)
  }
}
