// The file of a headless device: shared by processes, readable by its user alone, and with a sentence for
// whatever is wrong with it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import Database from 'better-sqlite3'
import { SqliteStore } from '../../client/node/sqlite-store.ts'
import { checked } from '../../client/checked-rows.ts'
import { laterRow, readRow } from '../../client/rows.ts'
import { encode } from '../../protocol/codec.ts'
import { EPOCH_WRAP_BYTES } from '../../protocol/limits.ts'
import type { EpochId, LogId } from '../../protocol/ids.ts'
import { seededBytes, seededId } from '../helpers/seed.ts'
import { put, type Write } from '../../client/store.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-store-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

function opened(t: TestContext, folder: string): SqliteStore {
  const store = new SqliteStore(folder)
  t.after(() => store.close())
  return store
}

test('What was committed is there after the next start', async (t) => {
  const folder = folderFor(t)
  const first = new SqliteStore(folder)
  await first.commit([put('meta', bytes(1), bytes(2))])
  await first.close()
  assert.deepEqual(await opened(t, folder).get('meta', bytes(1)), bytes(2))
})

test('A commit that fails in the middle leaves nothing behind', async (t) => {
  const store = opened(t, folderFor(t))
  const broken = { table: 'meta', key: bytes(2), value: 'no bytes' } as unknown as Write
  await assert.rejects(store.commit([put('meta', bytes(1), bytes(1)), broken]))
  assert.equal(await store.get('meta', bytes(1)), null)
  await store.commit([put('meta', bytes(3), bytes(3))])
  assert.equal((await store.list('meta')).length, 1)
})

test('Wraps that wait in the file of an older version stay, and count as old', async (t) => {
  const folder = folderFor(t)
  const one = { log: seededId<LogId>('log'), epoch: seededId<EpochId>('epoch'), gen: 3 }
  const row = { ...one, wrap: seededBytes('wrap', EPOCH_WRAP_BYTES), t: 0 }
  const whole = encode(laterRow, row)
  const first = new SqliteStore(folder)
  await first.commit([put('later', bytes(1), checked(whole.subarray(0, -8)))])
  await first.close()
  const db = new Database(join(folder, 'device.db'))
  db.pragma('user_version = 3')
  db.close()
  for (let start = 0; start < 2; start++) {
    const stored = await opened(t, folder).get('later', bytes(1))
    assert.deepEqual(readRow(laterRow, stored ?? bytes()), row)
  }
})

test('Only its user may read the file, however it was left', async (t) => {
  const folder = join(folderFor(t), 'new')
  await new SqliteStore(folder).close()
  const modeOf = (path: string): number => statSync(path).mode & 0o777
  assert.equal(modeOf(folder), 0o700)
  assert.equal(modeOf(join(folder, 'device.db')), 0o600)
  chmodSync(join(folder, 'device.db'), 0o644)
  const store = opened(t, folder)
  await store.commit([put('meta', bytes(1), bytes(1))])
  assert.equal(modeOf(join(folder, 'device.db')), 0o600)
  assert.equal(modeOf(join(folder, 'device.db-wal')), 0o600)
})

test('Two stores on one folder see what the other has committed', async (t) => {
  const folder = folderFor(t)
  const [a, b] = [opened(t, folder), opened(t, folder)]
  const before = b.foreignVersion()
  await a.commit([put('meta', bytes(1), bytes(1))])
  assert.notEqual(b.foreignVersion(), before)
  assert.deepEqual(await b.get('meta', bytes(1)), bytes(1))
})

test('Two stores on one folder work one after the other', async (t) => {
  const folder = folderFor(t)
  const stores = [opened(t, folder), opened(t, folder)]
  let inside = 0
  const work = (store: SqliteStore) =>
    store.exclusive(async () => {
      assert.equal((inside += 1), 1)
      await new Promise((resolve) => setTimeout(resolve, 10))
      inside--
    })
  await Promise.all([...stores, ...stores].map(work))
})

/** Another process that takes the lock, says so, and keeps it until it is killed. */
async function holder(t: TestContext, folder: string) {
  const path = join(import.meta.dirname, '../../client/node/sqlite-store.ts')
  const script = `
    import { SqliteStore } from ${JSON.stringify(path)}
    const store = new SqliteStore(${JSON.stringify(folder)})
    await store.exclusive(async () => {
      await store.commit([{ table: 'meta', key: Uint8Array.of(1), value: Uint8Array.of(7) }])
      console.log('locked')
      await new Promise((resolve) => setTimeout(resolve, 60_000))
    })`
  const args = ['--input-type=module-typescript', '--eval', script]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return child
}

