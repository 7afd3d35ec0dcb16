// Rows that end with a check, and stores from before they had one.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { readRow, writeRow } from '../../client/checked-rows.ts'
import { Core, readIdentity } from '../../client/core.ts'
import { MemoryStore } from '../../client/memory-store.ts'
import { META } from '../../client/replica.ts'
import { countRow, nameRow } from '../../client/rows.ts'
import { put, type Store, TABLES } from '../../client/store.ts'
import { fromUtf8, utf8 } from '../../protocol/bytes.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { copyStore } from '../helpers/hostile.ts'
import { flipped, refused } from '../helpers/seed.ts'
import { channel, ORG, OWNER, read, say, Town } from '../helpers/town.ts'

const town = new Town()
await town.found(ORG, OWNER)
await town.start()
after(() => town.clear())
const olga = await town.owner()
const team = await channel(olga, 'Crisis team')
await say(olga, team, 'from before')

describe('a row', () => {
  const row = writeRow(countRow, { value: 7 })

  test('comes back as it was written', () => {
    assert.deepEqual(readRow(countRow, row), { value: 7 })
  })

  test('is refused with any bit changed, cut or longer', () => {
    for (let at = 0; at < row.length; at++)
      for (let bit = 0; bit < 8; bit++)
        refused('database_damaged', () => readRow(countRow, flipped(row, at, 1 << bit)))
    for (let n = 0; n < row.length; n++)
      refused('database_damaged', () => readRow(countRow, row.subarray(0, n)))
    refused('database_damaged', () => readRow(countRow, new Uint8Array([...row, 0])))
  })

  test('of another kind in its place is damage too', () => {
    refused('database_damaged', () => readRow(countRow, writeRow(nameRow, { name: 'Olga' })))
  })
})

/** As a store was before its rows had checks. */
async function oldStore(): Promise<Store> {
  const store = await copyStore(olga.store)
  await store.commit([{ table: 'meta', key: META.checked, value: null }])
  for (const table of TABLES) {
    for (const { key, value } of await store.list(table))
      if (value.length > 0) await store.commit([put(table, key, value.slice(0, -8))])
  }
  await store.commit([put('names', new Uint8Array(16), utf8('Olga Beispiel'))])
  return store
}

test('an old store gets its checks when it is opened, and is the same device', async () => {
  const store = await oldStore()
  const core = await Core.open({ store, clock: town.clock })
  assert.deepEqual(core?.replica.identity, olga.core.replica.identity)
  assert.deepEqual(core?.replica.directory.head, olga.core.replica.directory.head)
  const name = (await store.get('names', new Uint8Array(16))) ?? assert.fail()
  assert.deepEqual(readRow(nameRow, name), { name: 'Olga Beispiel' })
  const again = await Core.open({ store, clock: town.clock })
  assert.deepEqual(again?.replica.identity, olga.core.replica.identity)
  assert.deepEqual(await read(olga, team), ['from before'])
})

test('where only the mark of the checks is lost, rows keep the one that they have', async () => {
  const store = await copyStore(olga.store)
  await store.commit([{ table: 'meta', key: META.checked, value: null }])
  const core = await Core.open({ store, clock: town.clock })
  assert.deepEqual(core?.replica.directory.head, olga.core.replica.directory.head)
  for (const table of TABLES)
    assert.deepEqual(await store.list(table), await olga.store.list(table), table)
})

test('an old name that is no text is damage', async () => {
  const store = await oldStore()
  await store.commit([put('names', new Uint8Array(16), Uint8Array.of(0xff))])
  await assert.rejects(Core.open({ store }), { code: 'database_damaged' })
})

test('what the store itself says of its disk is passed on', async () => {
  const store = await copyStore(olga.store)
  store.list = () => Promise.reject(new ProtocolError('data_unwritable'))
  await assert.rejects(Core.open({ store }), { code: 'data_unwritable' })
})

test('a store without a device is left as it is', async () => {
  const store = new MemoryStore()
  await store.commit([put('names', new Uint8Array(16), utf8('raw'))])
  assert.equal(await readIdentity(store), null)
  assert.equal(fromUtf8((await store.get('names', new Uint8Array(16))) ?? assert.fail()), 'raw')
})
