// Files as an app keeps them: sealed when they are chosen, in parts, and opened without the box.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { bringFiles } from '../../client/files.ts'
import {
  dropKept,
  isKept,
  keepFile,
  openKept,
  type PartStore,
  stagedParts,
  stageFile,
  tidyKept,
} from '../../client/kept-files.ts'
import { drain } from '../../client/outbox.ts'
import { messagesOf } from '../../client/views.ts'
import { concat, toHex } from '../../protocol/bytes.ts'
import type { FileFacts } from '../../protocol/content.ts'
import { asId, type Hash, type LogId, type MessageId } from '../../protocol/ids.ts'
import { randomBytes } from '../../protocol/sodium.ts'
import { madeUp } from '../helpers/files.ts'
import { channel, type Phone, refused, startTown, sync, welcome } from '../helpers/town.ts'

const MIB = 1024 * 1024
const SIZE = 3 * MIB + 17

class MemoryParts implements PartStore {
  readonly parts = new Map<string, Map<number, Uint8Array>>()
  readonly open = new Set<string>()
  /** The disk is full from that part on. */
  full = Number.POSITIVE_INFINITY

  get(file: Hash, part: number): Promise<Uint8Array | null> {
    return Promise.resolve(this.parts.get(toHex(file))?.get(part) ?? null)
  }

  put(file: Hash, part: number, sealed: Uint8Array): Promise<void> {
    if (part >= this.full) return Promise.reject(new Error('full'))
    const held = this.parts.get(toHex(file)) ?? new Map<number, Uint8Array>()
    this.parts.set(toHex(file), held.set(part, sealed))
    return Promise.resolve()
  }

  held(file: Hash): Promise<number[]> {
    return Promise.resolve(
      [...(this.parts.get(toHex(file))?.keys() ?? [])].toSorted((a, b) => a - b),
    )
  }

  drop(file: Hash): Promise<void> {
    this.parts.delete(toHex(file))
    return Promise.resolve()
  }

  files(): Promise<Hash[]> {
    return Promise.resolve([...this.parts.keys()].map(hashOf))
  }

  begin(file: Hash): Promise<void> {
    this.open.add(toHex(file))
    return Promise.resolve()
  }

  end(file: Hash): Promise<void> {
    this.open.delete(toHex(file))
    return Promise.resolve()
  }

  begun(): Promise<Hash[]> {
    return Promise.resolve([...this.open].map(hashOf))
  }
}

const hashOf = (name: string): Hash => Uint8Array.fromHex(name) as Hash
const shown = { name: 'plan.pdf', mime: 'application/pdf', thumbnail: new Uint8Array(0), text: '' }

async function stage(phone: Phone, log: LogId, parts: PartStore): Promise<void> {
  const id = asId<MessageId>(randomBytes(16))
  await stageFile(phone.core, parts, log, madeUp(SIZE), { ...shown, id })
}

async function send(phone: Phone, parts: PartStore, wanted?: () => boolean): Promise<void> {
  const options = wanted === undefined ? {} : { wanted }
  await bringFiles(phone.core, (upload) => stagedParts(parts, upload), options)
  await phone.core.run(() => drain(phone.core))
}

async function received(phone: Phone, log: LogId): Promise<FileFacts[]> {
  await sync(phone)
  const all = await messagesOf(phone.core, log)
  return all.flatMap((one) => (one.content.type === 'file' ? [one.content] : []))
}

async function opened(parts: PartStore, facts: FileFacts): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of openKept(parts, facts)) pieces.push(piece)
  return concat(...pieces)
}

const keep = (phone: Phone, parts: PartStore, log: LogId, facts: FileFacts, wanted = () => true) =>
  keepFile(phone.core, parts, log, facts, () => {}, wanted)

async function scene(t: TestContext) {
  const town = await startTown(t)
  const olga = await town.owner()
  const anna = await welcome(town, olga, 'Anna Beispiel')
  const team = await channel(olga, 'Crisis team', anna)
  return { town, olga, anna, team, parts: new MemoryParts() }
}

test('A file that was chosen goes out without its original, also after it was stopped', async (t) => {
  const { olga, anna, team, parts } = await scene(t)
  await stage(olga, team, parts)
  let asked = 0
  await send(olga, parts, () => (asked += 1) < 3)
  assert.deepEqual(await received(anna, team), [])
  await send(olga, parts)
  const [facts] = await received(anna, team)
  assert.ok(facts !== undefined)
  const at = new MemoryParts()
  assert.equal(await keep(anna, at, team, facts, () => at.parts.size === 0), false)
  assert.equal(await isKept(at, facts), false)
  assert.equal(await keep(anna, at, team, facts), true)
  assert.ok(await isKept(at, facts))
  assert.deepEqual(await opened(at, facts), await madeUp(SIZE).read(0, SIZE))
})

test('What is kept is sealed: the disk alone shows nothing of it', async (t) => {
  const { olga, team, parts } = await scene(t)
  await stage(olga, team, parts)
  const plain = Buffer.from(await madeUp(SIZE).read(0, 64))
  for (const held of parts.parts.values())
    for (const sealed of held.values()) assert.equal(Buffer.from(sealed).indexOf(plain), -1)
})

test('A part that the box or the disk has exchanged is refused, and the rest is of no use', async (t) => {
  const { olga, anna, team, parts } = await scene(t)
  await stage(olga, team, parts)
  await send(olga, parts)
  const [facts] = await received(anna, team)
  assert.ok(facts !== undefined)
  const at = new MemoryParts()
  const call = anna.core.line.call.bind(anna.core.line)
  const [other] = parts.parts.values()
  const swapped = other?.get(1) as Uint8Array
  t.mock.method(anna.core.line, 'call', ((name: 'fileGet', ...rest: [never, never]) =>
    name === 'fileGet' ? Promise.resolve({ bytes: swapped }) : call(name, ...rest)) as typeof call)
  await assert.rejects(keep(anna, at, team, facts), refused('file_damaged'))
  assert.deepEqual(await at.files(), [])
  t.mock.restoreAll()
  await keep(anna, at, team, facts)
  const [name] = await at.files()
  await at.put(name as Hash, 0, swapped)
  await assert.rejects(opened(at, facts), refused('file_damaged'))
})

test('A disk that is full in the middle leaves nothing behind, and no message', async (t) => {
  const { olga, anna, team, parts } = await scene(t)
  parts.full = 2
  await assert.rejects(stage(olga, team, parts))
  assert.deepEqual(await parts.files(), [])
  await send(olga, parts)
  assert.deepEqual(await received(anna, team), [])
})

test('What was being sealed when the app was killed goes; what waits for the box stays', async (t) => {
  const { olga, team, parts } = await scene(t)
  await stage(olga, team, parts)
  const [waiting] = await parts.files()
  const cut = randomBytes(32) as Hash
  for (const file of [cut, waiting as Hash]) await parts.begin(file)
  await parts.put(cut, 0, randomBytes(10))
  await tidyKept(olga.core, parts)
  assert.deepEqual(await parts.files(), [waiting])
  assert.deepEqual(await parts.begun(), [])
  await dropKept(olga.core, parts, await parts.files())
  assert.deepEqual(await parts.files(), [waiting])
})
