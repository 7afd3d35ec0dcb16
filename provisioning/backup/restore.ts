// A box from a backup: unpacked beside its place, held against itself, and only then put there.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ensure } from '../../protocol/errors.ts'
import { idText } from '../../protocol/ids.ts'
import { orgFile, organisationsIn } from '../../server/context.ts'
import { restoredFile } from '../../server/restoring.ts'
import { openWriter } from '../../server/store/database.ts'
import { FileTable } from '../../server/store/files.ts'
import { scrubAll } from '../../server/store/scrub.ts'
import { writeWhole } from '../whole-file.ts'
import { unpack } from './archive.ts'
import { SealedReader } from './sealed-file.ts'

export type Restoring = {
  file: string
  /** From the printed page. 32 bytes. */
  seed: Uint8Array
  /** Folder of the box; it must hold none yet. */
  data: string
  progress: (bytes: number) => void
}
/** `at`: when the backup was made, milliseconds. */
export type Restored = {
  at: number
  organisations: { org: string; logs: number; entries: number; files: number }[]
}

/** Throws `restore_occupied`, `backup_foreign` or `backup_damaged`; then nothing is changed. */
export async function restoreBackup(restoring: Restoring): Promise<Restored> {
  const data = resolve(restoring.data)
  ensure(!existsSync(data) || readdirSync(data).length === 0, 'restore_occupied', data)
  const fresh = `${data}.restoring`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(dirname(data), { recursive: true })
  mkdirSync(fresh, { mode: 0o700 })
  try {
    const at = unpackAll(restoring, fresh)
    const organisations = await judge(fresh)
    ensure(organisations.length > 0, 'backup_damaged', 'no organisation in it')
    for (const org of organisationsIn(fresh)) writeWhole(join(fresh, restoredFile(org)), '', 0o600)
    rmSync(data, { recursive: true, force: true })
    renameSync(fresh, data)
    return { at, organisations }
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

function unpackAll({ file, seed, progress }: Restoring, fresh: string): number {
  const reader = new SealedReader(file, { seed })
  try {
    unpack(reader, fresh, progress)
    return reader.at
  } finally {
    reader.close()
  }
}

async function judge(folder: string): Promise<Restored['organisations']> {
  const found: Restored['organisations'] = []
  for (const org of organisationsIn(folder)) {
    dropLost(join(folder, orgFile(org)))
    const { heads, entries, files, damage } = await scrubAll(join(folder, orgFile(org)))
    const [worst] = damage
    ensure(worst === undefined, 'backup_damaged', `${worst?.place}: ${worst?.what}`)
    found.push({ org: idText(org), logs: heads.length, entries, files })
  }
  return found
}

/** What its device took back while the backup was made left a row and no bytes. */
function dropLost(path: string): void {
  const db = openWriter(path, true)
  try {
    const files = new FileTable(db)
    for (const id of files.all())
      if (files.parts(id).length > 0 && !existsSync(join(`${path}.files`, `${id}`))) files.drop(id)
  } finally {
    db.close()
  }
}
