// One suite for all stores: what the engine relies on.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import fc from 'fast-check'
import { MemoryStore } from '../../client/memory-store.ts'
import { SqliteStore } from '../../client/node/sqlite-store.ts'
import { drop, put, type Store } from '../../client/store.ts'
import { compareBytes } from '../../protocol/channel-operations.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

const STORES: [string, (t: TestContext) => Store][] = [
  ['MemoryStore', () => new MemoryStore()],
  [
    'SqliteStore',
    (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'holdfast-store-'))
      const store = new SqliteStore(folder)
      t.after(async () => {
        await store.close()
        rmSync(folder, { recursive: true })
      })
      return store
    },
  ],
]

for (const [name, make] of STORES) {
  test(`${name}: what was put is there, what was dropped is not`, async (t) => {
    const store = make(t)
    assert.equal(await store.get('meta', bytes(1)), null)
    await store.commit([put('meta', bytes(1), bytes(7)), put('keys', bytes(1), bytes(8))])
    assert.deepEqual(await store.get('meta', bytes(1)), bytes(7))
    assert.deepEqual(await store.get('keys', bytes(1)), bytes(8))
    await store.commit([put('meta', bytes(1), bytes(9)), drop('keys', bytes(1))])
    assert.deepEqual(await store.get('meta', bytes(1)), bytes(9))
    assert.equal(await store.get('keys', bytes(1)), null)
    await store.commit([drop('keys', bytes(1))])
  })

  test(`${name}: within one commit the last word counts`, async (t) => {
    const store = make(t)
    await store.commit([
      put('meta', bytes(1), bytes(1)),
      drop('meta', bytes(1)),
      put('meta', bytes(2), bytes(1)),
      put('meta', bytes(2), bytes(2)),
    ])
    assert.deepEqual(await store.list('meta'), [{ key: bytes(2), value: bytes(2) }])
  })

  test(`${name}: an empty value is a value`, async (t) => {
    const store = make(t)
    await store.commit([put('news', bytes(1), bytes())])
    assert.deepEqual(await store.get('news', bytes(1)), bytes())
    assert.equal((await store.list('news')).length, 1)
  })

  test(`${name}: lists by prefix, ascending by bytes`, async (t) => {
    const key = fc.uint8Array({ maxLength: 4 }).map((value) => value.map((byte) => byte % 3))
    const someKey = key.filter(({ length }) => length > 0)
    const property = fc.asyncProperty(fc.array(someKey), key, async (keys, prefix) => {
      const store = make(t)
      await store.commit(keys.map((at) => put('entries', at, bytes(1))))
      const listed = (await store.list('entries', prefix)).map((row) => [...row.key])
      const expected = [...new Map(keys.map((at) => [at.join(), at])).values()]
        .filter((at) => prefix.every((byte, i) => at[i] === byte))
        .toSorted(compareBytes)
        .map((at) => [...at])
      assert.deepEqual(listed, expected)
    })
    await fc.assert(property, { numRuns: name === 'MemoryStore' ? 100 : 10, seed: 1 })
  })

  test(`${name}: knows its last key`, async (t) => {
    const store = make(t)
    assert.equal(await store.last('outbox'), null)
    await store.commit([2, 9, 5].map((n) => put('outbox', bytes(0, n), bytes(1))))
    assert.deepEqual(await store.last('outbox'), bytes(0, 9))
    await store.commit([drop('outbox', bytes(0, 9))])
    assert.deepEqual(await store.last('outbox'), bytes(0, 5))
  })

  test(`${name}: a prefix of 0xff ends where it should`, async (t) => {
    const store = make(t)
    const keys = [bytes(0xfe), bytes(0xff), bytes(0xff, 0), bytes(0xff, 0xff)]
    await store.commit(keys.map((key) => put('entries', key, bytes(1))))
    const listed = await store.list('entries', bytes(0xff))
    assert.deepEqual(
      listed.map(({ key }) => key),
      keys.slice(1),
    )
  })

  test(`${name}: exclusive work goes one after the other, also after a failure`, async (t) => {
    const store = make(t)
    const log: string[] = []
    const work = (who: string, fails = false) =>
      store.exclusive(async () => {
        log.push(`${who} in`)
        await new Promise((resolve) => setTimeout(resolve, 5))
        log.push(`${who} out`)
        if (fails) throw new Error(who)
        return who
      })
    const all = await Promise.allSettled([work('a'), work('b', true), work('c')])
    assert.deepEqual(log, ['a in', 'a out', 'b in', 'b out', 'c in', 'c out'])
    assert.deepEqual(
      all.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
  })

  test(`${name}: its own commits are nothing foreign`, async (t) => {
    const store = make(t)
    const before = store.foreignVersion()
    await store.commit([put('meta', bytes(1), bytes(1))])
    assert.equal(store.foreignVersion(), before)
  })
}
