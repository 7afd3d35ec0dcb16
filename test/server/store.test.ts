import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import Database from 'better-sqlite3'
import { emptyHead, nextHead, stubOf } from '../../protocol/chain.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import { type ErrorCode, ProtocolError } from '../../protocol/errors.ts'
import { asId, type LogId, type MessageId } from '../../protocol/ids.ts'
import { orgFile, prepareData } from '../../server/context.ts'
import { Blobs } from '../../server/store/blobs.ts'
import { loadBoxKeys, lockData } from '../../server/store/box-keys.ts'
import { type Db, openReader, openWriter } from '../../server/store/database.ts'
import { LogTable } from '../../server/store/logs.ts'
import { MIGRATIONS } from '../../server/store/migrations.ts'
import { readyChannel } from '../helpers/channels.ts'
import { refused, seededId } from '../helpers/seed.ts'
import { staffedWorld } from '../helpers/world.ts'
import { foundIn, serveData, tempFolder } from './kit.ts'

const EXPECTED = {
  journal_mode: 'wal',
  synchronous: 2,
  foreign_keys: 1,
  secure_delete: 1,
  trusted_schema: 0,
  cell_size_check: 1,
  journal_size_limit: 64 * 1024 * 1024,
  busy_timeout: 5000,
}

const settingsOf = (db: Db) =>
  Object.fromEntries(Object.keys(EXPECTED).map((name) => [name, db.pragma(name, { simple: true })]))

async function refusedLater(code: ErrorCode, work: () => Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    if (!(error instanceof ProtocolError)) throw error
    assert.equal(error.code, code, error.message)
    return true
  })
}

/** Damages a file in place. */
function overwrite(path: string, at: number, bytes: Uint8Array): void {
  const file = openSync(path, 'r+')
  writeSync(file, bytes, 0, bytes.length, at)
  closeSync(file)
}

describe('opening a database', () => {
  test('the settings hold at the first, second and third start', (t) => {
    const path = join(tempFolder(t), 'box.db')
    for (const start of [1, 2, 3]) {
      const db = openWriter(path)
      assert.deepEqual(settingsOf(db), EXPECTED, `start ${start}`)
      assert.equal(db.pragma('mmap_size', { simple: true }) ?? 0, 0)
      db.exec(`CREATE TABLE written_${start} (x) STRICT`.replace('(x)', '(x TEXT)'))
      db.close()
    }
  })

  test('SQLite is one without the WAL-reset corruption (3.51.3 or later)', (t) => {
    const db = openWriter(join(tempFolder(t), 'box.db'))
    const version = db.prepare('SELECT sqlite_version() AS v').get() as { v: string }
    const [major = 0, minor = 0, patch = 0] = version.v.split('.').map(Number)
    assert.ok(major * 1e6 + minor * 1e3 + patch >= 3_051_003, version.v)
    db.close()
  })

  test('a reader cannot write and sees only what is committed', (t) => {
    const path = join(tempFolder(t), 'box.db')
    const db = openWriter(path)
    const reader = openReader(path)
    assert.throws(() => reader.exec("INSERT INTO parcels (device, bytes) VALUES (x'00', x'00')"))
    db.exec("BEGIN; INSERT INTO parcels (device, bytes) VALUES (x'00', x'00')")
    const count = reader.prepare('SELECT count(*) AS n FROM parcels')
    assert.deepEqual(count.get(), { n: 0 })
    db.exec('COMMIT')
    assert.deepEqual(count.get(), { n: 1 })
    reader.close()
    db.close()
  })
})

