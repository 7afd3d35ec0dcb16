// History for a further device of the same person, and from a colleague for whoever has lost theirs.
import assert from 'node:assert/strict'
import { after, mock, test } from 'node:test'
import { handHistory, handToColleague } from '../../client/history.ts'
import { approve } from '../../client/people.ts'
import { news } from '../../client/views.ts'
import type { Frame } from '../../protocol/frames.ts'
import { type HeldKey, sealHistory } from '../../protocol/history-keys.ts'
import { type DeviceId, type EpochId, type OrgId } from '../../protocol/ids.ts'
import { type Prekey, signPrekey } from '../../protocol/prekey.ts'
import {
  caughtUp,
  known,
  prekeyOf,
  reopened,
  shown,
  Siege,
  toldBy,
  twin,
  type Victim,
} from '../helpers/hostile.ts'
import { flipped, seed, seededId } from '../helpers/seed.ts'
import {
  add,
  channel,
  invite,
  type Phone,
  problems,
  read,
  revoke,
  say,
  sync,
  syncAll,
} from '../helpers/town.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, malte, anna, team } = siege
/** In no channel of Anna's. */
const outsider = await town.enrol((await invite(olga, 'Nina Neu')).card)
await say(malte, team, 'from before the tablet')
await sync(anna)

/** Approved, in the channel, and without the keys of what was said before. */
const tablet = await town.enrol((await invite(anna, anna.person)).card)
const prekey = await prekeyOf(anna, tablet)
await anna.act((core) => approve(core, tablet.device))
await sync(olga)

const keysOf = (phone: Phone): HeldKey[] =>
  [...phone.core.replica.keys.entries()].map(([epoch, held]) => ({ epoch, ...held }))

type Bundle = { by?: Phone; to?: Partial<Prekey>; keys?: HeldKey[]; org?: OrgId; from?: DeviceId }

function bundle(options: Bundle = {}): Uint8Array {
  const { by = anna, keys = keysOf(anna) } = options
  const { identity, pair } = by.core.replica
  const to = { ...prekey, ...options.to }
  const { org = identity.org, from = identity.device } = options
  return sealHistory({ org, from, t: town.clock.now(), to }, keys, pair.secretKey)
}

let parcels = 0
const parcel = (bytes: Uint8Array): Frame => ({ type: 'parcel', id: 1000 + (parcels += 1), bytes })

async function newTablet(): Promise<Victim> {
  const victim = await twin(town, tablet)
  await caughtUp(victim)
  assert.ok(!(await read(victim, team)).includes('from before the tablet'))
  return victim
}

const opensHistory = async (victim: Victim): Promise<boolean> =>
  (await read(victim, team)).includes('from before the tablet')

test('A good bundle opens what was locked, and says so once', async () => {
  const victim = await newTablet()
  await shown(victim, parcel(bundle()))
  assert.deepEqual(await problems(victim), [])
  const told = await toldBy(victim)
  assert.equal(told.texts.filter((text) => text === 'from before the tablet').length, 1)
  const again = await reopened(victim)
  assert.ok(await opensHistory(again))
  const { seen } = await news(again.core)
  await seen()
  await shown(again, parcel(bundle()))
  assert.deepEqual(await toldBy(again), { texts: [], codes: [] })
})

const someKey = (change: Partial<HeldKey>): HeldKey[] =>
  keysOf(anna).map((key) => ({ ...key, ...change }))

const FALSE_BUNDLES: [string, () => Uint8Array, string][] = [
  [
    'of somebody who is not in the channel',
    () => bundle({ by: outsider, keys: keysOf(anna) }),
    'not_allowed',
  ],
  [
    'of a device that the directory does not know',
    () => bundle({ from: seededId<DeviceId>('unknown') }),
    'not_allowed',
  ],
  ['for another device', () => bundle({ to: { device: malte.device } }), 'wrong_organisation'],
  [
    'of another organisation',
    () => bundle({ org: seededId<OrgId>('another') }),
    'wrong_organisation',
  ],
  ['for a prekey that nobody made', () => bundle({ to: { pkid: 99 } }), 'cannot_open'],
  ['with a false key', () => bundle({ keys: someKey({ ak: seed('false') }) }), 'epoch_commit'],
  ['that was altered', () => alteredAt(bundle(), 300), 'bad_signature'],
  ['whose signature was altered', () => alteredAt(bundle(), -1), 'bad_signature'],
  ['that is cut short', () => bundle().slice(0, -1), 'malformed'],
]
const alteredAt = (bytes: Uint8Array, at: number): Uint8Array =>
  flipped(bytes, at < 0 ? bytes.length + at : at)

