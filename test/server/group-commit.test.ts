import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { ProtocolError } from '../../protocol/errors.ts'
import { type Db, openReader, openWriter } from '../../server/store/database.ts'
import { GroupCommit } from '../../server/store/group-commit.ts'
import { tempFolder } from './kit.ts'

const INSERT = 'INSERT INTO parcels (device, bytes) VALUES (?, ?)'

function stage(t: Parameters<typeof tempFolder>[0]) {
  const path = join(tempFolder(t), 'box.db')
  const db = openWriter(path)
  const reader = openReader(path)
  const lost: unknown[] = []
  const group = new GroupCommit(db, (error) => lost.push(error))
  const put = (size = 10): unknown => db.prepare(INSERT).run(Buffer.alloc(16), Buffer.alloc(size))
  const count = (from: Db = reader): number =>
    (from.prepare('SELECT count(*) AS n FROM parcels').get() as { n: number }).n
  t.after(() => {
    reader.close()
    db.close()
  })
  return { db, group, put, count, lost }
}

/** Runs `look` before each COMMIT, as the disk would: what it throws, SQLite throws. */
function onCommit(db: Db, look: () => void): void {
  const prepare = db.prepare.bind(db)
  db.prepare = ((sql: string) => {
    const statement = prepare(sql)
    if (sql !== 'COMMIT') return statement
    const run = statement.run.bind(statement)
    statement.run = () => {
      look()
      return run()
    }
    return statement
  }) as typeof db.prepare
}

const module = (name: string): string =>
  JSON.stringify(new URL(`../../server/store/${name}.ts`, import.meta.url).href)

const codeOf = (error: unknown): string =>
  error instanceof ProtocolError ? error.code : error instanceof Error ? error.message : '?'

describe('group commit', () => {
  test('nothing resolves, and no effect runs, before another connection can see it', async (t) => {
    const { group, put, count } = stage(t)
    const seen: string[] = []
    const one = group.run(put, () => seen.push(`effect sees ${count()}`))
    const two = group.run(put, () => seen.push(`effect sees ${count()}`))
    assert.equal(count(), 0, 'not before the commit')
    void one.then(() => seen.push(`answer sees ${count()}`))
    await Promise.resolve()
    assert.deepEqual(seen, [], 'no answer in the same turn')
    await two
    await one
    await Promise.resolve()
    assert.deepEqual(seen.slice(0, 2), ['effect sees 2', 'effect sees 2'])
    assert.deepEqual(seen.slice(2), ['answer sees 2'])
  })

  test('what comes in one turn shares one transaction; the next turn has its own', async (t) => {
    const { db, group, put } = stage(t)
    let commits = 0
    onCommit(db, () => (commits += 1))
    await Promise.all(Array.from({ length: 50 }, () => group.run(put, () => {})))
    assert.equal(commits, 1)
    await group.run(put, () => {})
    assert.equal(commits, 2)
  })

  test('effects run in the order of the work, each before its answer', async (t) => {
    const { group, put } = stage(t)
    const order: number[] = []
    const all = [1, 2, 3, 4, 5].map((i) =>
      group.run(
        () => {
          put()
          return i
        },
        (value) => order.push(value),
      ),
    )
    assert.deepEqual(await Promise.all(all), [1, 2, 3, 4, 5])
    assert.deepEqual(order, [1, 2, 3, 4, 5])
  })

  test('failing work takes back only itself', async (t) => {
    const { group, put, count, lost } = stage(t)
    const effects: string[] = []
    const fail = (): never => {
      put()
      put()
      throw new ProtocolError('seq_low')
    }
    const results = await Promise.allSettled([
      group.run(put, () => effects.push('first')),
      group.run(fail, () => effects.push('never')),
      group.run(put, () => effects.push('third')),
    ])
    assert.deepEqual(
      results.map((one) => (one.status === 'rejected' ? codeOf(one.reason) : 'done')),
      ['done', 'seq_low', 'done'],
    )
    assert.equal(count(), 2)
    assert.deepEqual(effects, ['first', 'third'])
    assert.deepEqual(lost, [])
  })

  test('a group that only failed leaves nothing open', async (t) => {
    const { db, group, put, count } = stage(t)
    const fail = (): never => {
      throw new TypeError('a programming error')
    }
    await assert.rejects(
      group.run(fail, () => {}),
      TypeError,
    )
    await group.settled()
    assert.equal(db.inTransaction, false)
    await group.run(put, () => {})
    assert.equal(count(), 1)
  })

  test('settled waits for the disk', async (t) => {
    const { group, put, count } = stage(t)
    void group.run(put, () => {})
    await group.settled()
    assert.equal(count(), 1)
  })

  // In a process of its own: what escapes from a commit ends the process.
  test('an effect that throws does not take the answers of the others along', (t) => {
    const path = JSON.stringify(join(tempFolder(t), 'box.db'))
    const source = `
        import { openWriter } from ${module('database')}
        import { GroupCommit } from ${module('group-commit')}
        const group = new GroupCommit(openWriter(${path}), () => {}, () => {})
        const bad = group.run(() => 1, () => { throw new TypeError('an effect that fails') })
        bad.catch(() => console.log('failed'))
        console.log(await group.run(() => 'answered', () => {}))`
    const args = ['--input-type=module', '--eval', source]
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    assert.match(stdout, /answered/)
  })
})