describe('migrations', () => {
  test('bring a new file to the newest version, once', (t) => {
    const path = join(tempFolder(t), 'box.db')
    for (let start = 0; start < 2; start++) {
      const db = openWriter(path)
      assert.equal(db.pragma('user_version', { simple: true }), MIGRATIONS.length)
      const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
      const names = (tables as { name: string }[]).map(({ name }) => name)
      for (const name of ['logs', 'entries', 'seqs', 'cards', 'prekeys', 'wraps', 'receipts'])
        assert.ok(names.includes(name), name)
      db.close()
    }
  })

  test('every table is STRICT', (t) => {
    const db = openWriter(join(tempFolder(t), 'box.db'))
    const rows = db.pragma('table_list') as { name: string; type: string; strict: number }[]
    const loose = rows.filter(
      ({ name, type, strict }) => type === 'table' && strict === 0 && !name.startsWith('sqlite_'),
    )
    assert.deepEqual(loose, [])
    db.close()
  })

  test('a database from the future is refused and left as it is', (t) => {
    const path = join(tempFolder(t), 'box.db')
    const db = openWriter(path)
    db.pragma(`user_version = ${MIGRATIONS.length + 1}`)
    db.close()
    const before = readFileSync(path)
    refused('database_newer', () => openWriter(path))
    assert.deepEqual(readFileSync(path), before)
  })
})

describe('damage', () => {
  const filled = (path: string): void => {
    const db = openWriter(path)
    const put = db.prepare('INSERT INTO parcels (device, bytes) VALUES (?, ?)')
    db.transaction(() => {
      for (let i = 0; i < 2000; i++) put.run(Buffer.alloc(16, i), Buffer.alloc(1000, i))
    })()
    db.close()
  }

  test('of the header is refused', (t) => {
    const path = join(tempFolder(t), 'box.db')
    filled(path)
    overwrite(path, 0, Buffer.alloc(16, 0x5a))
    refused('database_damaged', () => openWriter(path))
  })

  test('of a page in the middle is refused', (t) => {
    const path = join(tempFolder(t), 'box.db')
    filled(path)
    overwrite(path, 4096 * 200, Buffer.alloc(4096, 0x5a))
    refused('database_damaged', () => openWriter(path))
  })

  test('of a box is refused at its start, and so is a file that was cut', async (t) => {
    const folder = tempFolder(t)
    for (const [i, harm] of [
      (path: string) => overwrite(path, 4096, Buffer.alloc(8192, 0xa5)),
      (path: string) => truncateSync(path, 4096 * 3 + 100),
    ].entries()) {
      const data = join(folder, `box-${i}`)
      const { org } = await foundIn(data)
      harm(join(data, orgFile(org)))
      await refusedLater('database_damaged', () => serveData(data))
    }
  })

  test('an emptied file is not taken for a new organisation', async (t) => {
    const data = join(tempFolder(t), 'box')
    const { org } = await foundIn(data)
    truncateSync(join(data, orgFile(org)), 0)
    await refusedLater('database_damaged', async () => {
      await (await serveData(data)).stop()
    })
  })

  test('of the key of the box is refused', async (t) => {
    const data = join(tempFolder(t), 'box')
    await foundIn(data)
    writeFileSync(join(data, 'box.key'), 'not a key\n')
    await refusedLater('database_damaged', () => serveData(data))
  })
})

