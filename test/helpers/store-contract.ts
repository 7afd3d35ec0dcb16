// What the engine relies on, for every store. Runs in Node and in a page: it knows no test runner.
import fc from 'fast-check'
import { drop, put, type Store } from '../../client/store.ts'
import { toHex } from '../../protocol/bytes.ts'
import { compareBytes } from '../../protocol/channel-operations.ts'

type Make = () => Store | Promise<Store>
type Case = { name: string; run: (make: Make, runs: number) => Promise<void> }

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

/** Bytes as text, all else as JSON has it. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part instanceof Uint8Array ? `bytes ${toHex(part)}` : part,
  )
}

export function same(actual: unknown, expected: unknown, what = ''): void {
  const [found, wanted] = [textOf(actual), textOf(expected)]
  if (found !== wanted) throw new Error(`${what} ${found} instead of ${wanted}`)
}

async function keeps(make: Make): Promise<void> {
  const store = await make()
  same(await store.get('meta', bytes(1)), null)
  await store.commit([put('meta', bytes(1), bytes(7)), put('keys', bytes(1), bytes(8))])
  same(await store.get('meta', bytes(1)), bytes(7))
  same(await store.get('keys', bytes(1)), bytes(8))
  await store.commit([put('meta', bytes(1), bytes(9)), drop('keys', bytes(1))])
  same(await store.get('meta', bytes(1)), bytes(9))
  same(await store.get('keys', bytes(1)), null)
  await store.commit([drop('keys', bytes(1))])
}

async function lastWord(make: Make): Promise<void> {
  const store = await make()
  await store.commit([
    put('meta', bytes(1), bytes(1)),
    drop('meta', bytes(1)),
    put('meta', bytes(2), bytes(1)),
    put('meta', bytes(2), bytes(2)),
  ])
  same(await store.list('meta'), [{ key: bytes(2), value: bytes(2) }])
}

async function emptyValue(make: Make): Promise<void> {
  const store = await make()
  await store.commit([put('news', bytes(1), bytes())])
  same(await store.get('news', bytes(1)), bytes())
  same((await store.list('news')).length, 1)
}

async function part(make: Make): Promise<void> {
  const store = await make()
  const page = new Uint8Array(100_000).fill(1)
  await store.commit([put('news', page.subarray(7, 9), page.subarray(10, 12))])
  const found = await store.get('news', bytes(1, 1))
  same(found, bytes(1, 1))
  same((found?.buffer.byteLength ?? 0) < page.length, true, 'the page is kept along')
}

async function prefixes(make: Make, runs: number): Promise<void> {
  const key = fc.uint8Array({ maxLength: 4 }).map((value) => value.map((byte) => byte % 3))
  const someKey = key.filter(({ length }) => length > 0)
  const property = fc.asyncProperty(fc.array(someKey), key, async (keys, prefix) => {
    const store = await make()
    await store.commit(keys.map((at) => put('entries', at, bytes(1))))
    const expected = [...new Map(keys.map((at) => [at.join(), at])).values()]
      .filter((at) => prefix.every((byte, i) => at[i] === byte))
      .toSorted(compareBytes)
    const listed = await store.list('entries', prefix)
    await store.close()
    same(
      listed.map((row) => row.key),
      expected,
    )
  })
  await fc.assert(property, { numRuns: runs, seed: 1 })
}

async function lastKey(make: Make): Promise<void> {
  const store = await make()
  same(await store.last('outbox'), null)
  await store.commit([2, 9, 5].map((n) => put('outbox', bytes(0, n), bytes(1))))
  same(await store.last('outbox'), bytes(0, 9))
  await store.commit([drop('outbox', bytes(0, 9))])
  same(await store.last('outbox'), bytes(0, 5))
}

async function lastKeys(make: Make): Promise<void> {
  const store = await make()
  same(await store.lasts('entries', 2), [])
  const keys = [
    bytes(0, 0, 1),
    bytes(0, 0, 9),
    bytes(0, 1, 3),
    bytes(9, 9, 0),
    bytes(255, 255, 255),
  ]
  await store.commit(keys.map((key) => put('entries', key, bytes(1))))
  same(await store.lasts('entries', 2), keys.slice(1))
  same(await store.lasts('entries', 1), [bytes(0, 1, 3), ...keys.slice(3)])
}

async function highPrefix(make: Make): Promise<void> {
  const store = await make()
  const keys = [bytes(0xfe), bytes(0xfe, 0xff), bytes(0xff), bytes(0xff, 0), bytes(0xff, 0xff)]
  await store.commit(keys.map((key) => put('entries', key, bytes(1))))
  const listed = async (prefix: Uint8Array): Promise<Uint8Array[]> =>
    (await store.list('entries', prefix)).map(({ key }) => key)
  same(await listed(bytes(0xff)), keys.slice(2))
  same(await listed(bytes(0xfe, 0xff)), keys.slice(1, 2))
  same(await listed(bytes(0xff, 0xff)), keys.slice(4))
}

async function oneAfterTheOther(make: Make): Promise<void> {
  const store = await make()
  const log: string[] = []
  const work = (who: string, fails = false): Promise<string> =>
    store.exclusive(async () => {
      log.push(`${who} in`)
      await new Promise((resolve) => setTimeout(resolve, 5))
      log.push(`${who} out`)
      if (fails) throw new Error(who)
      return who
    })
  const all = await Promise.allSettled([work('a'), work('b', true), work('c')])
  same(log, ['a in', 'a out', 'b in', 'b out', 'c in', 'c out'])
  same(
    all.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
}

async function ownCommits(make: Make): Promise<void> {
  const store = await make()
  const before = store.foreignVersion()
  await store.commit([put('meta', bytes(1), bytes(1))])
  await store.exclusive(() => store.commit([put('meta', bytes(1), bytes(2))]))
  await store.exclusive(() => Promise.resolve())
  same(store.foreignVersion(), before)
}

export const STORE_CASES: Case[] = [
  { name: 'what was put is there, what was dropped is not', run: keeps },
  { name: 'within one commit the last word counts', run: lastWord },
  { name: 'an empty value is a value', run: emptyValue },
  { name: 'a part of a page is kept without the page', run: part },
  { name: 'lists by prefix, ascending by bytes', run: prefixes },
  { name: 'knows its last key', run: lastKey },
  { name: 'knows the last key of each beginning', run: lastKeys },
  { name: 'a prefix of 0xff ends where it should', run: highPrefix },
  { name: 'exclusive work goes one after the other, also after a failure', run: oneAfterTheOther },
  { name: 'its own commits are nothing foreign', run: ownCommits },
]
