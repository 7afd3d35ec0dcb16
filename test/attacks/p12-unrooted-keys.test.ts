// Somebody shares what they hold: history with a further device, names with a newcomer, keys with a channel.
// No key gets any of it that the root of the organisation does not vouch for.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { handHistory, handToColleague } from '../../client/history.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { DeviceId, OrgId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import { type Prekey, signPrekey } from '../../protocol/prekey.ts'
import { xwingPublic } from '../../protocol/sodium.ts'
import { ForgingBox } from '../helpers/forging-box.ts'
import { captive, caughtUp } from '../helpers/hostile.ts'
import { seed, seededId } from '../helpers/seed.ts'
import { attack, thwarted } from './attack.ts'
import { Forgery } from './forging.ts'
import type { Forger } from './occupied.ts'
import { Spy } from './spy.ts'
import { Tablet } from './tablet.ts'

const tablet = await Tablet.unpack()
after(() => tablet.siege.end())
const { town, olga, anna, malte } = tablet.siege
const boxPair = town.box.context.box
await caughtUp(anna)
const honest = await ForgingBox.like(anna, boxPair)

type Lie = (box: ForgingBox, spy: Spy) => DeviceId

/** How much of Anna's history a device gets that the box would like to have it. */
async function handed(lie: Lie, hand = handHistory): Promise<{ bytes: number; parcels: number }> {
  const box = honest.fork()
  const spy = new Spy()
  spy.sharers.push(anna.core.replica.pair.publicKey)
  const giver = await captive(anna, box)
  const to = lie(box, spy)
  await caughtUp(giver)
  try {
    await giver.core.run(() => hand(giver.core, to))
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
  }
  return { bytes: spy.reads(box), parcels: box.parcels.length }
}

const forger = (id: DeviceId, secretKey: Uint8Array): Forger => ({ name: '', id, secretKey })
const secretOf = (phone: typeof anna): Uint8Array => phone.core.replica.pair.secretKey

function listening(spy: Spy, phone: typeof anna): DeviceId {
  for (const secret of phone.core.replica.prekeys.values()) spy.prekeySeeds.push(secret.seed)
  return phone.device
}

/** A device that somebody who may not has entered for Anna, approval and all. */
const entered =
  (by: Forger): Lie =>
  (box, spy) => {
    const forgery = new Forgery(box, olga)
    const device = forgery.device(forgery.card(by, anna.person, 3))
    forgery.say(by, KIND.approve, { device: device.id })
    spy.prekeySeeds.push(device.prekeySeed)
    return device.id
  }

const swapped =
  (secretKey: Uint8Array, change: Partial<Prekey> = {}): Lie =>
  (box, spy) => {
    const { ver: _ver, suite: _suite, sig: _sig, ...genuine } = tablet.prekey
    const publicKey = xwingPublic(seed('prekey of the attacker'))
    box.prekeys.set(
      tablet.phone.device,
      signPrekey({ ...genuine, publicKey, ...change }, secretKey),
    )
    spy.prekeySeeds.push(seed('prekey of the attacker'))
    return tablet.phone.device
  }

const LIES: [string, Lie][] = [
  ["another member's device", (_box, spy) => listening(spy, malte)],
  ["an administrator's device", (_box, spy) => listening(spy, olga)],
  ['a device that the directory does not know', () => seededId<DeviceId>('unknown')],
  ['a device that the box has entered', entered(forger(olga.device, boxPair.secretKey))],
  ['a device that a member has entered', entered(forger(malte.device, secretOf(malte)))],
  ['a prekey that the box has signed', swapped(boxPair.secretKey)],
  ['a prekey that a member has signed', swapped(secretOf(malte))],
  ['a prekey of another device', swapped(secretOf(malte), { device: malte.device })],
  [
    'a prekey for another organisation',
    swapped(secretOf(tablet.phone), { org: seededId<OrgId>('another') }),
  ],
]

attack('P12', 'History goes to no key that the directory does not vouch for', async () => {
  for (const [name, lie] of LIES) {
    const { bytes, parcels } = await handed(lie)
    thwarted(bytes > 0, `history is sealed to ${name}`)
    assert.equal(parcels, 0, name)
  }
  const good = await handed((_box, spy) => listening(spy, tablet.phone))
  assert.ok(good.bytes > 1266, 'the spy would notice')
  return { keys: LIES.length, bytes: 0 }
})

attack(
  'P12',
  'What is handed over to a colleague goes to no key that the directory does not vouch for',
  async () => {
    // The first two are colleagues' own devices.
    const lies = LIES.slice(2)
    for (const [name, lie] of lies) {
      const { bytes, parcels } = await handed(lie, handToColleague)
      thwarted(bytes > 0, `history is sealed to ${name}`)
      assert.equal(parcels, 0, name)
    }
    const good = await handed((_box, spy) => listening(spy, tablet.phone), handToColleague)
    assert.ok(good.bytes > 1266, 'the spy would notice')
    return { keys: lies.length, bytes: 0 }
  },
)
