// What waits on the phone: sent in order, once, and given up only after a definite no.
import assert from 'node:assert/strict'
import { after, mock, test } from 'node:test'
import {
  anyWaiting,
  discard,
  type Drained,
  drain,
  enqueue,
  enqueueAnswer,
  type Waiting,
  waiting,
} from '../../client/outbox.ts'
import { put } from '../../client/store.ts'
import { placed } from '../../protocol/api.ts'
import { utf8 } from '../../protocol/bytes.ts'
import { signHead } from '../../protocol/box-report.ts'
import { encode } from '../../protocol/codec.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import { type EpochId, type LogId, type MessageId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import {
  accepted,
  announcement,
  caughtUp,
  headOf,
  known,
  post,
  Siege,
  toldBy,
  type Victim,
} from '../helpers/hostile.ts'
import { seededBytes, seededHash, seededId, seededPair } from '../helpers/seed.ts'
import { channel, queue, read, remove, say, sync } from '../helpers/town.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, malte, anna, team, all } = siege
const other = await channel(olga, 'Another team', anna)

const rows = (victim: Victim): Promise<Waiting[]> => victim.core.run(() => waiting(victim.core))
const drained = (victim: Victim): Promise<Drained> => victim.core.run(() => drain(victim.core))
const queued = (victim: Victim, log: LogId, text: string): Promise<MessageId> =>
  victim.core.run(() => queue(victim, log, text))

async function texts(log: LogId, count: number): Promise<string[]> {
  await sync(olga)
  return (await read(olga, log)).slice(-count)
}

/** The entries that went out, each with its message id. */
function posted(victim: Victim): { bytes: Uint8Array; mid: string }[] {
  return victim.network.requests('entries').flatMap(({ items }) =>
    items.map(({ entry: bytes }) => {
      const entry = decodeEntry(bytes)
      return { bytes, mid: 'mid' in entry.fields ? entry.fields.mid.toHex() : '' }
    }),
  )
}

test('What waits goes out in the order in which it was written', async () => {
  const victim = await siege.victim()
  const ids = []
  for (const text of ['one', 'two', 'three']) ids.push(await queued(victim, team, text))
  const { sent, unreachable } = await drained(victim)
  assert.equal(unreachable, false)
  assert.deepEqual(
    sent.map(({ id }) => id),
    ids,
  )
  assert.deepEqual(await rows(victim), [])
  assert.deepEqual(await texts(team, 3), ['one', 'two', 'three'])
  assert.deepEqual((await toldBy(victim)).texts, [], 'what one says oneself is no news')
})

test('Silence ends the pass, and the same bytes go out again', async () => {
  for (const code of ['box_failed', 'draining', 'disk_full'] as const) {
    const victim = await siege.victim()
    await queued(victim, team, `despite ${code}`)
    await queued(victim, other, `behind ${code}`)
    victim.network.refusing('entries', code, '', 1)
    assert.deepEqual(await drained(victim), { sent: [], unreachable: true })
    const [first, second] = await rows(victim)
    assert.ok(first !== undefined && first.row.failure === '' && first.row.sealed.length > 0)
    assert.equal(second?.row.sealed.length, 0, 'nothing is sealed ahead of its turn')
    assert.equal((await drained(victim)).sent.length, 2)
    const [lost, again] = posted(victim)
    assert.deepEqual(lost?.bytes, again?.bytes)
    assert.deepEqual(await texts(team, 1), [`despite ${code}`])
  }
})

test('A cut line ends the pass, and nothing is marked as refused', async () => {
  const victim = await siege.victim()
  await queued(victim, team, 'after the cut')
  victim.network.lie('entries', () => Promise.reject(new TypeError('cut')), 1)
  assert.equal((await drained(victim)).unreachable, true)
  assert.equal((await rows(victim))[0]?.row.failure, '')
  assert.equal((await drained(victim)).sent.length, 1)
})

test('A refused row keeps its reason, and other channels go on', async () => {
  const victim = await siege.victim()
  await queued(victim, team, 'refused')
  await queued(victim, other, 'goes on')
  victim.network.refusing('entries', 'too_large', '', 1)
  const { sent } = await drained(victim)
  assert.deepEqual(
    sent.map((one) => one.channel),
    [other],
  )
  const [left, ...more] = await rows(victim)
  assert.ok(left !== undefined && more.length === 0)
  assert.equal(left.row.failure, 'too_large')
  assert.deepEqual((await drained(victim)).sent, [], 'a refused row is not sent again')
  assert.equal(await anyWaiting(victim.core), false, 'nor is it one to try')
  await discard(victim.core, left)
  assert.deepEqual(await rows(victim), [])
})

