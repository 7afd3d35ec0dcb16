// Files in a channel: sealed on one phone, opened on the others, through cuts, restarts and a box that lies.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  bringFiles,
  enqueueFile,
  fetchFile,
  sealedAsRead,
  type Source,
} from '../../client/files.ts'
import { drain, waiting } from '../../client/outbox.ts'
import { messagesOf } from '../../client/views.ts'
import { equal } from '../../protocol/bytes.ts'
import { MAX_PART, ROUTES } from '../../protocol/api.ts'
import type { FileFacts } from '../../protocol/content.ts'
import { fileId, sealChunk } from '../../protocol/file.ts'
import type { LogId, MessageId } from '../../protocol/ids.ts'
import { ABANDONED_AFTER, FILE_BYTES_PER_DEVICE } from '../../server/limits.ts'
import { madeUp, MemorySink } from '../helpers/files.ts'
import { twin } from '../helpers/hostile.ts'
import {
  channel,
  type Phone,
  read,
  refused,
  remove,
  say,
  startTown,
  sync,
  type Town,
  TownNetwork,
  until,
  welcome,
} from '../helpers/town.ts'

const MIB = 1024 * 1024
const PLAN = { ref: 'plan', name: 'plan.pdf', mime: 'application/pdf', text: 'the plan' }
const chosen = { ...PLAN, thumbnail: new Uint8Array(0) }

const choose = (phone: Phone, log: LogId, source: Source): Promise<MessageId> =>
  phone.core.run(() => enqueueFile(phone.core, log, source, chosen))
const bring = (phone: Phone, source: Source | null) =>
  bringFiles(phone.core, async (upload) => (source === null ? null : sealedAsRead(upload, source)))
const send = (phone: Phone) => phone.core.run(() => drain(phone.core))

async function sent(phone: Phone, log: LogId, source: Source): Promise<void> {
  await choose(phone, log, source)
  await bring(phone, source)
  await send(phone)
}

async function received(phone: Phone, log: LogId): Promise<FileFacts & { text: string }> {
  await sync(phone)
  const all = await messagesOf(phone.core, log)
  const content = all.flatMap((one) => (one.content.type === 'file' ? [one.content] : [])).at(-1)
  assert.ok(content !== undefined, 'no file came')
  return content
}

async function assertFetched(phone: Phone, log: LogId, source: Source): Promise<void> {
  const facts = await received(phone, log)
  assert.deepEqual([facts.name, facts.mime, facts.text], [PLAN.name, PLAN.mime, PLAN.text])
  const sink = new MemorySink()
  await fetchFile(phone.core, log, facts, sink)
  assert.deepEqual(sink.bytes, await source.read(0, source.size))
}

async function two(t: TestContext, network = new TownNetwork()) {
  const town = await startTown(t)
  const olga = await town.owner()
  const anna = await welcome(town, olga, 'Anna Beispiel', 'member', { network })
  const team = await channel(olga, 'Crisis team', anna)
  await sync(anna)
  return { town, olga, anna, team, network }
}

const blobsOf = (town: Town): string[] =>
  readdirSync(town.data)
    .filter((name) => name.endsWith('.files'))
    .flatMap((name) => readdirSync(join(town.data, name)))

test('A file arrives as it was sent: empty, small, and of several parts', async (t) => {
  const { olga, anna, team } = await two(t)
  for (const size of [0, 1, 5_000, 3 * MIB + 17]) {
    const source = madeUp(size, size)
    await sent(anna, team, source)
    await assertFetched(olga, team, source)
  }
  assert.deepEqual(await anna.store.list('uploads'), [])
})

test('What is written while a file is on its way does not wait for it, and the file comes later', async (t) => {
  const { olga, anna, team } = await two(t)
  const source = madeUp(2 * MIB)
  await choose(anna, team, source)
  await say(anna, team, 'the plan follows')
  await sync(olga)
  assert.deepEqual(await read(olga, team), ['the plan follows'])
  await bring(anna, source)
  await send(anna)
  await assertFetched(olga, team, source)
})

