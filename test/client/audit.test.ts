// A phone that began with a checkpoint reads what came before it, also when something there was refused.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { auditPage, openAudit } from '../../client/audit.ts'
import { checkCheckpoint } from '../../client/checkpoint.ts'
import { Core } from '../../client/core.ts'
import { pieces } from '../../client/pieces.ts'
import { META } from '../../client/replica.ts'
import { auditRow, entryRow, readRow, STANDING, writeRow } from '../../client/rows.ts'
import { drop, put } from '../../client/store.ts'
import { stateHash } from '../../protocol/directory-snapshot.ts'
import { fromPaper } from '../../protocol/card-text.ts'
import { rootId } from '../../protocol/directory-rights.ts'
import { cosignEntry, FLAG_COSIGNED, signEntry } from '../../protocol/entry.ts'
import { REASON, REVOKE } from '../../protocol/entry-fields.ts'
import { encodeFrame, joinFrames } from '../../protocol/frames.ts'
import type { DeviceId } from '../../protocol/ids.ts'
import { hashId } from '../../protocol/labels.ts'
import { KIND } from '../../protocol/kinds.ts'
import { type SignPair, signPairFromSeed } from '../../protocol/sodium.ts'
import {
  accepted,
  copyStore,
  entryFrame,
  HostileNetwork,
  shown,
  Siege,
  type Victim,
} from '../helpers/hostile.ts'
import { seededHash, seededPair } from '../helpers/seed.ts'
import { invite, Phone, problems, revoke, sync, welcome } from '../helpers/town.ts'

const PAGE = 2

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, anna, malte } = siege

const zora = await welcome(town, olga, 'Zora Beispiel', 'admin')
await sync(anna)
const tablet = await town.enrol((await invite(anna, anna.person)).card)
await revoke(zora, { what: 'device', subject: anna.device })
const theft = zora.core.replica.directory.head.n

/** The owner's phone after the box has shown it how a phone that is gone lets another one in. */
async function withRefusedEntry(): Promise<Victim> {
  const victim = await siege.victim(olga)
  const { directory } = victim.core.replica
  const context = { ...victim.core.context(directory.log), signer: anna.device }
  const { secretKey } = anna.core.replica.pair
  const approval = signEntry(KIND.approve, context, { device: tablet.device }, secretKey)
  await shown(victim, entryFrame(directory.head.n + 1, approval))
  assert.ok((await problems(victim)).some((text) => text.startsWith('device_revoked')))
  return victim
}

/** The same phone as if it had begun with a checkpoint of now, on a line that shows the years before in pages. */
async function beginning(from: Victim): Promise<Victim> {
  const { directory } = from.core.replica
  const rows = await from.store.list('entries', directory.log)
  const snapshot = directory.snapshot()
  const audit = { target: directory.head.n, hash: stateHash(snapshot), failed: 0 } as const
  const store = await copyStore(from.store)
  await store.commit([
    ...rows.map(({ key }) => drop('entries', key)),
    ...(await from.store.list('problems')).map(({ key }) => drop('problems', key)),
    ...pieces('snapshot', snapshot),
    put('meta', META.audit, writeRow(auditRow, audit)),
  ])
  const network = new HostileNetwork()
  network.lie('directory', () => {
    const first = network.requests('directory').at(-1)?.from ?? 1
    const page = rows.slice(first - 1, first - 1 + PAGE)
    const frames = page.map(({ value }, i) => entryFrame(first + i, readRow(entryRow, value).bytes))
    return Promise.resolve(accepted(joinFrames(frames.map(encodeFrame))))
  })
  const core = await Core.open({ store, network, clock: town.clock })
  assert.ok(core !== null)
  return Object.assign(new Phone(core, store), { network })
}

const standings = async (phone: Phone): Promise<number[]> => {
  const rows = await phone.store.list('entries', phone.core.replica.directory.log)
  return rows.map(({ value }) => readRow(entryRow, value).standing)
}

test('What was refused then is refused again when it is read later', async () => {
  const source = await withRefusedEntry()
  const phone = await beginning(source)
  assert.deepEqual(await standings(phone), [])
  while (!(await phone.core.run(() => auditPage(phone.core))));
  assert.equal(await openAudit(phone.core), null)
  assert.deepEqual(await problems(phone), [])
  assert.deepEqual(await standings(phone), await standings(source))
  assert.equal((await standings(phone)).at(-1), STANDING.refused)
})

test('What was refused stays refused when its reason is taken back, now and after a restart', async () => {
  const source = await withRefusedEntry()
  const phone = await beginning(source)
  const { directory, pair } = phone.core.replica
  // Zora's phone was stolen, so that its revocation of Anna's is void.
  const fields = {
    what: REVOKE.device,
    subject: zora.device,
    voidFrom: theft,
    reason: REASON.misuse,
  }
  const context = phone.core.context(directory.log)
  const half = signEntry(KIND.revoke, context, fields, pair.secretKey, FLAG_COSIGNED)
  const root = signPairFromSeed(fromPaper(olga.rootPaper ?? '', 32))
  const whole = cosignEntry(half, rootId(root.publicKey), root.secretKey)
  const frame = entryFrame(directory.head.n + 1, whole)
  await shown(phone, frame)
  await shown(source, frame)
  assert.deepEqual(await problems(phone), [])
  assert.equal(directory.missing, 0)
  const again = await Core.open({ store: phone.store, network: phone.network, clock: town.clock })
  for (const one of [source.core.replica, phone.core.replica, again?.replica]) {
    assert.equal(one?.directory.devices.get(tablet.device)?.from, null)
    assert.deepEqual(one?.directory.snapshot(), source.core.replica.directory.snapshot())
  }
})

test('A checkpoint counts that an administrator of its own state has signed', () => {
  const { directory, identity } = olga.core.replica
  const bytes = directory.snapshot()
  const { n, h } = directory.head
  const signedBy = ({ publicKey, secretKey }: SignPair, dirH = h) => {
    const signer = hashId<DeviceId>('dev', publicKey)
    const context = { ...olga.core.context(directory.log), signer }
    const fields = { stateHash: stateHash(bytes) }
    const entry = signEntry(KIND.checkpoint, context, fields, secretKey)
    const pinned = { ...identity, dirN: n, dirH }
    return () => checkCheckpoint(pinned, publicKey, { n: n + 1, entry, bytes })
  }
  assert.deepEqual(signedBy(olga.core.replica.pair)(), stateHash(bytes))
  const false_ = { code: 'checkpoint_false', detail: 'signer' }
  assert.throws(signedBy(malte.core.replica.pair), false_)
  assert.throws(signedBy(seededPair('nobody')), false_)
  const forked = { code: 'forked', detail: 'checkpoint' }
  assert.throws(signedBy(olga.core.replica.pair, seededHash('of the card')), forked)
  const { publicKey, secretKey } = olga.core.replica.pair
  const tick = signEntry(KIND.tick, olga.core.context(directory.log), {}, secretKey)
  const found = { n: n + 1, entry: tick, bytes }
  assert.throws(() => checkCheckpoint(identity, publicKey, found), { code: 'malformed' })
})
