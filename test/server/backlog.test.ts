// The backlog that those who catch up share: everybody gets what they would get alone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addPeople } from '../../client/channels.ts'
import type { Core } from '../../client/core.ts'
import { pull } from '../../client/pull.ts'
import { bareItem } from '../../protocol/api.ts'
import type { LogId } from '../../protocol/ids.ts'
import { decodeFrame } from '../../protocol/frames.ts'
import { Backlog } from '../../server/org/backlog.ts'
import { MAX_BACKLOG } from '../../server/limits.ts'
import { seededId } from '../helpers/seed.ts'
import { call, catchUp, joinAs, joinWith, openGroup, sealedText, startTestBox } from './kit.ts'

type Box = Awaited<ReturnType<typeof startTestBox>>

async function shownTo(box: Box, core: Core, log: LogId, have: number): Promise<string[]> {
  const input = { have: [{ log, n: have }], wrapsSeen: Number.MAX_SAFE_INTEGER, parcels: [] }
  const { bytes } = await call(box, core.signer, 'sync', input)
  const frames: string[] = []
  for (let at = 0; at < bytes.length;) {
    const length = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0)
    const frame = bytes.subarray(at + 4, at + 4 + length)
    const { type } = decodeFrame(frame)
    if (['entry', 'stub', 'header'].includes(type)) frames.push(frame.toHex())
    at += 4 + length
  }
  return frames
}

test('The same entries come out of it as from the disk, from wherever somebody goes on', async (t) => {
  const box = await startTestBox(t)
  const olga = await joinWith(box, box.card)
  const anna = await joinAs(box, olga, 'Anna Beispiel')
  const bert = await joinAs(box, olga, 'Bert Beispiel')
  const log = await openGroup(olga, [anna])
  for (let i = 0; i < 5; i++) {
    const entry = sealedText(olga, log, `text ${i}`)
    await call(box, olga.signer, 'entries', { items: [bareItem(entry)] })
    await pull(olga)
  }
  const head = olga.replica.headOf(log)?.n ?? 0
  for (const have of [0, 2, head - 1, head]) {
    const first = await shownTo(box, olga, log, have)
    assert.deepEqual(await shownTo(box, anna, log, have), first, `from ${have}`)
  }
  // Somebody who came later gets stubs for what was before, also when the whole lies there encoded.
  await addPeople(olga, log, [bert.replica.identity.person])
  await catchUp(bert)
  const late = await shownTo(box, bert, log, 0)
  const types = late.map((hex) => decodeFrame(Uint8Array.fromHex(hex)).type)
  assert.equal(types.filter((type) => type === 'stub').length, 5)
  const whole = await shownTo(box, anna, log, 0)
  assert.ok(whole.every((hex) => decodeFrame(Uint8Array.fromHex(hex)).type === 'entry'))
})

test('It holds so much and begins anew then', () => {
  const backlog = new Backlog()
  const frames = backlog.of(seededId<LogId>('log'), 0)
  const large = new Uint8Array(MAX_BACKLOG / 2 + 1)
  backlog.keep(frames, 1, large)
  assert.equal(backlog.of(seededId<LogId>('log'), 0), frames)
  backlog.keep(frames, 2, large)
  assert.notEqual(backlog.of(seededId<LogId>('log'), 0), frames)
})