test('A channel whose row has to wait keeps its later rows back, and others go on', async () => {
  const victim = await siege.victim()
  await queued(victim, team, 'first')
  await queued(victim, team, 'second')
  await queued(victim, other, 'elsewhere')
  victim.network.refusing('entries', 'epoch_moved', '', 8)
  const { sent } = await drained(victim)
  assert.deepEqual(
    sent.map((one) => one.channel),
    [other],
  )
  const left = await rows(victim)
  assert.deepEqual(
    left.map(({ row }) => row.failure),
    ['', ''],
  )
  assert.equal(posted(victim).length, 9, 'eight attempts, and the other channel')
  await drained(victim)
  assert.deepEqual(await texts(team, 2), ['first', 'second'])
})

test('What has to be sealed again keeps its message id', async () => {
  const victim = await siege.victim()
  const id = await queued(victim, team, 'sealed twice')
  victim.network.refusing('entries', 'memb_moved', '', 1)
  assert.equal((await drained(victim)).sent.length, 1)
  const [first, second, ...more] = posted(victim)
  assert.ok(first !== undefined && second !== undefined && more.length === 0)
  assert.equal(first.mid, id.toHex())
  assert.equal(second.mid, first.mid)
  assert.notDeepEqual(second.bytes, first.bytes)
  assert.deepEqual(await texts(team, 1), ['sealed twice'])
})

test('A refusal that a fresh view cannot cure ends at once', async () => {
  const victim = await siege.victim()
  await queued(victim, team, 'no use')
  victim.network.refusing('entries', 'not_allowed')
  await drained(victim)
  assert.equal(posted(victim).length, 1)
  assert.equal((await rows(victim))[0]?.row.failure, 'not_allowed')
})

const LYING_PLACES: [string, (n: number) => number][] = [
  ['later than the last', (n) => n + 1],
  ['where something else stands', () => 1],
]
for (const [what, wrong] of LYING_PLACES) {
  test(`A box that says "stored" and names a place ${what} is not believed`, async () => {
    const victim = await siege.victim()
    await queued(victim, team, `kept: ${what}`)
    victim.network.answering(
      'entries',
      (told) => ({
        ...told,
        places: told.places.map(({ log, n }) => ({ log, n: wrong(n) })),
      }),
      1,
    )
    assert.deepEqual((await drained(victim)).sent, [])
    const [left] = await rows(victim)
    assert.ok(left !== undefined, 'the row stays')
    assert.equal(left.row.failure, '')
    assert.ok(left.row.sealed.length > 0, 'with the bytes that the box may hold')
    await assert.rejects(discard(victim.core, left), { code: 'not_allowed' })
    assert.equal((await drained(victim)).sent.length, 1)
    const bytes = posted(victim).map((one) => one.bytes)
    assert.deepEqual(bytes[1], bytes[0])
    assert.deepEqual(await texts(team, 1), [`kept: ${what}`])
  })
}

test('A box that pretends to store is not believed', async () => {
  const victim = await siege.victim()
  await queued(victim, team, 'never stored')
  const n = headOf(victim, team)
  const answer = encode(placed, { places: [{ log: team, n }], heads: [] })
  victim.network.lie('entries', () => Promise.resolve(accepted(answer)), 1)
  assert.deepEqual((await drained(victim)).sent, [])
  assert.equal((await rows(victim)).length, 1)
})

test('A box that names no place at all is another box', async () => {
  const victim = await siege.victim()
  await queued(victim, team, 'no place')
  victim.network.answering('entries', (told) => ({ ...told, places: [] }), 1)
  assert.deepEqual(await drained(victim), { sent: [], unreachable: true })
  assert.equal((await rows(victim)).length, 1)
})

test('Somebody was faster: the entry is found where it really stands', async () => {
  const victim = await siege.victim()
  await say(malte, team, 'faster')
  await queued(victim, team, 'slower')
  const { sent } = await drained(victim)
  assert.equal(sent.length, 1)
  assert.deepEqual(await texts(team, 2), ['faster', 'slower'])
})

