// Keys of the past for a new device: forged, altered or unsolicited, they open nothing; and whoever hands over
// true keys still cannot write history.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { takeIn } from '../../client/pull.ts'
import { concat } from '../../protocol/bytes.ts'
import type { DeviceId, OrgId } from '../../protocol/ids.ts'
import type { HeldKey } from '../../protocol/history-keys.ts'
import { entryFrame, headOf, message, shown, toldBy } from '../helpers/hostile.ts'
import { flipped, seed, seededId } from '../helpers/seed.ts'
import { approve, invite, type Phone, read, revoke, sync } from '../helpers/town.ts'
import { attack, thwarted, tries } from './attack.ts'
import { BEFORE, type Bundle, Tablet } from './tablet.ts'

const tablet = await Tablet.unpack()
after(() => tablet.siege.end())
const { siege, prekey } = tablet
const { town, olga, anna, malte, team } = siege
const boxKey = town.box.context.box.secretKey

/** A device of Anna's that was lost and removed; whoever found it holds its keys and hers. */
async function lostPhone(): Promise<Phone> {
  const lost = await town.enrol((await invite(anna, anna.person)).card)
  await approve(anna, lost.device)
  await sync(lost)
  await revoke(olga, { what: 'device', subject: lost.device, reason: 'lost' })
  return lost
}
const lost = await lostPhone()
const waiting = await town.enrol((await invite(anna, anna.person)).card)

const allKeys = tablet.keysOf(anna)
const changed = (change: Partial<HeldKey>): HeldKey[] =>
  allKeys.map((key) => ({ ...key, ...change }))
const bundle = (options?: Bundle): Uint8Array => tablet.bundle(options)

const outsider = await town.enrol((await invite(olga, 'Nina Neu')).card)

/** True keys, sealed to the tablet by somebody who is neither another device of Anna's nor in the channel. */
const BY_OTHERS: [string, () => Uint8Array][] = [
  ['somebody who is not in the channel', () => bundle({ by: outsider, keys: allKeys })],
  ['a lost device of hers', () => bundle({ by: lost, keys: allKeys })],
  ['a device of hers that nobody let in', () => bundle({ by: waiting, keys: allKeys })],
  ['a member in her name', () => bundle({ secretKey: malte.core.replica.pair.secretKey })],
  ['the box in her name', () => bundle({ secretKey: boxKey })],
  ['a device that nobody knows', () => bundle({ from: seededId<DeviceId>('unknown') })],
]

attack(
  'P4',
  'Keys that no device of hers and nobody of the channel has handed over are not taken',
  async () => {
    for (const [who, bytes] of BY_OTHERS) {
      const victim = await tablet.fresh()
      assert.ok(!(await tablet.reads(victim)))
      await shown(victim, tablet.parcel(bytes()))
      thwarted(await tablet.reads(victim), `the tablet takes keys from ${who}`)
      assert.equal((await toldBy(victim)).codes.length, 1, 'and says so')
    }
    return { bundles: BY_OTHERS.length }
  },
)

attack('P4', 'False keys are not taken, whoever hands them over', async () => {
  const falseKey = seed('a key of the attacker')
  const lies: HeldKey[][] = [
    changed({ ak: falseKey }),
    changed({ ak: falseKey, gen: 1 }),
    changed({ ak: falseKey, gen: 9 }),
    ...allKeys.map((key, i) =>
      allKeys.map((one, j) => (i === j ? { ...key, ak: flipped(key.ak, 31) } : one)),
    ),
  ]
  for (const keys of lies) {
    const victim = await tablet.fresh()
    await shown(victim, tablet.parcel(bundle({ keys })))
    const held = [...victim.core.replica.keys.values()].map(({ ak }) => ak.join())
    const planted = keys
      .map(({ ak }) => ak.join())
      .filter((ak) => !allKeys.some((k) => k.ak.join() === ak))
    thwarted(
      planted.some((ak) => held.includes(ak)),
      'the tablet holds a false key',
    )
  }
  return { bundles: lies.length }
})

attack('P4', 'A bundle that was made for something else, or altered, opens nothing', async () => {
  const good = bundle()
  const step = tries(7, 31)
  const altered = [...good.keys()].filter((at) => at % step === 0).map((at) => flipped(good, at))
  const others = [
    bundle({ to: { device: malte.device } }),
    bundle({ org: seededId<OrgId>('another') }),
    bundle({ to: { pkid: 99 } }),
    good.slice(0, -1),
    concat(good, new Uint8Array(66)),
  ]
  const victim = await tablet.fresh()
  for (const bytes of [...altered, ...others]) {
    await victim.core.run(() => takeIn(victim.core, [tablet.parcel(bytes)]))
    thwarted(await tablet.reads(victim), 'the tablet takes an altered bundle')
  }
  await shown(victim, tablet.parcel(good))
  assert.ok(await tablet.reads(victim), 'the good one is still taken')
  return { bundles: altered.length + others.length, bytes: good.length, prekeys: prekey.pkid }
})

attack('P4', 'Whoever hands over the keys cannot change what was said', async () => {
  // Anna's own phone knows every key: it seals another text under them, in Malte's name.
  const lie = (by: Phone, signer: DeviceId): Uint8Array =>
    message(by, team, 'Meet at gate 9', { context: { signer } })
  const lies = [lie(anna, malte.device), lie(anna, olga.device), lie(lost, lost.device)]
  for (const bytes of lies) {
    const reader = await tablet.fresh()
    const n = headOf(reader, team) + 1
    await shown(reader, entryFrame(n, bytes), tablet.parcel(bundle()))
    const texts = await read(reader, team)
    thwarted(texts.includes('Meet at gate 9'), 'the tablet shows a text that Malte never wrote')
    assert.ok(texts.includes(BEFORE))
  }
  return { entries: lies.length }
})