test('An upload that is cut goes on with the part it stopped at, also after a restart of both', async (t) => {
  const { town, olga, anna, team, network } = await two(t)
  const source = madeUp(5 * MIB)
  await choose(anna, team, source)
  network.cut(ROUTES.filePut.path, 'after', 1)
  assert.deepEqual(await bring(anna, source), { unreachable: true })
  network.heal()
  assert.equal(network.count(ROUTES.filePut.path), 1)
  await town.restart()
  const again = await twin(town, anna)
  assert.deepEqual(await bring(again, source), { unreachable: false })
  assert.equal(again.network.requests('filePut').length, 4, 'five parts, one was there')
  await send(again)
  await assertFetched(olga, team, source)
})

test('A fetch that is cut goes on behind what is there', async (t) => {
  const { olga, anna, team, network } = await two(t)
  const source = madeUp(4 * MIB + 5)
  await sent(olga, team, source)
  const facts = await received(anna, team)
  const sink = new MemorySink()
  await fetchFile(anna.core, team, facts, {
    size: 0,
    read: (...place) => sink.read(...place),
    close: () => sink.close(),
    write: async (offset, bytes) => {
      await sink.write(offset, bytes)
      if (offset === MIB) network.cut(ROUTES.fileGet.path, 'before')
    },
  }).catch((error: unknown) => assert.equal((error as { code: string }).code, 'box_unreachable'))
  assert.equal(sink.size, 2 * MIB)
  const before = network.count(ROUTES.fileGet.path)
  await fetchFile(anna.core, team, facts, sink)
  assert.equal(network.count(ROUTES.fileGet.path) - before, 3)
  assert.deepEqual(sink.bytes, await source.read(0, source.size))
})

test('A file that changed since it was chosen is not sent, and its message says so', async (t) => {
  const { olga, anna, team, network } = await two(t)
  for (const changed of [null, madeUp(MIB + 1), madeUp(3 * MIB, 99)]) {
    await choose(anna, team, madeUp(3 * MIB))
    network.cut(ROUTES.filePut.path, 'after', 1)
    await bring(anna, madeUp(3 * MIB))
    network.heal()
    await bring(anna, changed)
    const row = (await waiting(anna.core)).at(-1)
    assert.equal(row?.row.failure, 'file_changed')
  }
  await send(anna)
  await sync(olga)
  assert.deepEqual(await read(olga, team), [])
})

test('A change that nobody noticed on the way is noticed by the reader', async (t) => {
  const { olga, anna, team } = await two(t)
  await choose(anna, team, madeUp(MIB))
  await bring(anna, madeUp(MIB, 99))
  await send(anna)
  const facts = await received(olga, team)
  await assert.rejects(fetchFile(olga.core, team, facts, new MemorySink()), refused('file_damaged'))
})

test('A box that swaps, cuts, splices or plants parts is found out', async (t) => {
  const { town, olga, anna, team } = await two(t)
  const source = madeUp(3 * MIB)
  await sent(anna, team, source)
  const facts = await received(olga, team)
  const other = madeUp(3 * MIB, 5)
  await sent(anna, team, other)
  const others = await received(olga, team)
  const victim = await twin(town, olga)
  const honest = async (part: number, of: FileFacts = facts): Promise<Uint8Array> => {
    const place = { log: team, file: fileId(of), part }
    return (await olga.core.line.call('fileGet', place, olga.core.signer)).bytes
  }
  const planted = sealChunk({ key: new Uint8Array(32), size: MIB }, 0, await source.read(0, 65_536))
  const spliced = await honest(0)
  spliced.set((await honest(0, others)).subarray(0, 65_576))
  const lies: Record<string, Uint8Array> = {
    'the next part': await honest(1),
    'a part of another file': await honest(0, others),
    'a part with one chunk of another file': spliced,
    'a part that was cut': (await honest(0)).subarray(0, -65_576),
    nothing: new Uint8Array(0),
    'a chunk of its own': planted,
    'a part twice as long': new Uint8Array(MAX_PART),
  }
  for (const [what, bytes] of Object.entries(lies)) {
    victim.network.answering('fileGet', () => ({ bytes }), 1)
    const fetching = fetchFile(victim.core, team, facts, new MemorySink())
    await assert.rejects(fetching, refused('cannot_open'), what)
  }
  victim.network.honest()
  const sink = new MemorySink()
  await fetchFile(victim.core, team, facts, sink)
  assert.deepEqual(sink.bytes, await source.read(0, source.size))
})