test('What is not sealed yet may be given up; what the box may hold may not', async () => {
  const victim = await siege.victim()
  await queued(victim, team, 'given up')
  const [fresh] = await rows(victim)
  assert.ok(fresh !== undefined)
  const draft = utf8('draft')
  await discard(victim.core, fresh, [put('local', draft, utf8('given up'))])
  assert.deepEqual(await victim.core.store.get('local', draft), utf8('given up'))
  await queued(victim, team, 'on its way')
  victim.network.lie('entries', () => Promise.reject(new TypeError('cut')), 1)
  await drained(victim)
  const [sealed] = await rows(victim)
  assert.ok(sealed !== undefined && sealed.row.sealed.length > 0)
  const kept = put('local', draft, utf8('on its way'))
  await assert.rejects(discard(victim.core, sealed, [kept]), { code: 'not_allowed' })
  assert.deepEqual(await victim.core.store.get('local', draft), utf8('given up'))
  assert.equal((await rows(victim)).length, 1)
})

test('A message to a channel that is not there, or that one left, is refused here', async () => {
  const victim = await siege.victim()
  await queued(victim, seededId<LogId>('no channel'), 'nowhere')
  await drained(victim)
  const [first] = await rows(victim)
  assert.equal(first?.row.failure, 'not_found')

  const left = await channel(olga, 'Left behind', anna, malte)
  const leaver = await siege.victim()
  await remove(olga, left, anna)
  await caughtUp(leaver)
  await queued(leaver, left, 'still there?')
  await drained(leaver)
  assert.equal((await rows(leaver)).at(-1)?.row.failure, 'not_allowed')
  assert.deepEqual(posted(leaver), [], 'nothing of it left the phone')
})

test('Nothing is said under old keys to a box that refuses the new ones', async () => {
  const group = await channel(olga, 'With a leaver', anna, malte)
  await remove(olga, group, malte)
  const removed = known(olga, group).currentEpoch(0)?.id
  const victim = await siege.victim()
  assert.deepEqual(known(victim, group).currentEpoch(0)?.id, removed)
  known(victim, group).isStale = () => true
  await queued(victim, group, 'not under old keys')
  victim.network.refusing('entries', 'epoch_moved')
  const { sent } = await drained(victim)
  assert.deepEqual(sent, [])
  const messages = posted(victim).filter(({ mid }) => mid !== '')
  assert.deepEqual(messages, [])
  assert.equal((await rows(victim))[0]?.row.failure, '', 'it waits for new keys')
})

test('A message waits while its key has not come', async () => {
  const group = await channel(olga, 'Without a key', anna, malte)
  await caughtUp(malte)
  const lost = announcement(malte, group)
  await post(malte, lost.entry)
  const victim = await siege.victim()
  await queued(victim, group, 'waits for its key')
  const { sent } = await drained(victim)
  assert.deepEqual(sent, [])
  assert.equal((await rows(victim))[0]?.row.failure, '')
  assert.deepEqual(posted(victim), [])
})

const respEpoch = (): EpochId => {
  const [key] = known(olga, all).respKeys
  assert.ok(key !== undefined)
  return key.epoch
}

async function answering(victim: Victim, epoch = respEpoch()): Promise<MessageId> {
  const draft = { alert: siege.alert, respEpoch: epoch, choice: 0, etaMinutes: 0, text: '' }
  return victim.core.run(() => enqueueAnswer(victim.core, draft))
}

test('An answer is done when the box has signed for it', async () => {
  const victim = await siege.victim(malte)
  await answering(victim)
  assert.equal((await drained(victim)).sent.length, 1)
  assert.deepEqual(await rows(victim), [])
})

test('An answer to an alert whose key nobody named waits', async () => {
  const victim = await siege.victim(malte)
  await answering(victim, seededId<EpochId>('no such epoch'))
  assert.deepEqual((await drained(victim)).sent, [])
  assert.deepEqual(
    (await rows(victim)).map(({ row }) => row.failure),
    [''],
  )
  assert.deepEqual(posted(victim), [])
})

const HEADLESS: [string, (bytes: Uint8Array[]) => Uint8Array[]][] = [
  ['no head', () => []],
  ['the head of another log', () => [head(seededId<LogId>('another'), 99)]],
  ['an older head', () => [head(siege.alert as Uint8Array as LogId, 0)]],
  [
    'a head that somebody else signed',
    () => [head(siege.alert as Uint8Array as LogId, 99, seededPair('another box').secretKey)],
  ],
]
function head(log: LogId, n: number, key = town.box.context.box.secretKey): Uint8Array {
  const { org } = olga.core.replica.identity
  return signHead({ org, log, n, h: seededHash('head'), t: town.clock.now() }, key)
}
for (const [what, heads] of HEADLESS) {
  test(`An answer for which the box shows ${what} is not taken as stored`, async () => {
    const victim = await siege.victim(malte)
    town.clock.advance(5_000)
    await answering(victim)
    victim.network.answering('entries', (told) => ({ ...told, heads: heads(told.heads) }), 1)
    assert.deepEqual((await drained(victim)).sent, [])
    assert.equal((await rows(victim)).length, 1)
  })
}