describe('the data folder', () => {
  test('that is a file is refused', async (t) => {
    const path = join(tempFolder(t), 'file')
    writeFileSync(path, '')
    refused('data_unwritable', () => prepareData(path))
    refused('data_unwritable', () => prepareData(join(path, 'below')))
  })

  test('on a read-only file system is refused', (t) => {
    const folder = tempFolder(t)
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=64k', 'tmpfs', folder])
    if (mount.status !== 0) return t.skip('this user may not mount a read-only file system')
    try {
      refused('data_unwritable', () => prepareData(folder))
      refused('data_unwritable', () => prepareData(join(folder, 'box')))
    } finally {
      spawnSync('umount', [folder])
    }
  })

  // Root may write anywhere, so another user tries.
  const dropsPrivileges = process.getuid?.() === 0
  test(
    'that belongs to somebody else is refused',
    { skip: dropsPrivileges ? false : 'only root can become somebody else' },
    (t) => {
      const folder = tempFolder(t)
      chmodSync(folder, 0o755)
      const data = join(folder, 'box')
      mkdirSync(data, { mode: 0o755 })
      const source = `
        const { prepareData } = await import(${JSON.stringify(
          new URL('../../server/context.ts', import.meta.url).href,
        )})
        try { prepareData(${JSON.stringify(data)}) } catch (error) { console.log(error.code) }`
      const args = ['--input-type=module', '--eval', source]
      const { stdout, stderr } = spawnSync(process.execPath, args, {
        uid: 65534,
        gid: 65534,
        encoding: 'utf8',
      })
      assert.equal(stdout.trim(), 'data_unwritable', stderr)
    },
  )

  test('is taken by one process at a time, and free again afterwards', async (t) => {
    const data = join(tempFolder(t), 'box')
    await foundIn(data)
    const box = await serveData(data)
    refused('data_in_use', () => lockData(data))
    await refusedLater('data_in_use', () => serveData(data))
    await box.stop()
    await (await serveData(data)).stop()
  })

  test('and its key are readable by its owner alone', async (t) => {
    const data = join(tempFolder(t), 'box')
    await foundIn(data)
    assert.equal(statSync(data).mode & 0o777, 0o700)
    assert.equal(statSync(join(data, 'box.key')).mode & 0o777, 0o600)
  })

  test('holds each organisation in a file of its own', async (t) => {
    const data = join(tempFolder(t), 'box')
    const first = await foundIn(data, 'Stadtwerke Musterstadt')
    const second = await foundIn(data, 'Klinikum Musterstadt')
    const box = await serveData(data)
    assert.equal(box.context.orgs.size, 2)
    assert.ok(box.context.orgs.has(first.org) && box.context.orgs.has(second.org))
    await box.stop()
  })

  test('holds no name in the clear: neither of the organisation nor of the owner', async (t) => {
    const data = join(tempFolder(t), 'box')
    const { org, card } = await foundIn(data, 'Stadtwerke Musterstadt')
    const bytes = readFileSync(join(data, orgFile(org)))
    for (const text of ['Stadtwerke', 'Olga', card, card.replaceAll('-', '')])
      assert.equal(bytes.includes(text), false, text)
  })
})

