// Opening a database of the box: the settings that make "accepted" mean "on disk", checked each time,
// since SQLite remembers some of them and forgets others.
import Database from 'better-sqlite3'
import { closeSync, fsyncSync, openSync, readSync } from 'node:fs'
import { ensure, ProtocolError } from '../../protocol/errors.ts'
import { MIGRATIONS } from './migrations.ts'

export type Db = Database.Database

/** The file format write version: https://www.sqlite.org/fileformat2.html#the_database_header */
const WRITE_VERSION_AT = 18
const WAL_VERSION = 2

/** better-sqlite3 falls back to synchronous=NORMAL on every reopen of a WAL database: set it each time. */
const PRAGMAS: [name: string, value: string, expected: string | number][] = [
  ['journal_mode', 'WAL', 'wal'],
  ['synchronous', 'FULL', 2],
  ['foreign_keys', 'ON', 1],
  ['secure_delete', 'ON', 1],
  ['trusted_schema', 'OFF', 0],
  ['cell_size_check', 'ON', 1],
  ['mmap_size', '0', 0],
  ['journal_size_limit', String(64 * 1024 * 1024), 64 * 1024 * 1024],
  ['busy_timeout', '5000', 5000],
]

/** The one writing connection. `present`: the file holds an organisation already. Throws an operator's error for a damaged, newer or unwritable file. */
export function openWriter(path: string, present = false): Db {
  return guarded(path, () => {
    const db = new Database(path)
    try {
      makeReady(db, path, present)
      return db
    } catch (error) {
      db.close()
      throw error
    }
  })
}

function makeReady(db: Db, path: string, present: boolean): void {
  // A file that was an organisation and has no schema any more has been emptied, not prepared.
  ensure(!present || db.pragma('user_version', { simple: true }) !== 0, 'database_damaged', path)
  for (const [name, value, expected] of PRAGMAS) {
    db.pragma(`${name} = ${value}`)
    const actual = db.pragma(name, { simple: true })
    if (name !== 'mmap_size' && actual !== expected)
      throw new TypeError(`${name} is ${String(actual)}`)
  }
  const findings = db.pragma('quick_check(1)', { simple: true })
  ensure(findings === 'ok', 'database_damaged', `${path}: ${String(findings)}`)
  migrate(db, path)
  ensureTakesWrites(db, path)
  secure(db, path)
}

/**
 * A header that asks for a newer way of writing than this SQLite knows opens like any other and takes nothing.
 * A disk that takes nothing is another matter: the box serves what it has.
 */
function ensureTakesWrites(db: Db, path: string): void {
  try {
    db.pragma(`user_version = ${MIGRATIONS.length}`)
  } catch (error) {
    const refused = error instanceof Database.SqliteError && error.code === 'SQLITE_READONLY'
    ensure(!refused || !asksForMore(path), 'database_damaged', path)
  }
}

/** Call when SQLite has refused: closing a file takes away the locks that this process holds on it. */
function asksForMore(path: string): boolean {
  const header = new Uint8Array(WRITE_VERSION_AT + 1)
  const file = openSync(path, 'r')
  readSync(file, header, 0, header.length, 0)
  closeSync(file)
  return (header[WRITE_VERSION_AT] as number) > WAL_VERSION
}

/**
 * What a killed process wrote without syncing is read back from the memory of the kernel: here it gets to
 * the disk, before any of it is confirmed to whoever asks again. On a full disk it stays in the log.
 */
function secure(db: Db, path: string): void {
  try {
    db.pragma('wal_checkpoint(TRUNCATE)')
  } catch (error) {
    if (!isDiskFull(error)) throw error
    const log = openSync(`${path}-wal`, 'r')
    fsyncSync(log)
    closeSync(log)
  }
}

/** What was written last goes into a damaged database itself, whose log of writes may be taken away from here on. */
export function foldLog(path: string): void {
  const db = new Database(path)
  try {
    db.pragma('wal_checkpoint(TRUNCATE)')
  } catch {
    // Damage that SQLite finds already here: then both stay as they are.
  } finally {
    db.close()
  }
}

/** For answers to devices: sees only what is committed, hence on disk. */
export function openReader(path: string): Db {
  const db = new Database(path, { readonly: true, fileMustExist: true })
  db.pragma('busy_timeout = 5000')
  db.pragma('trusted_schema = OFF')
  return db
}

/** Forward only, each step in one transaction with its version number. */
function migrate(db: Db, path: string): void {
  const version = db.pragma('user_version', { simple: true }) as number
  ensure(version >= 0, 'database_damaged', path)
  ensure(version <= MIGRATIONS.length, 'database_newer', path)
  for (let next = version; next < MIGRATIONS.length; next++) {
    db.transaction(() => {
      db.exec(MIGRATIONS[next] as string)
      db.pragma(`user_version = ${next + 1}`)
    }).immediate()
  }
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const told = operatorError(error, path)
    if (!(told instanceof Database.SqliteError)) throw told
    // What is asked of SQLite here is the same at each start: that it cannot do it is the file's fault.
    throw new ProtocolError('database_damaged', path, { cause: told })
  }
}

/** SQLite's own codes in the words of the error table; anything unexpected stays what it is. */
export function operatorError(error: unknown, path: string): unknown {
  const code = error instanceof Database.SqliteError ? error.code : ''
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code))
    return new ProtocolError('database_damaged', path, { cause: error })
  if (/^SQLITE_(CANTOPEN|READONLY|PERM)/.test(code))
    return new ProtocolError('data_unwritable', path, { cause: error })
  if (isDiskFull(error)) return new ProtocolError('disk_full', path, { cause: error })
  if (code === 'SQLITE_BUSY') return new ProtocolError('data_in_use', path, { cause: error })
  return error
}

/** A write that the file system has refused; why, its own answer does not tell. */
export function isWriteRefused(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(READONLY|IOERR_WRITE)/.test(error.code)
}

/** What devices hear of a write that failed; anything unexpected stays what it is. */
export function refusalOf(error: unknown): unknown {
  if (isDiskFull(error)) return new ProtocolError('disk_full', '', { cause: error })
  if (isWriteRefused(error)) return new ProtocolError('read_only', '', { cause: error })
  return error
}

export function isDiskFull(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code === 'SQLITE_FULL'
}