describe('a full disk', () => {
  const fill = (db: Db, put: (size: number) => unknown): void => {
    const pages = db.pragma('page_count', { simple: true }) as number
    db.pragma(`max_page_count = ${pages + 4}`)
    put(2)
  }

  test('refuses what does not fit, keeps what does, and goes on when there is room', async (t) => {
    const { db, group, put, count } = stage(t)
    fill(db, put)
    const before = count()
    const results = await Promise.allSettled([
      group.run(
        () => put(10),
        () => {},
      ),
      group.run(
        () => put(1_000_000),
        () => assert.fail('delivered what is not on disk'),
      ),
    ])
    const outcomes = results.map((one) => (one.status === 'rejected' ? codeOf(one.reason) : 'done'))
    assert.equal(outcomes[1], 'disk_full')
    assert.equal(count(), before + outcomes.filter((one) => one === 'done').length)
    assert.equal(db.inTransaction, false)
    db.pragma('max_page_count = 1000000')
    await group.run(
      () => put(1_000_000),
      () => {},
    )
    assert.equal(db.pragma('integrity_check', { simple: true }), 'ok')
  })

  test('found at the commit refuses the whole group and says so once', async (t) => {
    const { db, group, put, count, lost } = stage(t)
    const { SqliteError } = await import('better-sqlite3').then(({ default: it }) => it)
    let full = true
    onCommit(db, () => {
      if (full) throw new SqliteError('disk is full', 'SQLITE_FULL')
    })
    const effects: number[] = []
    const results = await Promise.allSettled([
      group.run(put, () => effects.push(1)),
      group.run(put, () => effects.push(2)),
    ])
    assert.deepEqual(
      results.map((one) => (one.status === 'rejected' ? codeOf(one.reason) : 'done')),
      ['disk_full', 'disk_full'],
    )
    assert.deepEqual([effects, count(), lost.map(codeOf)], [[], 0, ['disk_full']])
    full = false
    await group.run(put, () => {})
    assert.equal(count(), 1)
  })

  test('that took the transaction back by itself is told, and nothing of it is confirmed', async (t) => {
    const { db, group, put, count, lost } = stage(t)
    const { SqliteError } = await import('better-sqlite3').then(({ default: it }) => it)
    const first = group.run(put, () => assert.fail('delivered what was rolled back'))
    const second = group.run(
      () => {
        db.exec('ROLLBACK')
        throw new SqliteError('disk is full', 'SQLITE_FULL')
      },
      () => {},
    )
    const results = await Promise.allSettled([first, second])
    assert.deepEqual(
      results.map((one) => (one.status === 'rejected' ? codeOf(one.reason) : 'done')),
      ['disk_full', 'disk_full'],
    )
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(count(), 0)
    await group.run(put, () => {})
    assert.equal(count(), 1)
    // Twice is harmless, since memory is only read again; never is not.
    assert.deepEqual([...new Set(lost.map(codeOf))], ['disk_full'])
  })

  test('any other failure of the commit is told as what it is', async (t) => {
    const { db, group, put, lost } = stage(t)
    const { SqliteError } = await import('better-sqlite3').then(({ default: it }) => it)
    onCommit(db, () => {
      throw new SqliteError('fsync failed', 'SQLITE_IOERR_FSYNC')
    })
    await assert.rejects(group.run(put, () => assert.fail('delivered')))
    assert.equal(lost.length, 1)
    assert.equal((lost[0] as { code?: string }).code, 'SQLITE_IOERR_FSYNC')
  })
})
