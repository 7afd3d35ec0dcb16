// A backup while the box serves: a consistent copy of each database, with keys and files, sealed for the printed page,
// read back and held against itself before it counts.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { equal } from '../../protocol/bytes.ts'
import { ensure, ProtocolError } from '../../protocol/errors.ts'
import { orgFile, organisationsIn } from '../../server/context.ts'
import { keyPath, lockData } from '../../server/store/box-keys.ts'
import { openReader } from '../../server/store/database.ts'
import { FileTable } from '../../server/store/files.ts'
import { type LogRow, LogTable } from '../../server/store/logs.ts'
import { scrubAll, type Scrubbed } from '../../server/store/scrub.ts'
import { pack, type Packed, sizeOf, unpack } from './archive.ts'
import { backupKey } from './page.ts'
import { SealedReader, SealedWriter, type SessionKey } from './sealed-file.ts'

export type Making = {
  /** Folder of the box. */
  data: string
  /** Folder of the kept certificate. */
  tls: string
  /** Folder or stick. */
  to: string
  /** So many of the newest stay. */
  keep: number
  now: number
  progress: (done: number, total: number) => void
}
/** `bytes` of the file; `entries` that were read back and held against their chains. */
export type Made = { file: string; bytes: number; organisations: number; entries: number }

const NAME = /^holdfast-\d{8}T\d{6}Z\.backup$/
/** Of one that was killed. */
const PART = /^holdfast-\d{8}T\d{6}Z\.backup\.part$/
const WORK = 'backup.tmp'
/** Seals and headers are little beside it. */
const MARGIN = 1.02
const MARGIN_BYTES = 1024 * 1024
/** What a box has beside its databases, and cannot be made anew without telling every device. */
const KEYS = ['box.key', 'push.key']
const TLS = 'tls'

/** Throws `backup_no_page`, `backup_place`, `backup_full`, `backup_failed` or `data_in_use`; then nothing is left. */
export async function makeBackup(making: Making): Promise<Made> {
  const { data, to } = making
  const publicKey = backupKey(data)
  ensure(statSync(to, { throwIfNoEntry: false })?.isDirectory() === true, 'backup_place', to)
  const unlock = lockData(data, 'backup.lock')
  const work = join(data, WORK)
  const name = nameAt(making.now)
  const fresh = join(to, `${name}.part`)
  try {
    rmSync(work, { recursive: true, force: true })
    for (const left of readdirSync(to).filter((one) => PART.test(one))) rmSync(join(to, left))
    ensureWorkspace(data)
    mkdirSync(join(work, 'check'), { recursive: true, mode: 0o700 })
    const files = [...snapshots(data, work), ...kept(making)]
    const session = write(making, fresh, publicKey, files)
    const entries = await check(data, work, fresh, session)
    renameSync(fresh, join(to, name))
    prune(making, name)
    const file = join(to, name)
    const organisations = organisationsIn(data).length
    return { file, bytes: statSync(file).size, organisations, entries }
  } catch (error) {
    throw told(error, to)
  } finally {
    rmSync(fresh, { force: true })
    rmSync(work, { recursive: true, force: true })
    unlock()
  }
}

const nameAt = (now: number): string =>
  `holdfast-${new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '')}.backup`

/** Each database as it is at one moment, written in one go: SQLite sees to it. The files that it names go along. */
function snapshots(data: string, work: string): Packed[] {
  return organisationsIn(data).flatMap((org) => {
    const path = orgFile(org)
    const copy = join(work, path)
    const db = openReader(join(data, path))
    try {
      db.prepare('VACUUM INTO ?').run(copy)
    } finally {
      db.close()
    }
    return [{ from: copy, path }, ...filesOf(copy, data, `${path}.files`)]
  })
}

/** One that has been dropped since its row was copied is left out: its row goes when the box starts. */
function filesOf(copy: string, data: string, folder: string): Packed[] {
  const db = openReader(copy)
  try {
    const ids = new FileTable(db).all()
    const files = ids.map((id) => ({ from: join(data, folder, `${id}`), path: `${folder}/${id}` }))
    return files.filter(({ from }) => existsSync(from))
  } finally {
    db.close()
  }
}

