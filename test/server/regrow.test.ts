// What a restored box takes back: the very entries that stood there, in their places, and nothing that only looks so.
import assert from 'node:assert/strict'
import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import type { Core } from '../../client/core.ts'
import { anyWaiting, drain, enqueue, waiting } from '../../client/outbox.ts'
import { pull } from '../../client/pull.ts'
import { sayRestored } from '../../client/restored.ts'
import { upkeep } from '../../client/upkeep.ts'
import { concat, equal } from '../../protocol/bytes.ts'
import { stubOf } from '../../protocol/chain.ts'
import { decodeKept } from '../../protocol/entry.ts'
import type { LogId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import { restoredFile } from '../../server/restoring.ts'
import { cleanUp } from '../helpers/cleanup.ts'
import { seededId } from '../helpers/seed.ts'
import {
  call,
  catchUp,
  joinAs,
  joinWith,
  openGroup,
  sealedText,
  serveData,
  startTestBox,
  type TestBox,
} from './kit.ts'

async function say(core: Core, log: LogId, text: string): Promise<void> {
  await enqueue(core, log, KIND.text, { type: 'text', text, replyTo: null })
  await drain(core)
}

const entriesOf = (box: TestBox['box'], org: TestBox['org'], log: LogId): Uint8Array[] => {
  const { logs } = box.context.orgs.get(org)?.store.committed ?? {}
  return (logs?.all(log) ?? []).map(({ header, payload }) =>
    payload === null ? header : concat(header, payload),
  )
}

/** A box with a state of yesterday, and devices that know today's. `marked`: the operator has called it restored. */
async function yesterday(
  t: TestContext,
  marked = true,
  today = async (owner: Core, member: Core): Promise<unknown> => [owner, member],
) {
  const first = await startTestBox(t)
  const owner = await joinWith(first, first.card)
  const member = await joinAs(first, owner, 'Milo Member')
  const log = await openGroup(owner, [member])
  await catchUp(owner)
  const { port } = first
  await first.stop()
  const old = `${first.data}-yesterday`
  cpSync(first.data, old, { recursive: true })
  cleanUp(t, () => rmSync(old, { recursive: true, force: true }))
  const second = await serveData(first.data, {}, { port })
  for (const text of ['one', 'two', 'three']) await say(owner, log, text)
  await catchUp(member)
  await today(owner, member)
  const entries = entriesOf(second, first.org, log)
  const org = second.context.orgs.get(first.org)
  const proof = org === undefined ? new Uint8Array(148) : second.context.headOf(org, log)
  await second.stop()
  if (marked) writeFileSync(join(old, restoredFile(first.org)), '')
  const box = await serveData(old, {}, { port })
  cleanUp(t, () => box.stop())
  const head = (): number => entriesOf(box, first.org, log).length
  // Connections to the box of before lie in the pool, and break when they are used.
  for (let tries = 0; tries < 5; tries++)
    await owner.line.call('pushKey', {}, owner.signer).catch(() => {})
  return { address: first, box, owner, member, log, today: entries, proof, head }
}

/** `entries` at their place, and behind them what stood there; `to`: the log that is claimed. */
const resubmit = async (
  { address, member, log, today, proof: head }: Awaited<ReturnType<typeof yesterday>>,
  from: number,
  entries: Uint8Array[],
  to = log,
): Promise<string> => {
  const rest = today.slice(from - 1 + entries.length).map((bytes) => stubOf(decodeKept(bytes)))
  const reply = await call(address, member.signer, 'resubmit', {
    log: to,
    from,
    entries,
    rest,
    head,
  })
  return reply.status === 200 ? 'taken' : reply.code
}

describe('a restored box', () => {
  test('takes back what stood there, also in pieces, twice, and from several', async (t) => {
    const there = await yesterday(t)
    const { today, head } = there
    const before = head()
    assert.equal(today.length, before + 3)
    assert.equal(await resubmit(there, before + 1, today.slice(before, before + 1)), 'taken')
    assert.equal(await resubmit(there, 1, today), 'taken')
    assert.equal(await resubmit(there, 1, today), 'taken')
    assert.deepEqual(entriesOf(there.box, there.address.org, there.log), today)
  })

  test('takes no entry in another place, of another log, changed, or after a gap, and then nothing of the request', async (t) => {
    const there = await yesterday(t)
    const { today, head, owner, log } = there
    const before = head()
    const [one, two, three] = today.slice(before) as [Uint8Array, Uint8Array, Uint8Array]
    const changed = one.slice()
    changed[200] = (changed[200] ?? 0) ^ 1
    const cases: [string, string, number, Uint8Array[], LogId?][] = [
      ['a gap', 'unknown_head', before + 2, [two]],
      ['another order', 'forked', before + 1, [two, one]],
      ['a changed one behind a good one', 'forked', before + 1, [one, changed]],
      ['where another one stands', 'forked', before, [one]],
      ['another log', 'unknown_head', before + 1, [one], seededId<LogId>('other')],
      ['one that nobody has had', 'forked', before + 1, [sealedText(owner, log, 'new')]],
      [
        'one beyond what the box has signed',
        'unknown_head',
        before + 4,
        [sealedText(owner, log, 'new')],
      ],
    ]
    for (const [what, code, from, entries, to] of cases) {
      assert.equal(await resubmit(there, from, entries, to), code, what)
      assert.equal(head(), before, what)
    }
    assert.equal(await resubmit(there, before + 1, [one, two, three]), 'taken')
  })

  test('takes a place without its words, and the words from whoever has them', async (t) => {
    const there = await yesterday(t)
    const { today, head } = there
    const before = head()
    const bare = today.map((bytes) => decodeKept(bytes).header)
    assert.equal(await resubmit(there, before + 1, bare.slice(before)), 'taken')
    assert.notDeepEqual(entriesOf(there.box, there.address.org, there.log), today)
    const other = today.slice(before).map((bytes) => bytes.slice())
    const last = other.at(-1)
    if (last !== undefined) last[last.length - 1] = (last.at(-1) ?? 0) ^ 1
    assert.equal(await resubmit(there, before + 1, other), 'malformed', 'other words')
    assert.equal(await resubmit(there, before + 1, today.slice(before)), 'taken')
    assert.deepEqual(entriesOf(there.box, there.address.org, there.log), today)
  })

  test('takes nothing new, and stops taking back when administrators have spoken', async (t) => {
    const there = await yesterday(t)
    const { owner, member, log, head, today } = there
    await pull(owner)
    assert.equal(head(), today.length, 'a catch-up brings it back')
    const items = [{ entry: sealedText(member, log, 'new'), card: new Uint8Array(0), wraps: [] }]
    const refused = await call(there.address, member.signer, 'entries', { items })
    assert.equal(refused.code, 'restoring')
    await pull(member)
    await say(member, log, 'waits')
    for (const core of [member, member]) {
      assert.ok(core.replica.restoring, 'known here, also after another window has written')
      await core.reload()
    }
    await sayRestored(owner)
    assert.equal(await resubmit(there, 1, today), 'not_restoring')
    await pull(member)
    assert.equal(member.replica.restoring, false)
    await member.reload()
    assert.equal(member.replica.restoring, false)
    await say(member, log, 'goes on')
    assert.equal(head(), today.length + 2)
  })
})

test('what nobody has brought back when administrators speak is lost, told once, and holds up nothing else', async (t) => {
  const { owner, member, log, head } = await yesterday(t)
  const before = head()
  // Of an administrator who does not ask the phones: theirs has seen nothing of today.
  member.replica.lost.set(log, member.replica.headOf(log)?.n ?? 0)
  owner.replica.lost.set(log, owner.replica.headOf(log)?.n ?? 0)
  await sayRestored(owner)
  assert.equal(head(), before)
  await pull(member)
  assert.equal(member.replica.distrust, null)
  const other = await openGroup(owner, [member], 'Night shift')
  await pull(member)
  await say(member, other, 'goes on elsewhere')
  assert.equal(await anyWaiting(member), false)
  await member.reload()
  await pull(member)
  assert.deepEqual([member.replica.distrust, member.replica.lost.size], [null, 1])
})

test('a channel that is lost as a whole holds up nothing else either', async (t) => {
  const { owner, member, log } = await yesterday(t, true, async (core, other) => {
    await openGroup(core, [other], 'Of today')
    await catchUp(other)
  })
  const [gone] = [...member.replica.channels.values()].filter(({ id }) => !equal(id, log))
  assert.ok(gone !== undefined)
  for (const core of [owner, member]) core.replica.lost.set(gone.id, gone.head.n)
  await pull(owner)
  await sayRestored(owner)
  await catchUp(member)
  await upkeep(member)
  await say(member, log, 'goes on')
  assert.equal(await anyWaiting(member), false)
  await say(member, gone.id, 'into nowhere')
  const [refused] = await waiting(member)
  assert.equal(refused?.row.failure, 'not_found')
})

describe('a box that was turned back, and says nothing of it', () => {
  test('is given nothing new, by any device that knows more', async (t) => {
    const { owner, member, log, head } = await yesterday(t, false)
    const before = head()
    for (const core of [owner, member]) {
      await pull(core)
      assert.notEqual(core.replica.distrust, null)
      await say(core, log, 'to a liar')
      assert.equal(await anyWaiting(core), true)
    }
    assert.equal(head(), before)
    await owner.reload()
    assert.notEqual(owner.replica.distrust, null, 'also after a start')
  })
})