test('An answer that was overtaken by one of another device takes the next number', async () => {
  const victim = await siege.victim(malte)
  town.clock.advance(5_000)
  await answering(victim)
  victim.network.refusing('entries', 'seq_low', '4000000000', 1)
  await drained(victim)
  const [, second] = posted(victim)
  assert.ok(second !== undefined)
  const entry = decodeEntry(second.bytes)
  assert.ok(entry.kind === KIND.answer)
  assert.equal(entry.fields.seq, 4_000_000_001)
})

test('A number that the box makes up does not break the answer', async () => {
  const victim = await siege.victim(malte)
  town.clock.advance(5_000)
  await answering(victim)
  victim.network.refusing('entries', 'seq_low', 'a lot', 1)
  assert.equal((await drained(victim)).sent.length, 1)
})

test('What is written beside a message is on disk with it', async () => {
  const victim = await siege.victim()
  const key = new Uint8Array(8).fill(9)
  const content = { type: 'text', text: 'with a note', replyTo: null } as const
  await victim.core.run(() =>
    enqueue(victim.core, team, KIND.text, content, {
      also: [put('later', key, new Uint8Array(1))],
    }),
  )
  assert.ok((await victim.store.get('later', key)) !== null)
})

const MESSAGE_HEADS: [string, (n: number) => Uint8Array[]][] = [
  ['no head', () => []],
  ['an older head', (n) => [head(team, n - 1)]],
  ['the head of another history', (n) => [head(team, n)]],
  ['a head that somebody else signed', (n) => [head(team, n, seededPair('another').secretKey)]],
]
for (const [what, heads] of MESSAGE_HEADS) {
  test(`A message for which the box shows ${what} is not taken as stored`, async () => {
    const victim = await siege.victim()
    await queued(victim, team, `with ${what}`)
    victim.network.answering(
      'entries',
      (told) => ({ ...told, heads: heads(told.places[0]?.n ?? 0) }),
      1,
    )
    assert.deepEqual((await drained(victim)).sent, [])
    assert.equal((await rows(victim)).length, 1)
  })
}

test('A fault of ours is no refusal: the row waits, and the fault is heard of', async () => {
  const victim = await siege.victim()
  await queued(victim, team, 'after the fault')
  const disk = mock.method(victim.store, 'commit', () => Promise.reject(new TypeError('disk')))
  await assert.rejects(drained(victim), { name: 'TypeError', message: 'disk' })
  disk.mock.restore()
  assert.equal((await rows(victim))[0]?.row.failure, '')
  assert.equal((await drained(victim)).sent.length, 1)
})

for (const [what, lie] of [
  ['noise', () => accepted(seededBytes('noise', 60))],
  ['a head that is signed by nobody', () => accepted(unsigned())],
] as const) {
  test(`A row is not given up because the box answers with ${what}`, async () => {
    const victim = await siege.victim()
    await queued(victim, team, `answered with ${what}`)
    victim.network.lie(
      'entries',
      async (honest) => {
        await (await honest()).arrayBuffer()
        return lie()
      },
      1,
    )
    await drained(victim)
    assert.equal((await rows(victim))[0]?.row.failure, '', 'the box holds it already')
    assert.ok((await rows(victim))[0]?.row.sealed.length)
    assert.equal((await drained(victim)).sent.length, 1)
    assert.deepEqual(await texts(team, 1), [`answered with ${what}`])
  })
}

function unsigned(): Uint8Array {
  const n = olga.core.replica.headOf(team)?.n ?? 0
  const heads = [head(team, n + 1, seededPair('another').secretKey)]
  return encode(placed, { places: [{ log: team, n: n + 1 }], heads })
}

test('An answer to an alert that is not here waits', async () => {
  const victim = await siege.victim(malte)
  const nothing = {
    alert: seededId<MessageId>('no such alert'),
    respEpoch: seededId<EpochId>('none'),
    choice: 0,
    etaMinutes: 0,
    text: '',
  }
  await victim.core.run(() => enqueueAnswer(victim.core, nothing))
  assert.deepEqual((await drained(victim)).sent, [])
  assert.deepEqual(
    (await rows(victim)).map(({ row }) => row.failure),
    [''],
  )
  assert.deepEqual(posted(victim), [])
})