for (const [what, bytes, code] of FALSE_BUNDLES) {
  test(`A bundle ${what} opens nothing: ${code}`, async () => {
    const victim = await newTablet()
    await shown(victim, parcel(bytes()))
    assert.deepEqual(
      (await problems(victim)).map((one) => one.split(':')[0]),
      [code],
    )
    assert.ok(!(await opensHistory(victim)))
    await shown(victim, parcel(bundle()))
    assert.ok(await opensHistory(victim), 'the good one is still taken')
  })
}

test('A bundle that is refused is told with the news', async () => {
  const victim = await newTablet()
  await shown(victim, parcel(bundle({ by: outsider })))
  assert.deepEqual((await toldBy(victim)).codes, ['not_allowed'])
})

test('A bundle with a key of a later generation than any announced one is not believed', async () => {
  const victim = await newTablet()
  await shown(victim, parcel(bundle({ keys: someKey({ gen: 9, ak: seed('false') }) })))
  const held = [...victim.core.replica.keys.values()]
  assert.ok(!held.some(({ gen }) => gen === 9))
})

test('Keys of epochs that this device does not know are left out', async () => {
  const victim = await newTablet()
  const epoch = seededId<EpochId>('unknown epoch')
  await shown(victim, parcel(bundle({ keys: someKey({ epoch }) })))
  assert.equal(victim.core.replica.keys.get(epoch), undefined)
  assert.deepEqual(await problems(victim), [])
})

test('An older generation replaces a later one, and not the other way round', async () => {
  const victim = await newTablet()
  const epoch = known(victim, team).currentEpoch(0)
  assert.ok(epoch !== null)
  const genHeld = () => victim.core.replica.keys.get(epoch.id)?.gen
  const late = genHeld() ?? 0
  assert.ok(late > 0, 'let in by an extension')
  await shown(victim, parcel(bundle()))
  assert.equal(genHeld(), 0)
  const ak = victim.core.replica.epochKey(epoch.id, late)
  assert.ok(ak !== null)
  const keys = [{ channel: team, epoch: epoch.id, gen: late, ak }]
  await shown(victim, parcel(bundle({ keys })))
  assert.deepEqual(await problems(victim), [])
  assert.equal(genHeld(), 0)
  assert.ok(await opensHistory(victim))
})

test('Parcels are acknowledged in the same catch-up, good or bad', async () => {
  const victim = await newTablet()
  const frame = parcel(bundle({ by: malte }))
  victim.network.asked.length = 0
  await shown(victim, frame)
  const acknowledged = victim.network.requests('sync').flatMap((one) => one.parcels)
  assert.ok(frame.type === 'parcel' && acknowledged.includes(frame.id))
})

test('A fault of ours while keys come in is no fault of the bundle', async () => {
  const victim = await newTablet()
  const fault = (): never => {
    throw new TypeError('ours')
  }
  const { replica } = victim.core
  const finding = mock.method(replica.prekeys, 'get', fault)
  await assert.rejects(shown(victim, parcel(bundle())), { message: 'ours' })
  finding.mock.restore()
  const opening = mock.method(replica, 'epochKey', fault)
  await assert.rejects(shown(victim, parcel(bundle())), { message: 'ours' })
  opening.mock.restore()
  assert.deepEqual(await problems(victim), [])
})