function kept({ data, tls }: Making): Packed[] {
  const names = existsSync(tls) ? readdirSync(tls) : []
  const files = [
    { from: join(data, 'backup.pub'), path: 'backup.pub' },
    ...names.map((name) => ({ from: join(tls, name), path: `${TLS}/${name}` })),
  ]
  const keys = KEYS.map((path) => ({ from: keyPath(data, path), path }))
  // Without the first another box would come back, which no device believes.
  const [own] = keys
  ensure(own !== undefined && existsSync(own.from), 'backup_failed', `${own?.from} is missing`)
  return [...keys, ...files, ...handedOver()].filter(
    ({ from }) => statSync(from, { throwIfNoEntry: false })?.isFile() === true,
  )
}

/** What another user keeps of the certificate, as systemd hands it to this one alone. */
function handedOver(): Packed[] {
  const folder = process.env['CREDENTIALS_DIRECTORY']
  if (folder === undefined) return []
  const names = readdirSync(folder).filter((name) => name.startsWith('tls-'))
  return names.map((name) => ({ from: join(folder, name), path: `${TLS}/${name.slice(4)}` }))
}

function write(
  { to, now, progress }: Making,
  fresh: string,
  publicKey: Uint8Array,
  files: Packed[],
): SessionKey {
  const total = sizeOf(files)
  const { bavail, bsize } = statfsSync(to)
  ensure(bavail * bsize > total * MARGIN + MARGIN_BYTES, 'backup_full', to)
  const writer = new SealedWriter(fresh, publicKey, now)
  let done = 0
  try {
    pack(writer, files, (bytes) => progress((done += bytes), total))
  } catch (error) {
    writer.abandon()
    throw error
  }
  writer.end()
  return writer.session
}

/** Restores the databases of it, with the key that only this process has, and holds them against the copies. */
async function check(
  data: string,
  work: string,
  fresh: string,
  session: SessionKey,
): Promise<number> {
  const folder = join(work, 'check')
  const reader = new SealedReader(fresh, { session })
  try {
    unpack(
      reader,
      folder,
      () => {},
      (path) => path.endsWith('.db'),
    )
  } finally {
    reader.close()
  }
  let entries = 0
  for (const org of organisationsIn(data)) {
    const [was, is] = [join(work, orgFile(org)), join(folder, orgFile(org))]
    const found = await scrubAll(is, false)
    ensureSame(headsOf(was), found)
    entries += found.entries
  }
  return entries
}

function headsOf(path: string): LogRow[] {
  const db = openReader(path)
  try {
    return new LogTable(db).list()
  } finally {
    db.close()
  }
}

function ensureSame(wanted: LogRow[], { heads, damage }: Scrubbed): void {
  const [first] = damage
  ensure(first === undefined, 'backup_failed', `${first?.place}: ${first?.what}`)
  const same = wanted.every((log, at) => {
    const other = heads[at]
    return other !== undefined && equal(log.id, other.id) && equal(log.head.h, other.head.h)
  })
  ensure(same && heads.length === wanted.length, 'backup_failed', 'the copy differs')
}

/** `fresh` stays, whatever the clocks of earlier ones said. */
function prune({ to, keep }: Making, fresh: string): void {
  const older = readdirSync(to).filter((name) => NAME.test(name) && name !== fresh)
  const beyond = Math.max(0, older.length - (keep - 1))
  for (const name of older.toSorted().slice(0, beyond)) rmSync(join(to, name), { force: true })
}

/** The copy of each database, and the one that is read back, lie on the disk of the box for a while. */
function ensureWorkspace(data: string): void {
  const databases = organisationsIn(data).map((org) => statSync(join(data, orgFile(org))).size)
  const needed = 2 * MARGIN * databases.reduce((sum, size) => sum + size, 0) + MARGIN_BYTES
  const { bavail, bsize } = statfsSync(data)
  ensure(
    bavail * bsize > needed,
    'disk_full',
    `${data}: a backup needs ${Math.ceil(needed / MARGIN_BYTES)} MiB there`,
  )
}

/** What a place says that is full, or was pulled out meanwhile. */
function told(error: unknown, to: string): unknown {
  if (error instanceof ProtocolError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/^(?:ENOSPC|EDQUOT|EFBIG)$/.test(code))
    return new ProtocolError('backup_full', to, { cause: error })
  if (/^(?:EACCES|EROFS|EPERM|ENOENT|EIO|ENODEV)$/.test(code))
    return new ProtocolError('backup_place', `${to}: ${code}`, { cause: error })
  return new ProtocolError('backup_failed', error instanceof Error ? error.message : '', {
    cause: error,
  })
}
