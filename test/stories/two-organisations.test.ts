// Two organisations share a box and know nothing of each other.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { LogId } from '../../protocol/ids.ts'
import { idText } from '../../protocol/ids.ts'
import type { Frame } from '../../protocol/frames.ts'
import { encodeFrame } from '../../protocol/frames.ts'
import { fromPaper } from '../../protocol/card-text.ts'
import { cardKeys } from '../../protocol/card-secret.ts'
import { orgFile } from '../../server/context.ts'
import {
  channel,
  invite,
  type Phone,
  refused,
  say,
  startTown,
  sync,
  type Town,
} from '../helpers/town.ts'

type Side = { olga: Phone; anna: Phone; team: LogId }

async function side(town: Town, index: number): Promise<Side> {
  const olga = await town.enrol(town.orgs[index]?.card ?? '')
  const anna = await town.enrol((await invite(olga, 'Anna Beispiel')).card)
  const team = await channel(olga, 'Crisis team', anna)
  await say(olga, team, 'in our own organisation')
  await sync(anna)
  return { olga, anna, team }
}

async function twoSides(t: TestContext) {
  const town = await startTown(t, {
    orgs: [
      ['Stadtwerke Musterstadt', 'Olga Beispiel'],
      ['Klinikum Beispielhausen', 'Otto Muster'],
    ],
  })
  return { town, here: await side(town, 0), there: await side(town, 1) }
}

/** Every name of the other side that a frame could carry. */
function namesOf({ olga, anna, team }: Side): string[] {
  const ids = [olga, anna].flatMap((phone) => [phone.device, phone.person])
  return [olga.core.replica.identity.org, team, ...ids].map(idText)
}

const everything = (phone: Phone): Promise<Frame[]> =>
  phone.core.line.frames('sync', { have: [], wrapsSeen: 0, parcels: [] }, phone.core.signer)

test('A whole catch-up of one organisation names nobody of the other', async (t) => {
  const { here, there } = await twoSides(t)
  for (const [mine, other] of [
    [here, there],
    [there, here],
  ] as const) {
    const text = (await everything(mine.anna)).map((frame) => encodeFrame(frame).toHex()).join('\n')
    assert.ok(namesOf(mine).every((id) => text.includes(id)))
    assert.deepEqual(
      namesOf(other).filter((id) => text.includes(id)),
      [],
    )
  }
})

test('Asking for what belongs to the other organisation finds nothing', async (t) => {
  const { here, there } = await twoSides(t)
  const { line, signer, replica } = here.anna.core
  await assert.rejects(line.call('receipts', { log: there.team }, signer), refused('not_found'))
  const [epoch] = [...there.anna.core.replica.keys.keys()]
  assert.ok(epoch !== undefined)
  const wraps = { log: there.team, epoch, gen: 0, wraps: [] }
  await assert.rejects(line.call('wraps', wraps, signer), refused('not_found'))
  const parcel = { to: there.anna.device, bytes: new Uint8Array(10) }
  await assert.rejects(line.call('parcel', parcel, signer), refused('not_found'))
  const asked = await line.call('prekeys', { devices: [there.anna.device] }, signer)
  assert.deepEqual(asked.prekeys, [])
  const have = [
    { log: there.team, n: 0 },
    { log: there.olga.core.replica.directory.log, n: 0 },
    { log: replica.directory.log, n: replica.directory.head.n },
  ]
  const frames = await line.frames('sync', { have, wrapsSeen: 0, parcels: [] }, signer)
  const text = frames.map((frame) => encodeFrame(frame).toHex()).join('\n')
  assert.deepEqual(
    namesOf(there).filter((id) => text.includes(id)),
    [],
  )
})

test('A device signs for its own organisation only', async (t) => {
  const { here, there } = await twoSides(t)
  const { line, signer } = here.anna.core
  const { org } = there.anna.core.signer
  const question = { have: [], wrapsSeen: 0, parcels: [] }
  await assert.rejects(line.frames('sync', question, { ...signer, org }), refused('device_unknown'))
  const { device } = there.anna.core.signer
  await assert.rejects(
    line.frames('sync', question, { ...signer, device }),
    refused('device_unknown'),
  )
  await assert.rejects(
    line.frames('sync', question, { ...signer, org, device }),
    refused('bad_signature'),
  )
})

test('An entry of one organisation cannot be put into the other', async (t) => {
  const { here, there } = await twoSides(t)
  const [entry] = (await everything(there.anna)).filter(
    (frame) => frame.type === 'entry' && frame.n > 4,
  )
  assert.ok(entry?.type === 'entry')
  const { line, signer } = here.olga.core
  const item = { entry: entry.bytes, card: new Uint8Array(0), wraps: [] }
  await assert.rejects(line.call('entries', { items: [item] }, signer), refused('not_allowed'))
})

test('Each organisation has its own file, and neither holds the other’s bytes', async (t) => {
  const { town, here, there } = await twoSides(t)
  await town.stop()
  const files = readdirSync(town.data).filter((name) => name.endsWith('.db'))
  assert.deepEqual(files.toSorted(), town.orgs.map(({ org }) => orgFile(org)).toSorted())
  for (const [mine, other] of [
    [here, there],
    [there, here],
  ] as const) {
    const text = readFileSync(join(town.data, orgFile(mine.olga.core.replica.identity.org))).toHex()
    assert.ok(text.includes(idText(mine.team)))
    assert.deepEqual(
      namesOf(other).filter((id) => text.includes(id)),
      [],
    )
  }
})

test('A card opens the organisation it was made for and no other', async (t) => {
  const { town, here, there } = await twoSides(t)
  const { card } = await invite(here.olga, 'Bruno Beispiel')
  const keys = cardKeys(fromPaper(card, 16))
  const { org } = there.olga.core.replica.identity
  const stolen = { org, lookup: keys.lookup, items: [], prekey: new Uint8Array(1334) }
  await assert.rejects(here.olga.core.line.ask('enrol', stolen), refused('wrong_organisation'))
  const bruno = await town.enrol(card)
  assert.deepEqual(bruno.core.replica.identity.org, here.olga.core.replica.identity.org)
})
