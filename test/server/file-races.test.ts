// Requests about one file that overtake each other, as they do when a phone repeats what it has had no answer to.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Core } from '../../client/core.ts'
import type { LogId } from '../../protocol/ids.ts'
import { MAX_FILE } from '../../protocol/limits.ts'
import { FILE_BYTES_PER_DEVICE } from '../../server/limits.ts'
import type { Clock } from '../../server/context.ts'
import { openFile } from '../../server/routes/files.ts'
import { seededBytes, seededHash } from '../helpers/seed.ts'
import { TownClock } from '../helpers/town-clock.ts'
import { call, joinWith, openGroup, type Reply, startTestBox, type TestBox } from './kit.ts'

const PART = 700

async function stage(
  t: TestContext,
  clock?: Clock,
): Promise<{ box: TestBox; owner: Core; log: LogId }> {
  const box = await startTestBox(t, clock)
  const owner = await joinWith(box, box.card)
  return { box, owner, log: await openGroup(owner, []) }
}

const codes = (replies: Reply[]): string[] => replies.map(({ status, code }) => `${status} ${code}`)

test('announced several times at once, a file is there once and every answer is yes', async (t) => {
  const { box, owner, log } = await stage(t)
  const file = { log, file: seededHash('file'), size: PART }
  const opening = (): Promise<Reply> => call(box, owner.signer, 'fileOpen', file)
  const replies = await Promise.all(Array.from({ length: 8 }, opening))
  assert.deepEqual(new Set(codes(replies)), new Set(['200 ']))
  const other = await call(box, owner.signer, 'fileOpen', { ...file, size: PART + 1 })
  assert.equal(other.code, 'file_conflict')
})

test('brought, fetched and taken back at once, a file is there or it is not', async (t) => {
  const { box, owner, log } = await stage(t)
  const seen = new Set<string>()
  for (let round = 0; round < 12; round++) {
    const name = { log, file: seededHash(`file ${round}`) }
    await call(box, owner.signer, 'fileOpen', { ...name, size: PART })
    const bytes = seededBytes('part', PART)
    const put = (): Promise<Reply> =>
      call(box, owner.signer, 'filePut', { ...name, part: 0, bytes })
    const get = (): Promise<Reply> => call(box, owner.signer, 'fileGet', { ...name, part: 0 })
    const drop = (): Promise<Reply> => call(box, owner.signer, 'fileDrop', name)
    if (round % 2 === 0) await put()
    const replies = await Promise.all([put(), get(), drop(), put(), get(), get()])
    for (const code of codes(replies)) seen.add(code)
  }
  assert.deepEqual(
    [...seen].filter((code) => code !== '200 ' && code !== '404 not_found'),
    [],
  )
})

test('many files announced at once do not take more room than one after the other', async (t) => {
  const { box, owner, log } = await stage(t)
  const org = box.box.context.orgs.get(box.org)
  const device = org?.directory.devices.get(owner.signer.device)
  assert.ok(org !== undefined && device !== undefined)
  // Straight to the route: over sockets they would hardly ever meet in the same turn.
  const opening = (i: number) =>
    openFile(
      box.box.context,
      { log, file: seededHash(`large ${i}`), size: MAX_FILE },
      { org, device },
    )
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => opening(i)))
  const accepted = outcomes.filter(({ status }) => status === 'fulfilled').length
  assert.ok(accepted * MAX_FILE <= FILE_BYTES_PER_DEVICE, `${accepted} accepted`)
})

test('of several bodies for one part at once one is taken, and it is the one that is served', async (t) => {
  const clock = new TownClock(true)
  const { box, owner, log } = await stage(t, clock)
  for (let round = 0; round < 12; round++) {
    // As many requests as a round makes, or the box asks for a pause where it is fast.
    clock.advance(1000)
    const name = { log, file: seededHash(`file ${round}`) }
    await call(box, owner.signer, 'fileOpen', { ...name, size: PART })
    const bodies = Array.from({ length: 6 }, (_, i) => seededBytes(`body ${i}`, PART))
    const replies = await Promise.all(
      bodies.map((bytes) => call(box, owner.signer, 'filePut', { ...name, part: 0, bytes })),
    )
    const taken = bodies.filter((_, i) => replies[i]?.status === 200)
    assert.equal(taken.length, 1, codes(replies).join())
    const { bytes } = await owner.line.call('fileGet', { ...name, part: 0 }, owner.signer)
    assert.deepEqual(bytes, taken[0])
  }
})