test('Another process keeps the folder until it is killed, and then it is free at once', async (t) => {
  const folder = folderFor(t)
  const child = await holder(t, folder)
  const store = opened(t, folder)
  let got = false
  const work = store.exclusive(async () => {
    got = true
    return store.get('meta', bytes(1))
  })
  await new Promise((resolve) => setTimeout(resolve, 150))
  assert.equal(got, false)
  child.kill('SIGKILL')
  assert.deepEqual(await work, bytes(7))
})

test('Who waits too long for another process is told which folder it is', async (t) => {
  const folder = folderFor(t)
  await holder(t, folder)
  const store = opened(t, folder)
  let now = 0
  t.mock.method(performance, 'now', () => (now += 20_000))
  await assert.rejects(
    store.exclusive(() => Promise.resolve()),
    {
      code: 'data_in_use',
      detail: folder,
    },
  )
})

test('A file of a newer version is left alone', async (t) => {
  const folder = folderFor(t)
  await new SqliteStore(folder).close()
  const db = new Database(join(folder, 'device.db'))
  db.pragma('user_version = 99')
  db.close()
  assert.throws(() => new SqliteStore(folder), { code: 'database_newer' })
})

test('A file of an older version gets what is new and keeps what it has', async (t) => {
  const folder = folderFor(t)
  const first = new SqliteStore(folder)
  await first.commit([put('outbox', Uint8Array.of(1), Uint8Array.of(7))])
  await first.close()
  const db = new Database(join(folder, 'device.db'))
  db.exec('DROP TABLE uploads')
  db.pragma('user_version = 1')
  db.close()
  const again = new SqliteStore(folder)
  await again.commit([put('uploads', Uint8Array.of(1), Uint8Array.of(8))])
  assert.deepEqual(await again.get('outbox', Uint8Array.of(1)), Uint8Array.of(7))
  assert.deepEqual(await again.get('uploads', Uint8Array.of(1)), Uint8Array.of(8))
  await again.close()
})

test('A damaged file is named as such', (t) => {
  const folder = folderFor(t)
  writeFileSync(join(folder, 'device.db'), 'this is not a database, whatever it is called')
  assert.throws(() => new SqliteStore(folder), { code: 'database_damaged', detail: folder })
})

test('A folder that is a file cannot be written', (t) => {
  const folder = join(folderFor(t), 'file')
  writeFileSync(folder, '')
  assert.throws(() => new SqliteStore(folder), { code: 'data_unwritable' })
  assert.throws(() => new SqliteStore(join(folder, 'below')), { code: 'data_unwritable' })
})

test('A database that is a folder cannot be written', (t) => {
  const folder = folderFor(t)
  mkdirSync(join(folder, 'device.db'))
  assert.throws(() => new SqliteStore(folder), { code: 'data_unwritable' })
})

test('A lock that is no lock any more is told as damage', async (t) => {
  const folder = folderFor(t)
  await new SqliteStore(folder).close()
  writeFileSync(join(folder, 'device.lock'), new Uint8Array(8192).fill(0x5a))
  const store = opened(t, folder)
  await assert.rejects(
    store.exclusive(() => Promise.resolve()),
    { code: 'database_damaged' },
  )
})

test('A fault of ours is none of the disk', async (t) => {
  const store = opened(t, folderFor(t))
  const broken = { table: 'meta', key: bytes(2), value: {} } as unknown as Write
  await assert.rejects(store.commit([broken]), RangeError)
})

test('Nothing is written into a file that has no name any more', async (t) => {
  const folder = folderFor(t)
  const store = opened(t, folder)
  await store.commit([put('meta', bytes(1), bytes(1))])
  for (const name of readdirSync(folder)) rmSync(join(folder, name))
  const missing = { code: 'device_missing' }
  await assert.rejects(store.commit([put('meta', bytes(2), bytes(2))]), missing)
  await assert.rejects(
    store.exclusive(() => Promise.resolve()),
    missing,
  )
  // Another one in its place is not the same.
  await new SqliteStore(folder).close()
  await assert.rejects(store.commit([put('meta', bytes(2), bytes(2))]), missing)
})
