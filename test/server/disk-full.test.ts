import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Core } from '../../client/core.ts'
import { pull } from '../../client/pull.ts'
import { bareItem } from '../../protocol/api.ts'
import type { LogId } from '../../protocol/ids.ts'
import { Blobs } from '../../server/store/blobs.ts'
import { openWriter } from '../../server/store/database.ts'
import { refused } from '../helpers/seed.ts'
import type { Box } from '../../server/box.ts'
import {
  call,
  catchUp,
  foundIn,
  joinAs,
  joinWith,
  openGroup,
  type Reply,
  sealedText,
  serveData,
} from './kit.ts'

const SIZE = 3 * 1024 * 1024

/** Takes all space but `left` bytes. */
function fill(folder: string, left: number, name = 'ballast'): void {
  const { bavail, bsize } = statfsSync(folder)
  writeFileSync(join(folder, name), Buffer.alloc(Math.max(0, bavail * bsize - left)))
}

function headsOf(box: Box, log: LogId) {
  const [org] = [...box.context.orgs.values()]
  const memory = org?.channels.get(log)
  return {
    memory: memory?.head.n,
    disk: org?.store.committed.logs.head(log)?.n,
    writer: org?.store.logs.head(log)?.n,
  }
}

test('a full disk refuses what comes and loses nothing that was confirmed', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', folder])
  if (mount.status !== 0) {
    rmSync(folder, { recursive: true })
    return t.skip('this user may not mount a small file system')
  }
  const data = join(folder, 'box')
  mkdirSync(data, { mode: 0o700 })
  const fatal: unknown[] = []
  const { card } = await foundIn(data)
  const box = await serveData(data, { fatal: (error) => fatal.push(error) })
  t.after(async () => {
    await box.stop()
    spawnSync('umount', [folder])
    rmSync(folder, { recursive: true })
  })
  const { host, port } = new URL(box.url)
  const address = { url: box.url, host, port: Number(port) }
  const owner = await joinWith(address, card)
  const member = await joinAs(address, owner, 'Milo Member')
  const log = await openGroup(owner, [member])
  await catchUp(owner)

  let seq = owner.replica.channels.get(log)?.seqs.get(owner.signer.device) ?? 0
  const say = (): Promise<Reply> => {
    const entry = sealedText(owner, log, 'x'.repeat(16_000), { seq: (seq += 1) })
    return call(address, owner.signer, 'entries', { items: [bareItem(entry)] })
  }
  const before = headsOf(box, log)
  fill(folder, 60_000)
  const codes: string[] = []
  while (codes.at(-1) !== 'disk_full' && codes.length < 20) codes.push((await say()).code)
  const accepted = codes.filter((code) => code === '').length
  assert.equal(codes.at(-1), 'disk_full', codes.join())
  assert.equal((await say()).status, 507)

  await t.test('what is in memory is what is on disk', () => {
    const n = (before.disk ?? 0) + accepted
    assert.deepEqual(headsOf(box, log), { memory: n, disk: n, writer: n })
    assert.deepEqual(fatal, [], 'the box goes on')
  })

  await t.test('several at once are all refused', async () => {
    const replies = await Promise.all([1, 2, 3, 4].map(() => say()))
    assert.deepEqual([...new Set(replies.map(({ code }) => code))], ['disk_full'])
  })

  await t.test('reading goes on', async () => {
    await pull(member)
    assert.equal(member.replica.channels.get(log)?.head.n, (before.disk ?? 0) + accepted)
    assert.equal((await call(address, member.signer, 'receipts', { log })).status, 200)
  })

  await t.test('parts of files and new databases are refused as that', async () => {
    fill(folder, 0, 'more ballast')
    const blobs = new Blobs(join(folder, 'files'))
    await assert.rejects(blobs.write(1, 0, new Uint8Array(16_384)), { code: 'disk_full' })
    refused('disk_full', () => openWriter(join(folder, 'another.db')))
  })

  await t.test('writing works again when there is space, without a restart', async () => {
    for (const name of ['ballast', 'more ballast']) rmSync(join(folder, name))
    assert.equal((await say()).status, 200)
    const n = (before.disk ?? 0) + accepted + 1
    assert.deepEqual(headsOf(box, log), { memory: n, disk: n, writer: n })
    await sameView(owner, member, log)
  })
})

/** What the box hands out after all this verifies on every device, without a gap or a fork. */
async function sameView(one: Core, other: Core, log: LogId): Promise<void> {
  for (const core of [one, other]) {
    await pull(core)
    assert.equal((await core.store.list('problems')).length, 0)
  }
  assert.deepEqual(one.replica.channels.get(log)?.head, other.replica.channels.get(log)?.head)
}
