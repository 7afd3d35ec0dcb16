// The store of a headless device: one SQLite file in its state folder, readable by its user alone.
// Several processes may use the same folder: each operation holds the lock, and re-reads what others wrote.
import Database from 'better-sqlite3'
import { chmodSync, closeSync, mkdirSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { concat, u64be } from '../../protocol/bytes.ts'
import { ensure, ProtocolError } from '../../protocol/errors.ts'
import { checked, uncheck } from '../checked-rows.ts'
import { Mutex, type Row, type Store, type Table, TABLES, type Write } from '../store.ts'

const FILE = 'device.db'
/** 3: which prekeys others have shown. 4: when the wraps that wait were made. 5: what screens keep. 6: shelves. */
const SCHEMA_VERSION = 7
/** The file format write version: https://www.sqlite.org/fileformat2.html#the_database_header */
const WRITE_VERSION_AT = 18
const WAL_VERSION = 2
const LOCK_PATIENCE = 30_000
const LOCK_STEP = 20

export class SqliteStore implements Store {
  readonly #db: Database.Database
  readonly #lock: Database.Database
  readonly #mutex = new Mutex()
  readonly #folder: string
  readonly #inode: number

  /** Throws an operator's error for an unwritable folder, a damaged or a newer file. */
  constructor(folder: string) {
    this.#folder = folder
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      this.#db = openFile(join(folder, FILE))
      this.#inode = statSync(join(folder, FILE)).ino
      this.#lock = openLock(join(folder, 'device.lock'))
    } catch (error) {
      throw readable(error, folder)
    }
  }

  get(table: Table, key: Uint8Array): Promise<Uint8Array | null> {
    return this.#read(() => {
      const row = this.#db.prepare(`SELECT value FROM ${table} WHERE key = ?`).get(key) as
        | { value: Uint8Array }
        | undefined
      return row === undefined ? null : plain(row.value)
    })
  }

  list(table: Table, prefix: Uint8Array = new Uint8Array(0)): Promise<Row[]> {
    const sql = `SELECT key, value FROM ${table} WHERE key >= ? AND substr(key, 1, ?) = ? ORDER BY key`
    return this.#read(() => {
      const rows = this.#db.prepare(sql).all(prefix, prefix.length, prefix) as Row[]
      return rows.map(({ key, value }) => ({ key: plain(key), value: plain(value) }))
    })
  }

  last(table: Table): Promise<Uint8Array | null> {
    const sql = `SELECT key FROM ${table} ORDER BY key DESC LIMIT 1`
    return this.#read(() => {
      const row = this.#db.prepare(sql).get() as { key: Uint8Array } | undefined
      return row === undefined ? null : plain(row.key)
    })
  }

  lasts(table: Table, length: number): Promise<Uint8Array[]> {
    const below = `SELECT max(key) FROM ${table} WHERE key < substr(lasts.key, 1, ?)`
    const sql = `WITH RECURSIVE lasts(key) AS (
        SELECT max(key) FROM ${table} UNION ALL SELECT (${below}) FROM lasts WHERE key IS NOT NULL
      ) SELECT key FROM lasts WHERE key IS NOT NULL ORDER BY key`
    return this.#read(() => {
      const rows = this.#db.prepare(sql).all(length) as { key: Uint8Array }[]
      return rows.map(({ key }) => plain(key))
    })
  }

  #read<T>(work: () => T): Promise<T> {
    try {
      return Promise.resolve(work())
    } catch (error) {
      return Promise.reject(readable(error, this.#folder))
    }
  }

  commit(writes: Write[]): Promise<void> {
    try {
      this.#ensureThere()
      this.#db.transaction(() => writes.forEach((write) => this.#apply(write))).immediate()
      return Promise.resolve()
    } catch (error) {
      return Promise.reject(readable(error, this.#folder))
    }
  }

  exclusive<T>(work: () => Promise<T>): Promise<T> {
    return this.#mutex.run(async () => {
      await this.#acquire()
      try {
        return await work()
      } finally {
        this.#lock.exec('ROLLBACK')
      }
    })
  }

  foreignVersion(): number {
    return this.#db.pragma('data_version', { simple: true }) as number
  }

  close(): Promise<void> {
    this.#db.close()
    this.#lock.close()
    return Promise.resolve()
  }

  /** Whoever deletes the folder leaves SQLite writing into a file that has no name any more. */
  #ensureThere(): void {
    const there = statSync(join(this.#folder, FILE), { throwIfNoEntry: false })
    ensure(there?.ino === this.#inode, 'device_missing', this.#folder)
  }

  #apply({ table, key, value }: Write): void {
    if (value === null) this.#db.prepare(`DELETE FROM ${table} WHERE key = ?`).run(key)
    else
      this.#db.prepare(`INSERT OR REPLACE INTO ${table} (key, value) VALUES (?, ?)`).run(key, value)
  }

  /** SQLite's file lock ends with the process that holds it, also after kill -9. */
  async #acquire(): Promise<void> {
    this.#ensureThere()
    const until = performance.now() + LOCK_PATIENCE
    for (;;) {
      try {
        return void this.#lock.exec('BEGIN EXCLUSIVE')
      } catch (error) {
        if (!(error instanceof Database.SqliteError) || error.code !== 'SQLITE_BUSY')
          throw readable(error, this.#folder)
        ensure(performance.now() < until, 'data_in_use', this.#folder)
      }
      await sleep(LOCK_STEP)
    }
  }
}

/** Taking the lock of an empty database writes a journal, which a full disk refuses: so it is not empty. */
function openLock(path: string): Database.Database {
  const lock = new Database(path, { timeout: 0 })
  try {
    if (lock.pragma('user_version', { simple: true }) === 0) lock.pragma('user_version = 1')
  } catch {
    // Another process holds it, or the disk is full already.
  }
  return lock
}

function openFile(path: string): Database.Database {
  const db = new Database(path)
  chmodSync(path, 0o600)
  db.pragma('journal_mode = WAL')
  // Forgotten on every reopen of a WAL database, so set at each open.
  db.pragma('synchronous = FULL')
  db.pragma('secure_delete = ON')
  db.pragma('busy_timeout = 5000')
  const versionOf = (): number => db.pragma('user_version', { simple: true }) as number
  ensure(versionOf() <= SCHEMA_VERSION, 'database_newer', path)
  if (versionOf() < SCHEMA_VERSION) {
    db.transaction(() => {
      // Another process may have been faster.
      const version = versionOf()
      if (version >= SCHEMA_VERSION) return
      for (const name of TABLES)
        db.exec(
          `CREATE TABLE IF NOT EXISTS ${name} (key BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID`,
        )
      if (version < 4) dateLaterWraps(db)
      db.pragma(`user_version = ${SCHEMA_VERSION}`)
    }).immediate()
  }
  return db
}

/** Of those from before version 4 nobody knows: they count as old. The date is the last field before the check. */
function dateLaterWraps(db: Database.Database): void {
  const rows = db.prepare('SELECT key, value FROM later').all() as Row[]
  const change = db.prepare('UPDATE later SET value = ? WHERE key = ?')
  for (const { key, value } of rows) {
    const bytes = uncheck(plain(value))
    if (bytes !== null) change.run(checked(concat(bytes, u64be(0))), key)
  }
}

function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

function readable(error: unknown, folder: string): unknown {
  if (error instanceof ProtocolError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  // Our SQL is always the same: that SQLite cannot do what it says is the fault of the file.
  if (/^SQLITE_(NOTADB|CORRUPT|ERROR|IOERR)/.test(code))
    return new ProtocolError('database_damaged', folder, { cause: error })
  // A header that asks for a newer way of writing: SQLite takes nothing although the disk would.
  if (code === 'SQLITE_READONLY' && asksForMore(join(folder, FILE)))
    return new ProtocolError('database_damaged', folder, { cause: error })
  if (/^(SQLITE_(CANTOPEN|READONLY|PERM)|EACCES|EROFS|ENOTDIR|EEXIST)/.test(code)) {
    return new ProtocolError('data_unwritable', folder, { cause: error })
  }
  if (/^(SQLITE_FULL|ENOSPC)/.test(code))
    return new ProtocolError('device_full', folder, { cause: error })
  return error
}

/** Call when SQLite has refused: closing a file takes away the locks that this process holds on it. */
function asksForMore(path: string): boolean {
  const header = new Uint8Array(WRITE_VERSION_AT + 1)
  const file = openSync(path, 'r')
  readSync(file, header, 0, header.length, 0)
  closeSync(file)
  return (header[WRITE_VERSION_AT] as number) > WAL_VERSION
}
