// Keys from a box and a member who lie: none is taken that the signed logs contradict, and no key of
// somebody else is mistaken for one's own.
import assert from 'node:assert/strict'
import { after, mock, test } from 'node:test'
import { upkeep } from '../../client/upkeep.ts'
import { fromPaper } from '../../protocol/card-text.ts'
import { rootId } from '../../protocol/directory-rights.ts'
import { signEntry } from '../../protocol/entry.ts'
import { responsePublic, sealEpochKey } from '../../protocol/epoch-keys.ts'
import type { Frame } from '../../protocol/frames.ts'
import type { DeviceId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import { hashId } from '../../protocol/labels.ts'
import { encodeOperationData } from '../../protocol/operation-data.ts'
import type { Prekey } from '../../protocol/prekey.ts'
import { signPairFromSeed, xwingPublic } from '../../protocol/sodium.ts'
import {
  announcement,
  caughtUp,
  entryFrame,
  extension,
  type ForgedEpoch,
  headOf,
  known,
  message,
  operation,
  post,
  prekeyOf,
  reopened,
  shown,
  Siege,
  toldBy,
  type Victim,
  wrapFrame,
} from '../helpers/hostile.ts'
import { flipped, seed, seededBytes } from '../helpers/seed.ts'
import { read, say, sync } from '../helpers/town.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, malte, anna, team } = siege
const prekey = await prekeyOf(malte, anna)

type Wrapping = (epoch: ForgedEpoch) => Uint8Array
const wrapTo =
  (to: Prekey, ak?: Uint8Array): Wrapping =>
  (epoch) =>
    sealEpochKey(ak ?? epoch.ak, epoch.core, 0, to)

/** A new epoch that Malte may announce, with a key for the victim as the test wants it. */
async function given(...wraps: Wrapping[]): Promise<{ victim: Victim; epoch: ForgedEpoch }> {
  const victim = await siege.victim()
  const epoch = announcement(malte, team)
  const n = headOf(victim, team)
  const frames = wraps.map((wrap): Frame => wrapFrame(team, epoch, wrap(epoch)))
  await shown(victim, entryFrame(n + 1, epoch.entry), ...frames)
  return { victim, epoch }
}

async function sayUnder(victim: Victim, { epoch, ak }: ForgedEpoch, text: string): Promise<void> {
  const keys = [{ epoch, gen: 0, ak }]
  const n = headOf(victim, team) + 1
  await shown(victim, entryFrame(n, message(malte, team, text, { keys, seq: n + 100 })))
}

test('A good key is taken, and what is said under it is read', async () => {
  const { victim, epoch } = await given(wrapTo(prekey))
  assert.deepEqual(await toldBy(victim), { texts: [], codes: [] })
  assert.deepEqual(victim.core.replica.epochKey(epoch.epoch, 0), epoch.ak)
  assert.deepEqual(await victim.store.list('wraps'), [])
  await sayUnder(victim, epoch, 'readable')
  assert.deepEqual(await toldBy(victim), { texts: ['readable'], codes: [] })
  await reopened(victim)
})

test('A key that comes before its epoch waits on disk for it', async () => {
  const victim = await siege.victim()
  const epoch = announcement(malte, team)
  await shown(victim, wrapFrame(team, epoch, wrapTo(prekey)(epoch)))
  assert.equal((await victim.store.list('wraps')).length, 1)
  const again = await reopened(victim)
  await shown(again, entryFrame(headOf(again, team) + 1, epoch.entry))
  assert.deepEqual(again.core.replica.epochKey(epoch.epoch, 0), epoch.ak)
  assert.deepEqual(await again.store.list('wraps'), [])
})

test('What came before its key is locked, and opens when the key comes', async () => {
  const { victim, epoch } = await given()
  await sayUnder(victim, epoch, 'locked at first')
  assert.deepEqual(await toldBy(victim), { texts: [], codes: [] })
  await shown(victim, wrapFrame(team, epoch, wrapTo(prekey)(epoch)))
  assert.deepEqual(await toldBy(victim), { texts: ['locked at first'], codes: [] })
  assert.deepEqual(await victim.store.list('locked'), [])
})

test('What does not open under its key when that comes is a visible problem', async () => {
  const { victim, epoch } = await given()
  await sayUnder(victim, { ...epoch, ak: seed('another key') }, 'never opens')
  await shown(victim, wrapFrame(team, epoch, wrapTo(prekey)(epoch)))
  assert.deepEqual(await toldBy(victim), { texts: [], codes: ['cannot_open'] })
  assert.deepEqual(await victim.store.list('locked'), [])
})

const malteDevice: DeviceId = malte.device
const FALSE_WRAPS: [string, Wrapping, string][] = [
  [
    'for another device, though it would open',
    wrapTo({ ...prekey, device: malteDevice }),
    'cannot_open',
  ],
  ['for a prekey that this device never made', wrapTo({ ...prekey, pkid: 99 }), 'cannot_open'],
  ['of another key than the announced one', wrapTo(prekey, seed('false key')), 'epoch_commit'],
  ['that was altered on the way', (epoch) => flipped(wrapTo(prekey)(epoch), 1_187), 'cannot_open'],
  ['that is noise', () => seededBytes('noise', 1_188), 'cannot_open'],
]
for (const [what, wrap, code] of FALSE_WRAPS) {
  test(`A wrap ${what} gives no key: ${code}`, async () => {
    const { victim, epoch } = await given(wrap)
    assert.deepEqual(await toldBy(victim), { texts: [], codes: [code] })
    assert.equal(victim.core.replica.epochKey(epoch.epoch, 0), null)
    await shown(victim, wrapFrame(team, epoch, wrapTo(prekey)(epoch)))
    assert.deepEqual(
      victim.core.replica.epochKey(epoch.epoch, 0),
      epoch.ak,
      'the true one is taken',
    )
    await reopened(victim)
  })
}

test('A second wrap does not replace a key that is held', async () => {
  const { victim, epoch } = await given(wrapTo(prekey), wrapTo(prekey, seed('false key')))
  assert.deepEqual(await toldBy(victim), { texts: [], codes: [] })
  assert.deepEqual(victim.core.replica.epochKey(epoch.epoch, 0), epoch.ak)
})

test('A false promise to newcomers is noticed by those who hold the key', async () => {
  const victim = await siege.victim()
  const n = headOf(victim, team)
  await shown(victim, entryFrame(n + 1, extension(malte, team, seed('false commitment'))))
  assert.deepEqual(await toldBy(victim), { texts: [], codes: ['epoch_commit'] })
  const honest = await siege.victim()
  await shown(honest, entryFrame(n + 1, extension(malte, team)))
  assert.deepEqual(await toldBy(honest), { texts: [], codes: [] })
})

test('Nothing is said under an epoch with a false promise: a new one comes first', async () => {
  await post(malte, extension(malte, team, seed('false commitment')))
  const victim = await siege.victim()
  const before = known(victim, team).currentEpoch(0)?.id
  await say(victim, team, 'under sound keys')
  assert.notDeepEqual(known(victim, team).currentEpoch(0)?.id, before)
  await sync(olga)
  assert.equal((await read(olga, team)).at(-1), 'under sound keys')
  await sync(malte)
  assert.equal((await read(malte, team)).at(-1), 'under sound keys')
})

function responseKey(lying: boolean): Uint8Array {
  const [current] = known(olga, siege.all).respKeys
  assert.ok(current !== undefined)
  const ak0 = lying ? seed('false') : (olga.core.replica.epochKey(current.epoch, 0) ?? seed('none'))
  const { channel, epoch } = current
  const publicKey = responsePublic(ak0, siege.all)
  const data = encodeOperationData({ kind: 'respkey', channel, epoch, publicKey })
  return operation(olga, siege.all, KIND.respkey, { data })
}

test('A response key that is not that of its channel is noticed by its members', async () => {
  const victim = await siege.victim()
  const n = headOf(victim, siege.all)
  await shown(victim, entryFrame(n + 1, responseKey(true)))
  assert.deepEqual((await toldBy(victim)).codes, ['epoch_commit'])
  const honest = await siege.victim()
  await shown(honest, entryFrame(n + 1, responseKey(false)))
  assert.deepEqual((await toldBy(honest)).codes, [])
  const outsider = await siege.victim(malte)
  await shown(outsider, entryFrame(n + 1, responseKey(true)))
  assert.deepEqual((await toldBy(outsider)).codes, [], 'who holds no key cannot tell')
})

/** The records key of two custodians, by the root key from paper; and the channel keeps records. */
async function keepRecords(): Promise<void> {
  const { directory } = olga.core.replica
  assert.ok(olga.rootPaper !== null)
  const root = signPairFromSeed(fromPaper(olga.rootPaper, 32))
  const recPk = xwingPublic(seed('records'))
  const recKey = hashId('rec-key', recPk)
  const fields = { recKey, recPk, needed: 2, custodians: 3, names: new Uint8Array(0) }
  const context = { ...olga.core.context(directory.log), signer: rootId(root.publicKey) }
  await post(olga, signEntry(KIND.records, context, fields, root.secretKey))
  const data = encodeOperationData({ kind: 'policy', recorded: 1 })
  await post(olga, operation(olga, team, KIND.policy, { data }))
}

test('Records that the custodians could not open are noticed before a word is said', async () => {
  await keepRecords()
  await caughtUp(malte)
  const { victim: honest, epoch } = await given(wrapTo(prekey))
  assert.deepEqual(await toldBy(honest), { texts: [], codes: [] })
  assert.deepEqual(honest.core.replica.epochKey(epoch.epoch, 0), epoch.ak)

  const victim = await siege.victim()
  const forged = forgedRecords()
  const n = headOf(victim, team)
  await shown(
    victim,
    entryFrame(n + 1, forged.entry),
    wrapFrame(team, forged, wrapTo(prekey)(forged)),
  )
  assert.deepEqual((await toldBy(victim)).codes, ['records_mismatch'])
  assert.equal(victim.core.replica.epochKey(forged.epoch, 0), null)
})

/** Sealed to a key that Malte holds instead of the custodians. */
function forgedRecords(): ForgedEpoch {
  const key = known(malte, team).recordsKey(malte.core.replica.directory.head.n)
  assert.ok(key !== null)
  const swapped = { ...key, publicKey: xwingPublic(seed('records of Malte')) }
  const state = known(malte, team)
  const faked = mock.method(state, 'recordsKey', () => swapped)
  const forged = announcement(malte, team)
  faked.mock.restore()
  return forged
}

test('A member whose key never came makes a new one after a minute, and not before', async () => {
  const lost = announcement(malte, team)
  await post(malte, lost.entry)
  const victim = await siege.victim()
  const at = (ms: number): void => town.clock.advance(ms)
  assert.equal(victim.core.replica.epochKey(lost.epoch, 0), null)
  at(59_000)
  await victim.act((core) => upkeep(core))
  assert.deepEqual(known(victim, team).currentEpoch(0)?.id, lost.epoch)
  at(2_000)
  await victim.act((core) => upkeep(core))
  const now = known(victim, team).currentEpoch(0)
  assert.ok(now !== null && now.id.join() !== lost.epoch.join())
  assert.deepEqual(now.creator, victim.device)
  await caughtUp(malte)
  assert.deepEqual(malte.core.replica.epochKey(now.id, 0), victim.core.replica.epochKey(now.id, 0))
})

test('Noise from one who may seal does not hide the true key of another', async () => {
  const victim = await siege.victim()
  const epoch = announcement(malte, team)
  const noise = wrapFrame(team, epoch, seededBytes('noise', 1_188))
  const truth = wrapFrame(team, epoch, wrapTo(prekey)(epoch))
  await shown(victim, noise, truth)
  assert.equal((await victim.store.list('wraps')).length, 2, 'both wait for the epoch')
  await shown(victim, entryFrame(headOf(victim, team) + 1, epoch.entry))
  assert.deepEqual(victim.core.replica.epochKey(epoch.epoch, 0), epoch.ak)
  assert.deepEqual((await toldBy(victim)).codes, ['cannot_open'])
})
