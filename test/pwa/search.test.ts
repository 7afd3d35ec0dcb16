// The slices of a search, over channels of different lengths and times.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Marks } from '../../client/marks.ts'
import { drain, enqueue } from '../../client/outbox.ts'
import type { LogId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import { type Hit, search } from '../../pwa/device/calls/search.ts'
import type { Device } from '../../pwa/device/device.ts'
import { channel, invite, type Phone, startTown, type Town } from '../helpers/town.ts'

async function sayAll(town: Town, olga: Phone, log: LogId, texts: string[]): Promise<void> {
  await olga.act(async (core) => {
    for (const text of texts) {
      town.clock.advance(60_000)
      await enqueue(core, log, KIND.text, { type: 'text', text, replyTo: null })
      await drain(core)
    }
  })
}

const numbered = (from: number, count: number): string[] =>
  Array.from(
    { length: count },
    (_, i) => `Pump ${from + i}${(from + i) % 50 === 0 ? ' valve' : ''}`,
  )

/** Old, then both at once, then the first alone: 700 messages, a valve in each fiftieth. */
async function scene(t: TestContext): Promise<Device> {
  const town = await startTown(t)
  const olga = await town.owner()
  const { person } = await invite(olga, 'Anna Beispiel')
  const first = await channel(olga, 'First', person)
  const second = await channel(olga, 'Second', person)
  await sayAll(town, olga, second, numbered(0, 100))
  for (let at = 100; at < 300; at += 20) {
    await sayAll(town, olga, first, numbered(at, 10))
    await sayAll(town, olga, second, numbered(at + 10, 10))
  }
  await sayAll(town, olga, first, numbered(300, 400))
  return { core: olga.core, marks: new Marks(olga.core) } as unknown as Device
}

const textOf = (hit: Hit): string => hit.text.map((part) => part.text).join('')

test('All are found, each once; what counts as complete is never overtaken by something newer', async (t) => {
  const device = await scene(t)
  const hits: Hit[] = []
  let shown: string[] = []
  let slices = 0
  let from: Parameters<typeof search>[1]['from'] = null
  do {
    const slice: Awaited<ReturnType<typeof search>> = await search(device, {
      text: 'VALVE pump',
      channel: null,
      from,
    })
    slices += 1
    hits.push(...slice.hits)
    const now = hits
      .filter(({ at }) => at >= slice.complete)
      .toSorted((a, b) => b.at - a.at)
      .map(textOf)
    // What somebody has seen already stays where it is.
    assert.deepEqual(now.slice(0, shown.length), shown)
    shown = now
    from = slice.next
  } while (from !== null)
  const wanted = Array.from({ length: 14 }, (_, i) => `Pump ${650 - 50 * i} valve`)
  assert.deepEqual(shown, wanted)
  assert.ok(slices >= 3, `${slices} slices`)
})

test('One channel alone, and nothing for no words', async (t) => {
  const device = await scene(t)
  const [second] = (await search(device, { text: 'second', channel: null, from: null })).channels
  assert.ok(second)
  const found = await search(device, { text: 'valve', channel: second.id, from: null })
  assert.ok(found.hits.length > 0)
  assert.ok(found.hits.every(({ channel: one }) => one === second.id))
  const none = await search(device, { text: '   ', channel: null, from: null })
  assert.deepEqual([none.hits, none.next], [[], null])
})
