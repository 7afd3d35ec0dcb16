// Keys that somebody changes a little where they lie, and watches what happens: on the box on their way to a
// device, or in the store of the device itself.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { Core } from '../../client/core.ts'
import { takeIn } from '../../client/pull.ts'
import { type Table, TABLES } from '../../client/store.ts'
import { toHex } from '../../protocol/bytes.ts'
import { BLOB_BYTES, cardKeys, openBlob } from '../../protocol/card-secret.ts'
import { fromPaper } from '../../protocol/card-text.ts'
import { sealEpochKey } from '../../protocol/epoch-keys.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { decodePrekey, verifyPrekey } from '../../protocol/prekey.ts'
import {
  announcement,
  copyStore,
  entryFrame,
  headOf,
  prekeyOf,
  toldBy,
  wrapFrame,
} from '../helpers/hostile.ts'
import { flipped } from '../helpers/seed.ts'
import { invite, Phone, say, sync } from '../helpers/town.ts'
import { attack, thwarted, tries } from './attack.ts'
import { believed } from './believed.ts'
import { Tablet } from './tablet.ts'

const tablet = await Tablet.unpack()
after(() => tablet.siege.end())
const { town, olga, anna, malte, team } = tablet.siege
const everyByte = (bytes: Uint8Array, step = 1): number[] =>
  [...bytes.keys()].filter((at) => at % step === 0)

attack(
  'P11',
  'A key that was changed on its way to a device is not taken, and it is all the same where',
  async () => {
    const victim = await tablet.siege.victim()
    const epoch = announcement(malte, team)
    const wrap = sealEpochKey(epoch.ak, epoch.core, 0, await prekeyOf(malte, anna))
    await victim.core.run(() =>
      takeIn(victim.core, [entryFrame(headOf(victim, team) + 1, epoch.entry)]),
    )
    const places = everyByte(wrap, tries(1, 9))
    for (const at of places) {
      const frame = wrapFrame(team, epoch, flipped(wrap, at, 1 << (at % 8)))
      await victim.core.run(() => takeIn(victim.core, [frame]))
      const held = victim.core.replica.epochKey(epoch.epoch, 0)
      thwarted(held !== null, `a key with byte ${at} changed is taken`)
    }
    assert.deepEqual((await toldBy(victim)).codes, ['cannot_open'], 'one failure for all of them')
    await victim.core.run(() => takeIn(victim.core, [wrapFrame(team, epoch, wrap)]))
    assert.deepEqual(
      victim.core.replica.epochKey(epoch.epoch, 0),
      epoch.ak,
      'the whole one is taken',
    )
    return { places: places.length }
  },
)

attack('P11', 'A changed bundle, prekey or card gives nothing', async () => {
  const victim = await tablet.fresh()
  const bundle = tablet.bundle()
  const inBundle = everyByte(bundle, tries(1, 23))
  const before = victim.core.replica.keys.size
  for (const at of inBundle) {
    const parcel = tablet.parcel(flipped(bundle, at, 1 << (at % 8)))
    await victim.core.run(() => takeIn(victim.core, [parcel]))
    thwarted(victim.core.replica.keys.size !== before, `a bundle with byte ${at} changed is taken`)
  }
  const { signer, line } = olga.core
  const { prekeys } = await line.call('prekeys', { devices: [anna.device] }, signer)
  const [prekey = new Uint8Array(0)] = prekeys
  const inPrekey = everyByte(prekey, tries(1, 23))
  for (const at of inPrekey) {
    const good = opens(() =>
      verifyPrekey(
        decodePrekey(flipped(prekey, at, 1 << (at % 8))),
        anna.core.replica.pair.publicKey,
      ),
    )
    thwarted(good, `a prekey with byte ${at} changed is sealed to`)
  }
  const { card } = await invite(olga, 'Nora Beispiel')
  const keys = cardKeys(fromPaper(card, 16))
  const told = await line.ask('card', { lookup: keys.lookup })
  assert.equal(told.card.length, BLOB_BYTES)
  for (const at of everyByte(told.card))
    thwarted(
      opens(() => openBlob(flipped(told.card, at), keys)),
      `a card with byte ${at} changed opens`,
    )
  return { places: inBundle.length + inPrekey.length + BLOB_BYTES }
})

function opens(work: () => unknown): boolean {
  try {
    work()
    return true
  } catch (error) {
    if (error instanceof ProtocolError) return false
    throw error
  }
}

/** Everything that this device would use: its keys, whom it believes, what it has been told. */
function used(phone: Phone): string {
  const { identity, pair, prekeys, keys, wraps, names, wrapsSeen } = phone.core.replica
  const ids = Object.values(identity).map((value) =>
    value instanceof Uint8Array ? toHex(value) : String(value),
  )
  return [
    ...ids,
    toHex(pair.publicKey),
    ...[...prekeys].map(
      ([pkid, one]) => `${pkid} ${toHex(one.seed)} ${one.madeAt} ${one.replacedAt}`,
    ),
    ...[...keys.entries()].map(([id, { gen, ak, channel }]) =>
      [toHex(id), gen, toHex(ak), toHex(channel)].join(' '),
    ),
    ...wraps.keys(),
    ...names.values(),
    wrapsSeen,
    believed(phone),
  ].join('\n')
}

type Opened = { opened: true; used: string } | { opened: false; code: string }

async function open(store: Phone['store']): Promise<Opened> {
  try {
    const core = await Core.open({ store, clock: town.clock })
    return { opened: true, used: core === null ? 'nobody' : used(new Phone(core, store)) }
  } catch (error) {
    const code = error instanceof ProtocolError ? error.code : `crash: ${String(error)}`
    return { opened: false, code }
  }
}

/** Rows that hold keys, of which every byte is tried, and those of the logs. */
const KEY_TABLES: Table[] = ['meta', 'prekeys', 'keys', 'wraps', 'heads']

attack('P11', 'A device whose store was changed says so, and uses nothing of it', async () => {
  await sync(anna)
  await say(anna, team, 'before the disk failed')
  const store = await copyStore(anna.store)
  const whole = await open(store)
  assert.ok(whole.opened)
  const tables = [
    ...KEY_TABLES,
    ...TABLES.filter((table) => table === 'entries' || table === 'names'),
  ]
  let places = 0
  const codes = new Set<string>()
  for (const table of tables) {
    const step = KEY_TABLES.includes(table) ? 1 : tries(1, 41)
    for (const { key, value } of await store.list(table)) {
      for (const at of everyByte(value, step)) {
        places++
        await store.commit([{ table, key, value: flipped(value, at, 1 << (at % 8)) }])
        const now = await open(store)
        if (!now.opened) codes.add(now.code)
        thwarted(now.opened && now.used !== whole.used, `${table}: byte ${at} is used as it is`)
        thwarted(!now.opened && now.code.startsWith('crash'), `${table}: byte ${at}: a crash`)
        await store.commit([{ table, key, value }])
      }
    }
  }
  assert.deepEqual([...codes], ['database_damaged'], 'one failure for all of them')
  return { places, tables: tables.length }
})
