import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MemoryStore } from '../../client/memory-store.ts'
import { SealedStore } from '../../client/sealed-store.ts'
import { put } from '../../client/store.ts'
import { toHex, utf8 } from '../../protocol/bytes.ts'
import { seed } from '../helpers/seed.ts'
import { STORE_CASES } from '../helpers/store-contract.ts'
import { refused } from '../helpers/town-verbs.ts'

const KEY = seed('key of the store')
const AT = utf8('at')

describe('a sealed store is a store', () => {
  for (const { name, run } of STORE_CASES)
    test(name, () => run(() => new SealedStore(new MemoryStore(), KEY), 20))
})

test('once it has ended, nothing is read or written, and nothing under another key', async () => {
  const inner = new MemoryStore()
  const key = KEY.slice()
  const store = new SealedStore(inner, key)
  await store.commit([put('keys', AT, utf8('before'))])
  key.fill(0)
  assert.deepEqual(await store.get('keys', AT), utf8('before'))
  store.end()
  await assert.rejects(
    () => store.commit([put('keys', AT, utf8('after'))]),
    refused('device_missing'),
  )
  await assert.rejects(() => store.get('keys', AT), refused('device_missing'))
  await assert.rejects(() => store.list('keys'), refused('device_missing'))
  assert.deepEqual(await new SealedStore(inner, KEY).get('keys', AT), utf8('before'))
})

describe('whoever holds the disk', () => {
  test('reads no secret and no words in it', async () => {
    const inner = new MemoryStore()
    const words = utf8('the seed of a signing key')
    const tables = ['meta', 'keys', 'prekeys', 'names', 'outbox', 'uploads', 'local'] as const
    await new SealedStore(inner, KEY).commit(tables.map((table) => put(table, AT, words)))
    for (const table of tables) {
      const stored = await inner.get(table, AT)
      assert.ok(stored !== null && !toHex(stored).includes(toHex(words)), table)
    }
  })

  test('exchanges, moves or changes no row unnoticed, and opens none with another key', async () => {
    const inner = new MemoryStore()
    const store = new SealedStore(inner, KEY)
    await store.commit([put('keys', AT, utf8('one')), put('keys', utf8('at 2'), utf8('two'))])
    const one = (await inner.get('keys', AT)) as Uint8Array
    const damaged = (work: () => Promise<unknown>) =>
      assert.rejects(work, refused('database_damaged'))
    await damaged(() => new SealedStore(inner, seed('another')).get('keys', AT))
    await inner.commit([put('keys', utf8('at 2'), one), put('meta', AT, one)])
    await damaged(() => store.get('keys', utf8('at 2')))
    await damaged(() => store.get('meta', AT))
    for (const at of [0, 24, one.length - 1]) {
      const changed = one.map((byte, i) => (i === at ? byte ^ 1 : byte))
      await inner.commit([put('keys', AT, changed)])
      await damaged(() => store.get('keys', AT))
    }
    await inner.commit([put('keys', AT, new Uint8Array(3))])
    await damaged(() => store.get('keys', AT))
  })
})