test('Only members fetch, only who brought it goes on with it, and nobody learns whether it is there', async (t) => {
  const { town, olga, anna, team } = await two(t)
  const bert = await welcome(town, olga, 'Bert Beispiel')
  const source = madeUp(2 * MIB)
  await sent(anna, team, source)
  const facts = await received(olga, team)
  const file = fileId(facts)
  const place = { log: team, file, part: 0 }
  const get = (phone: Phone) => phone.core.line.call('fileGet', place, phone.core.signer)
  const put = (phone: Phone, bytes: Uint8Array) =>
    phone.core.line.call('filePut', { ...place, bytes }, phone.core.signer)
  const open = (phone: Phone, size: number) =>
    phone.core.line.call('fileOpen', { log: team, file, size }, phone.core.signer)
  const dropIt = (phone: Phone) =>
    phone.core.line.call('fileDrop', { log: team, file }, phone.core.signer)
  const { bytes } = await get(olga)
  await assert.rejects(get(bert), refused('not_found'))
  await assert.rejects(put(olga, bytes), refused('not_found'))
  await assert.rejects(open(olga, bytes.length), refused('file_conflict'))
  await assert.rejects(dropIt(olga), refused('not_found'))
  await put(anna, bytes)
  const other = bytes.slice()
  other[0] = (other[0] as number) ^ 1
  await assert.rejects(put(anna, other), refused('file_conflict'))
  await assert.rejects(put(anna, bytes.subarray(1)), refused('malformed'))
  await remove(olga, team, anna)
  await assert.rejects(get(anna), refused('not_found'))
})

test('What was begun and never finished makes room again; what is whole stays', async (t) => {
  const { town, anna, team, network } = await two(t)
  await sent(anna, team, madeUp(MIB))
  await choose(anna, team, madeUp(2 * MIB))
  network.cut(ROUTES.filePut.path, 'after', 1)
  await bring(anna, madeUp(2 * MIB))
  network.heal()
  assert.equal(blobsOf(town).length, 2)
  town.clock.advance(ABANDONED_AFTER - 1)
  await town.restart()
  assert.equal(blobsOf(town).length, 2, 'not before a day has passed')
  town.clock.advance(2)
  await town.restart()
  await until(() => blobsOf(town).length === 1, 'the abandoned upload is gone')
  assert.deepEqual(await bring(anna, madeUp(2 * MIB)), { unreachable: false })
  await send(anna)
})

test('A device stores so much and no more, and may take its own back', async (t) => {
  const { anna, team } = await two(t)
  const open = (size: number, label: number) => {
    const file = fileId({ key: new Uint8Array(32).fill(label), size })
    return anna.core.line.call('fileOpen', { log: team, file, size }, anna.core.signer)
  }
  const large = FILE_BYTES_PER_DEVICE / 4
  for (const label of [1, 2, 3, 4]) await open(large, label)
  await assert.rejects(open(1, 5), refused('file_quota'))
  const file = fileId({ key: new Uint8Array(32).fill(1), size: large })
  await anna.core.line.call('fileDrop', { log: team, file }, anna.core.signer)
  await open(1, 5)
  await assert.rejects(open(3 * 1024 ** 3, 6), refused('too_large'))
})

test('A file that has grown, or ends too early, is not sent', async (t) => {
  const { anna, team } = await two(t)
  const source = madeUp(3 * MIB)
  const others: Record<string, Source> = {
    grown: { ...source, size: source.size + 1 },
    'ended early': { ...source, read: (at, length) => source.read(at, Math.min(length, 1000)) },
  }
  for (const [what, other] of Object.entries(others)) {
    const id = await choose(anna, team, source)
    await bring(anna, other)
    const row = (await anna.core.run(() => waiting(anna.core))).find(({ row: { mid } }) =>
      equal(mid, id),
    )
    assert.equal(row?.row.failure, 'file_changed', what)
  }
})
