// What the box keeps beside the databases: its own signing key, and the lock on its folder.
import Database from 'better-sqlite3'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { ensure, ProtocolError } from '../../protocol/errors.ts'
import { randomBytes, SEED_BYTES, signPairFromSeed, type SignPair } from '../../protocol/sodium.ts'
import { operatorError } from './database.ts'

const KEY_FILE = 'box.key'
const LOCK_FILE = 'box.lock'

/** A key lies in the folder of the box, unless systemd hands it over as a credential, encrypted on the disk. */
export function keyPath(data: string, name: string): string {
  const credential = join(process.env['CREDENTIALS_DIRECTORY'] ?? data, name)
  return existsSync(credential) ? credential : join(data, name)
}

/** The pair that signs heads and reports; made at the first start, readable by the owner only. */
export function loadBoxKeys(data: string): SignPair {
  const path = keyPath(data, KEY_FILE)
  if (!existsSync(path)) writeKey(path)
  const text = readFileSync(path, 'utf8').trim()
  ensure(/^[0-9a-f]{64}$/.test(text), 'database_damaged', path)
  return signPairFromSeed(fromHex(text))
}

function writeKey(path: string): void {
  try {
    writeFileSync(path, `${toHex(randomBytes(SEED_BYTES))}\n`, {
      mode: 0o600,
      flag: 'wx',
      flush: true,
    })
  } catch (error) {
    throw new ProtocolError('data_unwritable', path, { cause: error })
  }
}

/** One box a folder, or one of whatever else has a lock of its own there. SQLite's lock dies with the process, also after kill -9. Returns the unlocking. */
export function lockData(data: string, name = LOCK_FILE): () => void {
  const path = join(data, name)
  try {
    const lock = new Database(path, { timeout: 0 })
    fillLock(lock)
    lock.pragma('locking_mode = EXCLUSIVE')
    lock.exec('BEGIN EXCLUSIVE')
    return () => lock.close()
  } catch (error) {
    throw operatorError(error, data)
  }
}

/** Taking the lock of an empty database writes a journal, which a full disk refuses: so it is not empty. */
function fillLock(lock: Database.Database): void {
  try {
    if (lock.pragma('user_version', { simple: true }) === 0) lock.pragma('user_version = 1')
  } catch {
    // Another box holds it, which shows in a moment, or the disk is full already.
  }
}
