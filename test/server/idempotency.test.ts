import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Core } from '../../client/core.ts'
import { placed } from '../../protocol/api.ts'
import { decode } from '../../protocol/codec.ts'
import { asId, type LogId, type MessageId } from '../../protocol/ids.ts'
import { MAX_REQUEST } from '../../protocol/limits.ts'
import { randomBytes } from '../../protocol/sodium.ts'
import {
  call,
  catchUp,
  joinAs,
  joinWith,
  openGroup,
  type Reply,
  sealedText,
  startTestBox,
  type TestBox,
} from './kit.ts'

const bare = (entry: Uint8Array) => ({ entry, card: new Uint8Array(0), wraps: [] as Uint8Array[] })
const submit = (box: TestBox, by: Core, ...entries: Uint8Array[]): Promise<Reply> =>
  call(box, by.signer, 'entries', { items: entries.map(bare) })
const placesIn = ({ bytes }: Reply): number[] =>
  decode(placed, bytes, MAX_REQUEST).places.map(({ n }) => n)

async function stage(t: Parameters<typeof startTestBox>[0]) {
  const box = await startTestBox(t)
  const owner = await joinWith(box, box.card)
  const member = await joinAs(box, owner, 'Milo Member')
  const log = await openGroup(owner, [member])
  await catchUp(owner)
  return { box, owner, member, log }
}

/** What the box holds of a log: in memory, on disk, and what the writer sees. */
function headsOf(box: TestBox, log: LogId) {
  const org = box.box.context.orgs.get(box.org)
  const { logs } = org?.store ?? {}
  const state = org?.channels.get(log)
  return structuredClone({
    memory: state?.head,
    seqs: [...(state?.seqs.entries() ?? [])],
    disk: org?.store.committed.logs.head(log),
    writer: logs?.head(log),
    numbers: logs?.seqs(log),
  })
}

describe('the same entry', () => {
  test('posted five times at once stands once, and everybody hears the same place', async (t) => {
    const { box, owner, log } = await stage(t)
    const before = headsOf(box, log).disk?.n ?? 0
    const text = sealedText(owner, log, 'once')
    const replies = await Promise.all([1, 2, 3, 4, 5].map(() => submit(box, owner, text)))
    assert.deepEqual(
      replies.map((reply) => [reply.status, placesIn(reply)]),
      replies.map(() => [200, [before + 1]]),
    )
    assert.equal(headsOf(box, log).disk?.n, before + 1)
    assert.equal(headsOf(box, log).memory?.n, before + 1)
  })

  test('posted again after others keeps its place, also after a restart of the log', async (t) => {
    const { box, owner, member, log } = await stage(t)
    const text = sealedText(owner, log, 'first')
    const first = placesIn(await submit(box, owner, text))
    await submit(box, member, sealedText(member, log, 'second'))
    assert.deepEqual(placesIn(await submit(box, owner, text)), first)
  })

  test('twice in one batch stands once', async (t) => {
    const { box, owner, log } = await stage(t)
    const text = sealedText(owner, log, 'once')
    const before = headsOf(box, log).disk?.n ?? 0
    const reply = await submit(box, owner, text, text)
    assert.deepEqual(placesIn(reply), [before + 1, before + 1])
    assert.equal(headsOf(box, log).disk?.n, before + 1)
  })

  test('with other entries behind it fills in what is missing', async (t) => {
    const { box, owner, log } = await stage(t)
    const one = sealedText(owner, log, 'one')
    const two = sealedText(owner, log, 'two', { after: 1 })
    const [n = 0] = placesIn(await submit(box, owner, one))
    assert.deepEqual(placesIn(await submit(box, owner, one, two)), [n, n + 1])
  })
})

describe('a message id', () => {
  test('that was used for other bytes is a conflict, now and later', async (t) => {
    const { box, owner, log } = await stage(t)
    const mid = asId<MessageId>(randomBytes(16))
    const text = sealedText(owner, log, 'this', { mid })
    const other = sealedText(owner, log, 'that', { mid, after: 1 })
    assert.equal((await submit(box, owner, text)).status, 200)
    const reply = await submit(box, owner, other)
    assert.deepEqual([reply.status, reply.code], [409, 'mid_conflict'])
    assert.equal((await submit(box, owner, text)).status, 200, 'the first one stays')
  })

  test('within one batch is a conflict as well, and nothing of the batch stands', async (t) => {
    const { box, owner, log } = await stage(t)
    const mid = asId<MessageId>(randomBytes(16))
    const before = headsOf(box, log)
    const text = sealedText(owner, log, 'this', { mid })
    const other = sealedText(owner, log, 'that', { mid, after: 1 })
    assert.equal((await submit(box, owner, text, other)).code, 'mid_conflict')
    assert.deepEqual(headsOf(box, log), before)
  })

  test('of one device is free for another', async (t) => {
    const { box, owner, member, log } = await stage(t)
    const mid = asId<MessageId>(randomBytes(16))
    const mine = sealedText(owner, log, 'mine', { mid })
    assert.equal((await submit(box, owner, mine)).status, 200)
    const theirs = sealedText(member, log, 'theirs', { mid })
    assert.equal((await submit(box, member, theirs)).status, 200)
  })

  test('does not save a number that was used', async (t) => {
    const { box, owner, log } = await stage(t)
    const one = sealedText(owner, log, 'one')
    const again = sealedText(owner, log, 'another with the same number')
    assert.equal((await submit(box, owner, one)).status, 200)
    assert.equal((await submit(box, owner, again)).code, 'seq_low')
  })
})

