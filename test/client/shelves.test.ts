// A start that does not read every message: it comes to the same state.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { MemoryStore } from '../../client/memory-store.ts'
import { drain, enqueue } from '../../client/outbox.ts'
import { Replica } from '../../client/replica.ts'
import { fillShelves } from '../../client/shelves.ts'
import { drop, put } from '../../client/store.ts'
import { toHex } from '../../protocol/bytes.ts'
import type { LogId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import { copyStore } from '../helpers/hostile.ts'
import {
  add,
  alert,
  audience,
  type Phone,
  refused,
  remove,
  startTown,
  sync,
  welcome,
} from '../helpers/town.ts'

async function sayMany(by: Phone, to: LogId, count: number): Promise<void> {
  await by.core.run(async () => {
    for (let i = 0; i < count; i++)
      await enqueue(by.core, to, KIND.text, { type: 'text', text: `Message ${i}.`, replyTo: null })
    await drain(by.core)
  })
}

/** Bernd comes late, so that much of the log is closed to him, and new keys stand between messages. */
async function scene(t: TestContext) {
  const town = await startTown(t)
  const olga = await town.owner()
  const [anna, bernd] = [
    await welcome(town, olga, 'Anna Beispiel'),
    await welcome(town, olga, 'Bernd Beispiel'),
  ]
  const all = await audience(olga, 'Everybody', anna)
  await sayMany(olga, all, 200)
  await alert(olga, all, 'Fire in plant 2.')
  await add(olga, all, bernd)
  await sync(bernd)
  await sayMany(olga, all, 150)
  await remove(olga, all, anna)
  await sayMany(olga, all, 200)
  await sync(olga)
  await sync(bernd)
  return { olga, bernd, all }
}

type Ids<V> = { keys(): Iterable<Uint8Array>; values(): Iterable<V> }
const listed = (ids: Ids<unknown> | undefined): unknown[] => [
  [...(ids?.keys() ?? [])].map(toHex),
  [...(ids?.values() ?? [])],
]

/** Everything that a replica knows of a channel. */
function stateOf(replica: Replica, log: LogId): unknown {
  const channel = replica.channels.get(log)
  return {
    head: channel?.head,
    seqs: listed(channel?.seqs),
    alerts: listed(channel?.alerts),
    members: listed(channel?.members),
    epochs: listed(channel?.epochs),
    segments: channel?.segments,
    respKeys: channel?.respKeys,
    lines: replica.lines.get(log),
    hashes: replica.hashes.get(log),
    mids: [...replica.mids].toSorted(),
    gaps: replica.gaps.get(log)?.ranges,
  }
}

for (const who of ['olga', 'bernd'] as const)
  test(`What stands on shelves makes the same state as the entries themselves: ${who}`, async (t) => {
    const { [who]: phone, all } = await scene(t)
    const { store, replica } = phone.core
    assert.equal((await store.list('shelves')).length, 2)
    const bare = await copyStore(store)
    for (const { key } of await bare.list('shelves')) await bare.commit([drop('shelves', key)])
    const long = await Replica.load(bare, replica.identity)
    const short = await Replica.load(store, replica.identity)
    assert.equal(short.shelves.get(all), 2)
    assert.deepEqual(stateOf(short, all), stateOf(long, all))
    assert.deepEqual(stateOf(short, all), stateOf(replica, all))
  })

test('A start reads a few hundred entries of a log, however long it is', async (t) => {
  const { olga } = await scene(t)
  const { store, replica } = olga.core
  const inAll = (await store.list('entries')).length
  let read = 0
  const list = store.list.bind(store)
  const get = store.get.bind(store)
  t.mock.method(store, 'list', async (...args: Parameters<typeof list>) => {
    const rows = await list(...args)
    if (args[0] === 'entries') read += rows.length
    return rows
  })
  t.mock.method(store, 'get', (...args: Parameters<typeof get>) => {
    if (args[0] === 'entries') read += 1
    return get(...args)
  })
  await Replica.load(store, replica.identity)
  assert.ok(inAll > 550)
  assert.ok(read < 150, `${read} entries read`)
})

test('A shelf that was changed, exchanged or lost is damage, and no other state', async (t) => {
  const { olga } = await scene(t)
  const { store, replica } = olga.core
  const [first, second] = await store.list('shelves')
  assert.ok(first !== undefined && second !== undefined)
  const changed = first.value.slice()
  changed[100] = (changed[100] as number) ^ 1
  const damages = [
    [put('shelves', first.key, changed)],
    [put('shelves', first.key, second.value)],
    [drop('shelves', first.key)],
  ]
  for (const writes of damages) {
    const copy: MemoryStore = await copyStore(store)
    await copy.commit(writes)
    await assert.rejects(Replica.load(copy, replica.identity), refused('database_damaged'))
  }
})

test('Shelves are made once, and nothing is read where there are none to make', async (t) => {
  const { olga } = await scene(t)
  const { core } = olga
  const before = await core.store.list('shelves')
  const commits = t.mock.method(core.store, 'commit')
  await fillShelves(core)
  assert.equal(commits.mock.callCount(), 0)
  assert.deepEqual(await core.store.list('shelves'), before)
})
