// The file of a device with damage that shows only when it is read.
import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import Database from 'better-sqlite3'
import { SqliteStore } from '../../client/node/sqlite-store.ts'
import { put, TABLES } from '../../client/store.ts'

const damaged = { name: 'ProtocolError', code: 'database_damaged' }
const PAGE = 4096
/** Places in SQLite's own header. */
const WRITE_VERSION = 18
const SCHEMA_FORMAT = 44

async function filled(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-store-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const store = new SqliteStore(folder)
  for (const table of TABLES) {
    const rows = Array.from({ length: 60 }, (_, i) =>
      put(table, Uint8Array.of(i), new Uint8Array(400)),
    )
    await store.commit(rows)
  }
  await store.close()
  const path = join(folder, 'device.db')
  const db = new Database(path)
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
  return { folder, path }
}

function overwrite(path: string, at: number, bytes: Uint8Array): void {
  const file = openSync(path, 'r+')
  writeSync(file, bytes, 0, bytes.length, at)
  closeSync(file)
}

test('a form of the schema that no SQLite has', async (t) => {
  const { folder, path } = await filled(t)
  overwrite(path, SCHEMA_FORMAT, Uint8Array.of(0, 0, 0, 77))
  assert.throws(() => new SqliteStore(folder), damaged)
})

test('a way of writing that this SQLite does not know', async (t) => {
  const { folder, path } = await filled(t)
  overwrite(path, WRITE_VERSION, Uint8Array.of(77))
  const store = new SqliteStore(folder)
  t.after(() => store.close())
  const writing = store.commit([put('entries', Uint8Array.of(1), Uint8Array.of(1))])
  await assert.rejects(writing, damaged)
})

test('pages that hold nothing sensible: whatever is read, it is told as damage', async (t) => {
  const { folder, path } = await filled(t)
  const { length } = readFileSync(path)
  for (let at = PAGE; at < length; at += PAGE) overwrite(path, at, new Uint8Array(PAGE).fill(0x5a))
  const store = new SqliteStore(folder)
  t.after(() => store.close())
  await assert.rejects(store.get('entries', Uint8Array.of(1)), damaged)
  await assert.rejects(store.list('entries'), damaged)
  await assert.rejects(store.last('entries'), damaged)
  await assert.rejects(store.commit([put('entries', Uint8Array.of(1), Uint8Array.of(1))]), damaged)
})