test('History goes to no device of somebody else', async () => {
  await assert.rejects(
    anna.act((core) => handHistory(core, malte.device)),
    { code: 'not_allowed' },
  )
  const nobody = seededId<DeviceId>('nobody')
  await assert.rejects(
    anna.act((core) => handHistory(core, nobody)),
    { code: 'not_allowed' },
  )
})

test('History goes to no device that waits for approval', async () => {
  const waiting = await town.enrol((await invite(anna, anna.person)).card)
  await assert.rejects(
    anna.act((core) => handHistory(core, waiting.device)),
    {
      code: 'device_pending',
    },
  )
})

type Told = { prekeys: Uint8Array[] }
const SWAPPED: [string, (told: Told) => Told, string][] = [
  ['none', () => ({ prekeys: [] }), 'no_prekey'],
  [
    'one of another device',
    () => ({ prekeys: [forged({ device: malte.device })] }),
    'wrong_organisation',
  ],
  [
    'one of another organisation',
    () => ({ prekeys: [forged({ org: seededId('x') })] }),
    'wrong_organisation',
  ],
  ['one that the device did not sign', () => ({ prekeys: [forged({})] }), 'bad_signature'],
]

/** Signed by Malte, whatever it says. */
function forged(change: Partial<Prekey>): Uint8Array {
  const { ver: _ver, suite: _suite, sig: _sig, ...value } = { ...prekey, ...change }
  return signPrekey(value, malte.core.replica.pair.secretKey)
}

for (const [what, answer, code] of SWAPPED) {
  test(`A box that hands out ${what} as the prekey gets no history: ${code}`, async () => {
    const giver = await siege.victim()
    giver.network.answering('prekeys', answer)
    const giving = giver.core.run(() => handHistory(giver.core, tablet.device))
    await assert.rejects(giving, { code })
    assert.deepEqual(giver.network.requests('parcel'), [])
  })
}

test('A revoked device neither gives nor gets history', async () => {
  const victim = await newTablet()
  const late = bundle()
  const revoking = { what: 'device', subject: anna.device, reason: 'lost' } as const
  await revoke(olga, revoking)
  await caughtUp(victim)
  await shown(victim, parcel(late))
  assert.deepEqual(
    (await problems(victim)).map((one) => one.split(':')[0]),
    ['device_revoked'],
  )
  assert.ok(!(await opensHistory(victim)))
  const giving = victim.act((core) => handHistory(core, anna.device))
  await assert.rejects(giving, { code: 'device_revoked' })
})

test('A colleague hands over what the person may read in channels of both, and nothing more', async () => {
  const town2 = await Siege.lay()
  after(() => town2.end())
  const { olga: owner, malte: giver, anna: first } = town2
  const early = await channel(giver, 'Before her', owner)
  await say(giver, early, 'before she came')
  await add(giver, early, first)
  await syncAll(giver, owner, first)
  await say(giver, early, 'since she is here')
  const others = await channel(giver, 'Without her', owner)
  await say(giver, others, 'not for her')
  await syncAll(giver, owner, first)
  await revoke(owner, { what: 'device', subject: first.device, reason: 'lost' })
  await say(giver, early, 'while she had no phone')
  const { card } = await invite(owner, first.person)
  const second = await town2.town.enrol(card)
  await syncAll(owner, giver, second)
  await say(giver, early, 'after her return')
  await sync(second)
  assert.deepEqual(await read(second, early), ['after her return'])
  const handed = await giver.act((core) => handToColleague(core, second.device))
  assert.ok(handed > 0)
  await sync(second)
  assert.deepEqual(await read(second, early), [
    'since she is here',
    'while she had no phone',
    'after her return',
  ])
  const theirs = [...second.core.replica.keys.values()].map(({ channel: log }) => log.toHex())
  assert.ok(!theirs.includes(others.toHex()))
  // What she holds of the first epoch begins where she was let in.
  const epochs = [...known(second, early).epochs.values()].filter(({ n }) => n < 5)
  assert.ok(epochs.some(({ id }) => (second.core.replica.keys.get(id)?.gen ?? 0) > 0))
  assert.deepEqual(await problems(second), [])
})
