// Rows that were right when they were written and cannot be read back: the device says that its database is
// damaged, whatever the damage looks like to the code behind it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Core } from '../../client/core.ts'
import { META } from '../../client/replica.ts'
import { identityRow, readRow, writeRow } from '../../client/rows.ts'
import { put, type Table } from '../../client/store.ts'
import { news } from '../../client/views.ts'
import { isZero } from '../../protocol/bytes.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { KIND } from '../../protocol/kinds.ts'
import { copyStore } from '../helpers/hostile.ts'
import { joinWith, startTestBox } from '../server/kit.ts'

const damaged = { name: 'ProtocolError', code: 'database_damaged' }

test('a device whose rows are damaged does not start', async (t) => {
  const box = await startTestBox(t)
  const { store } = await joinWith(box, box.card)
  const change = async (table: Table, bend: (value: Uint8Array, key: Uint8Array) => void) => {
    const copy = await copyStore(store)
    const [first] = await copy.list(table)
    assert.ok(first !== undefined)
    const [key, value] = [first.key.slice(), first.value.slice()]
    bend(value, key)
    await copy.commit([{ table, key: first.key, value: null }, put(table, key, value)])
    return Core.open({ store: copy })
  }
  assert.notEqual(await change('entries', () => {}), null)
  await t.test('an entry is another kind', () =>
    assert.rejects(
      // standing, hash, length and version stand before the kind.
      change('entries', (value) => (value[38] = KIND.card)),
      damaged,
    ),
  )
  await t.test('an entry has an unknown standing', () =>
    assert.rejects(
      change('entries', (value) => (value[0] = 9)),
      damaged,
    ),
  )
  await t.test('the number of a prekey is cut', async () => {
    const copy = await copyStore(store)
    const [first] = await copy.list('prekeys')
    assert.ok(first !== undefined && !isZero(first.value))
    await copy.commit([put('prekeys', first.key.subarray(0, 2), first.value)])
    await assert.rejects(Core.open({ store: copy }), damaged)
  })
  await t.test('the address of the box is none', async () => {
    const copy = await copyStore(store)
    const identity = readRow(identityRow, (await copy.get('meta', META.identity)) as Uint8Array)
    await copy.commit([
      put('meta', META.identity, writeRow(identityRow, { ...identity, box: 'x' })),
    ])
    await assert.rejects(Core.open({ store: copy }), damaged)
  })
})

test('a piece of news at no place is told as damage', async (t) => {
  const box = await startTestBox(t)
  const core = await joinWith(box, box.card)
  await core.store.commit([put('news', Uint8Array.of(1, 2, 3), new Uint8Array(0))])
  await assert.rejects(news(core), damaged)
})

test('what a store says of the disk under it is told as that', async (t) => {
  const box = await startTestBox(t)
  const { store } = await joinWith(box, box.card)
  for (const code of ['data_unwritable', 'data_in_use', 'device_full', 'not_found'] as const) {
    const copy = await copyStore(store)
    copy.list = () => Promise.reject(new ProtocolError(code))
    const told = code === 'not_found' ? 'database_damaged' : code
    await assert.rejects(Core.open({ store: copy }), { code: told })
  }
})