describe('a batch', () => {
  test('with one bad entry changes nothing, and the next good one works', async (t) => {
    const { box, owner, log } = await stage(t)
    const before = headsOf(box, log)
    const good = [0, 1, 2].map((after) => sealedText(owner, log, `good ${after}`, { after }))
    const bad = sealedText(owner, log, 'a used number', { seq: 0 })
    const refused = await submit(box, owner, ...good, bad)
    assert.equal(refused.code, 'seq_low')
    assert.deepEqual(headsOf(box, log), before)
    const accepted = await submit(box, owner, ...good)
    const n = before.disk?.n ?? 0
    assert.deepEqual(placesIn(accepted), [n + 1, n + 2, n + 3])
    assert.equal(headsOf(box, log).memory?.n, n + 3)
  })

  test('that fails in between others of the same moment takes only itself back', async (t) => {
    const { box, owner, member, log } = await stage(t)
    const n = headsOf(box, log).disk?.n ?? 0
    const ours = Array.from({ length: 20 }, (_, after) =>
      sealedText(owner, log, `ours ${after}`, { after }),
    )
    const theirs = sealedText(member, log, 'theirs')
    const bad = sealedText(member, log, 'bad', { seq: 0 })
    const replies = await Promise.all([
      submit(box, owner, ...ours),
      submit(box, member, theirs, bad),
      submit(box, member, bad),
      submit(box, member, theirs),
    ])
    assert.deepEqual(
      replies.map(({ code }) => code),
      ['', 'seq_low', 'seq_low', ''],
    )
    const after = headsOf(box, log)
    assert.equal(after.disk?.n, n + 21)
    assert.deepEqual(after.memory, after.disk)
    assert.deepEqual(after.writer, after.disk)
  })

  test('that would open a channel and fails leaves no channel', async (t) => {
    const { box, owner, member, log } = await stage(t)
    const org = box.box.context.orgs.get(box.org)
    const channels = org?.channels.size
    const rows = org?.store.logs.list().length
    const captured: Uint8Array[] = []
    const real = owner.line.call.bind(owner.line)
    owner.line.call = ((name: string, input: { items: { entry: Uint8Array }[] }, signer: never) => {
      if (name !== 'entries') return real(name as never, input as never, signer)
      captured.push(...input.items.map(({ entry }) => entry))
      return Promise.reject(new TypeError('kept for the test'))
    }) as typeof owner.line.call
    const { createChannel } = await import('../../client/channels.ts')
    const people = [member.replica.identity.person]
    await assert.rejects(createChannel(owner, 'Second', 1, people), TypeError)
    assert.ok(captured.length >= 2)
    const bad = sealedText(owner, log, 'a used number', { seq: 0 })
    assert.equal((await submit(box, owner, ...captured, bad)).code, 'seq_low')
    assert.deepEqual([org?.channels.size, org?.store.logs.list().length], [channels, rows])
    assert.equal((await submit(box, owner, ...captured)).status, 200)
    assert.equal(org?.channels.size, (channels ?? 0) + 1)
  })

  test('stands in the order it was sent, and other logs are not disturbed', async (t) => {
    const { box, owner, member, log } = await stage(t)
    const second = await openGroup(owner, [member], 'Second')
    await catchUp(owner)
    const [a, b] = [headsOf(box, log).disk?.n ?? 0, headsOf(box, second).disk?.n ?? 0]
    const entries = [
      sealedText(owner, log, 'a1'),
      sealedText(owner, second, 'b1'),
      sealedText(owner, log, 'a2', { after: 1 }),
      sealedText(owner, second, 'b2', { after: 1 }),
    ]
    const reply = await submit(box, owner, ...entries)
    assert.deepEqual(placesIn(reply), [a + 1, b + 1, a + 2, b + 2])
  })
})
