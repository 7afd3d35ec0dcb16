// Which release each device says that it runs, as others read it, and nothing that the box could make of it.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { runningDevices, sayRunning } from '../../client/running.ts'
import { signEntry } from '../../protocol/entry.ts'
import { KIND } from '../../protocol/kinds.ts'
import { type Running, sealRunning } from '../../protocol/profile.ts'
import {
  caughtUp,
  entryFrame,
  headOf,
  post,
  reopened,
  shown,
  Siege,
  toldBy,
} from '../helpers/hostile.ts'
import { seededHash } from '../helpers/seed.ts'
import { type Phone, refused, sync, welcome } from '../helpers/town.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, malte, anna } = siege
const { log } = olga.core.replica.directory

const release = (version: string): Running => ({ version, manifest: seededHash(version) })
const say = (by: Phone, version: string): Promise<void> =>
  by.act((core) => sayRunning(core, release(version)))

/** The version that `by` believes `of` to run. */
async function seenBy(by: Phone, of: Phone): Promise<string | null> {
  const all = await runningDevices(by.core)
  const one = all.find(({ device }) => device.toHex() === of.core.replica.identity.device.toHex())
  return one?.running?.version ?? null
}

function entryBy(by: Phone, running: Running, of: Phone = by): Uint8Array {
  const { identity, pair } = by.core.replica
  const sealed = sealRunning(identity.dk, of.core.replica.identity.device, running)
  const fields = { dkVer: identity.dkVer, sealed }
  return signEntry(KIND.running, by.core.context(log), fields, pair.secretKey)
}

test('a device says it once for each release, and others read it', async () => {
  assert.equal(await seenBy(olga, malte), null)
  await say(malte, '1.0.0')
  await sync(olga)
  assert.equal(await seenBy(olga, malte), '1.0.0')
  const n = headOf(malte, log)
  await say(malte, '1.0.0')
  await sync(malte)
  assert.equal(headOf(malte, log), n)
  await say(malte, '1.1.0')
  await sync(olga)
  assert.equal(await seenBy(olga, malte), '1.1.0')
  assert.equal(await seenBy(await reopened(await siege.victim()), malte), '1.1.0')
})

test('guests say nothing, and may not', async () => {
  const gita = await welcome(town, olga, 'Gita Gast', 'guest')
  const n = headOf(gita, log)
  await say(gita, '1.0.0')
  assert.equal(headOf(gita, log), n)
  await assert.rejects(post(gita, entryBy(gita, release('1.0.0'))), refused('not_allowed'))
  assert.equal(await seenBy(gita, malte), null)
})

test('no box shows an old one once more', async () => {
  await sync(anna)
  const old = entryBy(anna, release('0.9.0'))
  await post(anna, old)
  await say(anna, '2.0.0')
  const victim = await siege.victim()
  assert.equal(await seenBy(victim, anna), '2.0.0')
  await shown(victim, entryFrame(headOf(victim, log) + 1, old))
  assert.equal(await seenBy(victim, anna), '2.0.0')
  assert.equal(await seenBy(await reopened(victim), anna), '2.0.0')
})

test('no box gives one device what another has said, even where a member helps it', async () => {
  await sync(malte)
  await post(malte, entryBy(malte, release('6.6.6'), anna))
  const victim = await siege.victim()
  assert.equal(await seenBy(victim, malte), null)
  assert.equal(await seenBy(victim, anna), '2.0.0')
  const forged = entryBy(malte, release('6.6.6'))
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
  await shown(victim, entryFrame(headOf(victim, log) + 1, forged))
  assert.deepEqual((await toldBy(victim)).codes, ['bad_signature'])
})

test('whoever joins later knows it too', async () => {
  await say(malte, '3.0.0')
  await sync(olga)
  const nora = await welcome(town, olga, 'Nora Neu')
  await caughtUp(nora)
  assert.equal(await seenBy(nora, malte), '3.0.0')
})
