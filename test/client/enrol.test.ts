// From a card to a device, with a box that shows something else than the card vouched for, and with lines
// that break: no second device, no half device, no trust in another organisation.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Core, readIdentity } from '../../client/core.ts'
import { join, type Joined } from '../../client/enrol.ts'
import { MemoryStore } from '../../client/memory-store.ts'
import { META } from '../../client/replica.ts'
import type { Store } from '../../client/store.ts'
import { equal } from '../../protocol/bytes.ts'
import { type CardBlob, cardKeys, openBlob, sealBlob } from '../../protocol/card-secret.ts'
import { fromPaper } from '../../protocol/card-text.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import type { Frame } from '../../protocol/frames.ts'
import type { OrgId, PersonId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import { signPairFromSeed } from '../../protocol/sodium.ts'
import { caughtUp, HostileNetwork } from '../helpers/hostile.ts'
import { flipped, seededId, seededPair } from '../helpers/seed.ts'
import { invite, ORG, OWNER, type Phone, Town } from '../helpers/town.ts'

const town = new Town()
await town.found(ORG, OWNER)
await town.start()
after(() => town.clear())
const olga = await town.owner()

type Joining = { store: Store; network: HostileNetwork; card: string; url: string }
const joining = (card: string, store: Store = new MemoryStore()): Joining => ({
  store,
  network: new HostileNetwork(),
  card,
  url: town.url,
})
const enter = ({ store, network, card, url }: Joining): Promise<Joined> =>
  join({ store, network, clock: town.clock }, card, url)

async function carded(): Promise<Joining & { person: PersonId }> {
  const { card, person } = await invite(olga, 'Anna Beispiel')
  return { ...joining(card), person }
}

async function devicesOf(person: PersonId, by: Phone = olga): Promise<number> {
  await caughtUp(by)
  return by.core.replica.directory.persons.get(person)?.devices.length ?? 0
}

const secretOf = (card: string) => cardKeys(fromPaper(card, 16))

/** The card as it would be if whoever made it had written something else on it. */
function forging(one: Joining, change: (blob: CardBlob) => Partial<CardBlob>): void {
  const keys = secretOf(one.card)
  one.network.answering('card', (told) => {
    const blob = openBlob(told.card, keys)
    return { ...told, card: sealBlob({ ...blob, ...change(blob) }, keys) }
  })
}

test('A card makes a device, and the folder is not used for a second one', async () => {
  const one = await carded()
  const { core, rootPaper } = await enter(one)
  assert.equal(rootPaper, null)
  assert.deepEqual(core.replica.identity.person, one.person)
  assert.equal(core.replica.identity.state, 1)
  assert.equal(await one.store.get('meta', META.joining), null)
  const { card } = await invite(olga, 'Berta Beispiel')
  await assert.rejects(enter(joining(card, one.store)), { code: 'already_exists' })
  await assert.rejects(enter(one), { code: 'already_exists' })
  assert.equal(await devicesOf(one.person), 1)
})

test('A card of another box is unknown here, and the folder stays free', async () => {
  const elsewhere = new Town()
  try {
    await elsewhere.found('Kreisklinik Beispielstadt', OWNER)
    const one = joining(elsewhere.card)
    await assert.rejects(enter(one), { code: 'card_unknown' })
    assert.equal(await readIdentity(one.store), null)
  } finally {
    await elsewhere.clear()
  }
})

test('A founding card belongs to the organisation that follows from it', async () => {
  const fresh = new Town()
  try {
    await fresh.found('Kreisklinik Beispielstadt', OWNER)
    await fresh.start()
    const one = { ...joining(fresh.card), url: fresh.url }
    one.network.answering('card', (told) => ({ ...told, org: seededId<OrgId>('another') }))
    await assert.rejects(enter(one), { code: 'wrong_organisation', detail: 'founding card' })
    assert.equal(await readIdentity(one.store), null)
    one.network.honest()
    const { rootPaper, core } = await enter(one)
    assert.ok(rootPaper !== null)
    const root = signPairFromSeed(fromPaper(rootPaper, 32)).publicKey
    assert.deepEqual(core.replica.directory.rootPk, root)
  } finally {
    await fresh.clear()
  }
})

test('A swapped blob does not open, and nothing is kept of the attempt', async () => {
  const one = await carded()
  const { card } = await invite(olga, 'Berta Beispiel')
  const { card: other } = await olga.core.line.ask('card', { lookup: secretOf(card).lookup })
  one.network.answering('card', (told) => ({ ...told, card: other }))
  await assert.rejects(enter(one), { code: 'cannot_open' })
  assert.equal(await readIdentity(one.store), null)
  one.network.honest()
  await enter(one)
})

const isDirectory = (frame: Frame, kind?: number): boolean => {
  if (frame.type !== 'entry') return false
  const entry = decodeEntry(frame.bytes)
  return kind === undefined ? entry.kind < KIND.create : entry.kind === kind
}

test('A directory that is not the one the card knows is a fork', async () => {
  const one = await carded()
  one.network.showing((frames) =>
    frames.map((frame) =>
      frame.type === 'entry' && isDirectory(frame, KIND.box)
        ? { ...frame, bytes: flipped(frame.bytes, frame.bytes.length - 1) }
        : frame,
    ),
  )
  await assert.rejects(enter(one), { code: 'forked', detail: /the card knows/ })
  assert.equal((await readIdentity(one.store))?.state, 0, 'no device yet')
})

test('A directory that ends before what the card knows is a fork', async () => {
  const one = await carded()
  one.network.showing((frames) =>
    frames.filter((frame) => frame.type === 'entry' && isDirectory(frame) && frame.n <= 2),
  )
  await assert.rejects(enter(one), { code: 'forked' })
})

test('A card that names another root key than the directory leads nowhere', async () => {
  const one = await carded()
  forging(one, () => ({ rootPk: seededPair('another root').publicKey }))
  await assert.rejects(enter(one), { code: 'forked', detail: 'root key' })
})

test('A box that hides the new device is not believed; when it shows it, the join is complete', async () => {
  const one = await carded()
  const own = async (): Promise<Uint8Array | undefined> => (await readIdentity(one.store))?.device
  let hidden: Uint8Array | undefined
  one.network.lie('enrol', async (honest) => {
    hidden = await own()
    return honest()
  })
  one.network.showing((frames) => frames.filter((frame) => !isLastDevice(frame, one.person)))
  await assert.rejects(enter(one), { code: 'withheld' })
  one.network.honest()
  const { core } = await enter(one)
  assert.deepEqual(core.replica.identity.device, hidden)
  assert.equal(await devicesOf(one.person), 1)
})

function isLastDevice(frame: Frame, person: PersonId): boolean {
  if (frame.type !== 'entry') return false
  const entry = decodeEntry(frame.bytes)
  return entry.kind === KIND.device && equal(entry.fields.person, person)
}

for (const when of ['before', 'after'] as const) {
  test(`A line that is cut ${when} the box enrols costs nothing`, async () => {
    const one = await carded()
    one.network.lie(
      'enrol',
      async (honest) => {
        if (when === 'after') await (await honest()).arrayBuffer()
        throw new TypeError('cut')
      },
      1,
    )
    await assert.rejects(enter(one), { code: 'box_unreachable' })
    const first = await readIdentity(one.store)
    assert.equal(first?.state, 0)
    const { core } = await enter(one)
    assert.deepEqual(core.replica.identity.device, first?.device)
    assert.equal(await devicesOf(one.person), 1)
    const [cut, again] = one.network.requests('enrol')
    assert.deepEqual(again, cut, 'the same bytes')
  })
}

for (const code of ['box_failed', 'draining', 'disk_full'] as const) {
  test(`A box that says ${code} has not decided: the attempt is kept`, async () => {
    const one = await carded()
    one.network.refusing('enrol', code, '', 1)
    await assert.rejects(enter(one), { code })
    const first = await readIdentity(one.store)
    assert.ok(first !== null)
    const { core } = await enter(one)
    assert.deepEqual(core.replica.identity.device, first.device)
  })
}

test('A definite refusal ends the attempt, and another card works in the same folder', async () => {
  const one = await carded()
  one.network.refusing('enrol', 'card_revoked', '', 1)
  await assert.rejects(enter(one), { code: 'card_revoked' })
  assert.equal(await readIdentity(one.store), null)
  assert.equal(await one.store.get('meta', META.joining), null)
  assert.deepEqual(await one.store.list('prekeys'), [])
  const { card, person } = await invite(olga, 'Berta Beispiel')
  const { core } = await enter(joining(card, one.store))
  assert.deepEqual(core.replica.identity.person, person)
})

test('Another card may be tried while the box is silent about the first', async () => {
  const one = await carded()
  one.network.lie('enrol', () => Promise.reject(new TypeError('cut')), 1)
  await assert.rejects(enter(one), { code: 'box_unreachable' })
  const { card, person } = await invite(olga, 'Berta Beispiel')
  const { core } = await enter(joining(card, one.store))
  assert.deepEqual(core.replica.identity.person, person)
  assert.equal(await devicesOf(one.person), 0)
})

test('A box that names no place for the device has not enrolled it', async () => {
  const one = await carded()
  one.network.answering('enrol', (told) => ({ ...told, places: [] }), 1)
  await assert.rejects(enter(one), { code: 'wrong_box' })
  assert.equal((await readIdentity(one.store))?.state, 0)
  await enter(one)
  assert.equal(await devicesOf(one.person), 1)
})

test('A mistyped card asks nobody', async () => {
  const one = joining('HF-0000-0000')
  await assert.rejects(enter(one), { code: 'card_mistyped' })
  assert.deepEqual(one.network.asked, [])
})

test('Without a device there is nothing to open', async () => {
  assert.equal(await Core.open({ store: new MemoryStore(), clock: town.clock }), null)
})