describe('a log on disk', () => {
  function table(t: Parameters<typeof tempFolder>[0]) {
    const path = join(tempFolder(t), 'box.db')
    const db = openWriter(path)
    const { world, owner, member } = staffedWorld()
    const channel = readyChannel(world, owner, 'group', { people: [member.person] })
    const mid = seededId<MessageId>('mid of a message')
    channel.send(owner, 'first', { mid })
    channel.send(member, 'second')
    const logs = new LogTable(db)
    logs.create(channel.id, 'channel', null, emptyHead(channel.id).h)
    let head = emptyHead(channel.id)
    for (const bytes of channel.log) {
      const entry = decodeEntry(bytes)
      head = nextHead(head, stubOf(entry))
      logs.append(channel.id, head, entry, stubOf(entry))
    }
    return { db, logs, channel, head, owner, mid }
  }

  test('gives back what was appended, in order and in any stretch', (t) => {
    const { db, logs, channel, head } = table(t)
    assert.deepEqual(logs.head(channel.id), head)
    const rows = logs.range(channel.id, 1, 100, 100)
    assert.deepEqual(
      rows.map(({ n, header, payload }) => [n, header.length + (payload?.length ?? 0)]),
      channel.log.map((bytes, i) => [i + 1, bytes.length]),
    )
    const ns = (from: number, to: number, limit: number): number[] =>
      logs.range(channel.id, from, to, limit).map(({ n }) => n)
    assert.deepEqual(ns(2, 3, 100), [2, 3])
    assert.deepEqual(ns(1, 100, 2), [1, 2])
    assert.deepEqual(ns(4, 3, 100), [])
    assert.deepEqual(ns(5, 100, 100), [])
    db.close()
  })

  test('finds an entry by id and a message by its message id', (t) => {
    const { db, logs, channel, owner, mid } = table(t)
    channel.log.forEach((bytes, i) => {
      assert.equal(logs.placeOf(channel.id, decodeEntry(bytes).id), i + 1)
    })
    const first = decodeEntry(channel.log[2] as Uint8Array)
    assert.deepEqual(logs.placeOfMessage(channel.id, owner.id, mid), { n: 3, id: first.id })
    assert.equal(logs.placeOfMessage(channel.id, owner.id, seededId('other')), null)
    const elsewhere = asId<LogId>(seededId<LogId>('elsewhere'))
    assert.equal(logs.placeOf(elsewhere, first.id), null)
    assert.equal(logs.head(elsewhere), null)
    db.close()
  })

  test('structure leaves ordinary messages out', (t) => {
    const { db, logs, channel } = table(t)
    assert.deepEqual(
      logs.structure(channel.id).map(({ n }) => n),
      [1, 2],
    )
    assert.equal(logs.all(channel.id).length, 4)
    db.close()
  })

  test('refuses a second entry for a place, an id or a message id, and an unknown log', (t) => {
    const { db, logs, channel, head } = table(t)
    const bytes = channel.log[2] as Uint8Array
    const entry = decodeEntry(bytes)
    const unique = { code: 'SQLITE_CONSTRAINT_UNIQUE' }
    const put = (log: LogId, n: number, one = entry): void =>
      logs.append(log, { n, h: head.h }, one, stubOf(one))
    assert.throws(() => put(channel.id, 5), unique, 'the same entry at another place')
    const { sequel } = { sequel: decodeEntry(channel.message(channel.world.owner, 'third')) }
    assert.throws(() => put(channel.id, 2, sequel), unique, 'another entry at a taken place')
    const { mid } = entry.fields as { mid: MessageId }
    const seq = 9
    const twin = decodeEntry(channel.message(channel.world.owner, 'twin', { mid, seq }))
    assert.throws(() => put(channel.id, 5, twin), unique, 'another entry with a used message id')
    const foreign = { code: /^SQLITE_CONSTRAINT/ }
    assert.throws(() => put(asId<LogId>(seededId<LogId>('no log')), 1, sequel), foreign)
    assert.deepEqual(logs.head(channel.id), head, 'nothing of it moved the head')
    db.close()
  })

  test('remembers the highest number of each device', (t) => {
    const { db, logs, channel, owner } = table(t)
    logs.noteSeq(channel.id, owner.id, 3)
    logs.noteSeq(channel.id, owner.id, 4)
    assert.deepEqual(logs.seqs(channel.id), [{ device: owner.id, seq: 4 }])
    db.close()
  })

  test('deleted bytes are overwritten on disk', (t) => {
    const path = join(tempFolder(t), 'box.db')
    const db = openWriter(path)
    db.prepare('INSERT INTO parcels (device, bytes) VALUES (?, ?)').run(
      Buffer.alloc(16),
      Buffer.from('a parcel that nobody may find again'),
    )
    db.exec('DELETE FROM parcels')
    db.pragma('wal_checkpoint(TRUNCATE)')
    db.close()
    assert.equal(readFileSync(path).includes('nobody may find'), false)
    const raw = new Database(path, { readonly: true })
    assert.equal(raw.pragma('integrity_check', { simple: true }), 'ok')
    raw.close()
  })
})

test('a part of a file that the disk does not hold any more is damage', async (t) => {
  const folder = join(tempFolder(t), 'files')
  const blobs = new Blobs(folder)
  await blobs.write(1, 0, new Uint8Array(700))
  assert.deepEqual(await blobs.read(1, 0, 700), new Uint8Array(700))
  truncateSync(join(folder, '1'), 699)
  await assert.rejects(blobs.read(1, 0, 700), { code: 'database_damaged' })
  await assert.rejects(blobs.read(2, 0, 700), { code: 'database_damaged' })
})

test('a file that cannot be written is a fault of its own, not a full disk', async (t) => {
  const folder = join(tempFolder(t), 'files')
  const blobs = new Blobs(folder)
  mkdirSync(join(folder, '1'))
  await assert.rejects(blobs.write(1, 0, new Uint8Array(7)), { code: 'EISDIR' })
})

test('a folder that takes no key says so', (t) => {
  const nowhere = join(tempFolder(t), 'not', 'there')
  refused('data_unwritable', () => loadBoxKeys(nowhere))
})
