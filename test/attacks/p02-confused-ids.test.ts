// One thing passed off as another: a key of somebody else as one's own, an id of one kind as an id of another.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { join } from '../../client/enrol.ts'
import { MemoryStore } from '../../client/memory-store.ts'
import { concat, toHex } from '../../protocol/bytes.ts'
import { decodeEntry } from '../../protocol/entry.ts'
import type { FieldsOf } from '../../protocol/entry-fields.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import {
  asId,
  cardId,
  type DeviceId,
  deviceId,
  logId,
  parseId,
  personId,
  type SignerId,
} from '../../protocol/ids.ts'
import { type Codec, decode } from '../../protocol/codec.ts'
import { KIND, ROLE } from '../../protocol/kinds.ts'
import { hashId, type HashLabel } from '../../protocol/labels.ts'
import { ForgingBox } from '../helpers/forging-box.ts'
import { accepted, captive, caughtUp, HostileNetwork, message, toldBy } from '../helpers/hostile.ts'
import { invite } from '../helpers/town.ts'
import { attack, thwarted } from './attack.ts'
import { deceived } from './believed.ts'
import { Forgery } from './forging.ts'
import { Occupied } from './occupied.ts'

const occupied = await Occupied.take()
after(() => occupied.end())
const { town, cast, forgers, team } = occupied
const { olga, anna, malte } = cast

/** Nora types her card in; the box keeps what her phone sends and says nothing. */
async function intercepted(): Promise<FieldsOf<typeof KIND.device>> {
  const { card } = await invite(olga, 'Nora Beispiel')
  const network = new HostileNetwork()
  network.lie('enrol', () => Promise.resolve(accepted()))
  const joining = join({ store: new MemoryStore(), network, clock: town.clock }, card, town.url)
  await assert.rejects(joining, ProtocolError)
  const [request] = network.requests('enrol')
  const entry = decodeEntry(request?.items[0]?.entry ?? new Uint8Array(0))
  assert.ok(entry.kind === KIND.device)
  return entry.fields
}

const nora = await intercepted()
const honest = await ForgingBox.like(olga, occupied.box)

attack(
  'P2',
  "The key of somebody who is just joining does not become another member's device",
  async () => {
    const { signPk, pop } = nora
    const box = honest.fork()
    const forgery = new Forgery(box, olga)
    const card = forgery.card(forgers.malte, malte.person)
    const by = { name: 'the card', id: card.id, secretKey: card.pair.secretKey }
    forgery.say(by, KIND.device, { person: malte.person, issuer: 0, signPk, pop })
    const victim = await captive(olga, box)
    await caughtUp(victim)
    const stolen = victim.core.replica.directory.devices.get(hashId<DeviceId>('dev', signPk))
    thwarted(stolen !== undefined, "what Nora writes would be shown as Malte's")
    return { enrolments: 1 }
  },
)

attack('P2', 'The card of one person makes no device of another', async () => {
  const box = honest.fork()
  const forgery = new Forgery(box, olga)
  const card = forgery.card(forgers.malte, malte.person)
  const victim = await captive(olga, box)
  await caughtUp(victim)
  const before = victim.core.replica.directory.persons.get(anna.person)?.devices.length
  const spy = forgery.device({ ...card, person: anna.person })
  await caughtUp(victim)
  const { directory } = victim.core.replica
  const after = directory.persons.get(anna.person)?.devices.length
  thwarted(after !== before, 'a device of Malte counts as one of Anna')
  assert.equal(directory.devices.get(spy.id), undefined)
  return { cards: 1 }
})

const key = malte.core.replica.pair.publicKey
const ID_CODECS: Codec<Uint8Array>[] = [deviceId, personId, logId, cardId] as never

attack('P2', 'A key or its text is no id, wherever an id is asked for', () => {
  const texts = [toHex(key), toHex(key).toUpperCase(), Buffer.from(key).toString('base64'), ' ']
  const id = toHex(malte.device)
  const spellings = [...texts, id.toUpperCase(), `${id} `, `0x${id}`, id.slice(1)]
  for (const text of spellings)
    assert.throws(() => parseId(text), { code: 'malformed' }, JSON.stringify(text))
  for (const bytes of [key, key.subarray(0, 15), key.subarray(0, 17), new Uint8Array(0)]) {
    assert.throws(() => asId(bytes), { code: 'malformed' })
    for (const codec of ID_CODECS)
      assert.throws(() => decode(codec, bytes, 64), { code: 'malformed' })
  }
  const labels: HashLabel[] = ['org', 'card-id', 'dev', 'root-id', 'rec-key', 'log', 'epoch-id']
  const ids = labels.map((label) => toHex(hashId(label, key)))
  thwarted(new Set(ids).size !== ids.length, 'one key has the same id as two things')
  for (const one of ids) assert.ok(!toHex(key).includes(one))
  return { spellings: spellings.length, labels: labels.length }
})

/** In the place of the signer stands something else that is known to everybody. */
const FALSE_SIGNERS: [string, SignerId][] = [
  ['the first half of a key', asId<DeviceId>(key.slice(0, 16))],
  ['the second half of a key', asId<DeviceId>(key.slice(16))],
  ['a person', asId<DeviceId>(olga.person)],
  ['a channel', asId<DeviceId>(team)],
  ['the organisation', asId<DeviceId>(occupied.honest.org)],
  ['a card', asId<DeviceId>(olga.core.replica.device?.card ?? assert.fail())],
  ['nobody', asId<DeviceId>(new Uint8Array(16))],
]

attack('P2', 'Nothing but the id of a device signs for a device', async () => {
  for (const [name, id] of FALSE_SIGNERS) {
    const { secretKey } = malte.core.replica.pair
    const box = honest.fork()
    const forgery = new Forgery(box, olga)
    const by = { name, id, secretKey }
    const text = message(malte, team, 'who says so?')
    const { phone, believes } = await deceived(olga, box, () => {
      forgery.person(by, malte.person, ROLE.owner)
      forgery.say(by, KIND.tick, {})
      box.append(forgery.operation(by, team, KIND.remove, [anna.person]))
      box.append(concat(text.subarray(0, 36), id, text.subarray(52)))
    })
    thwarted(believes, `${name} signs`)
    const { texts } = await toldBy(phone)
    thwarted(texts.includes('who says so?'), `${name} writes`)
  }
  return { signers: FALSE_SIGNERS.length }
})

const SUBJECTS: [string, Uint8Array][] = [
  ['a device', malte.device],
  ['a key', key.slice(0, 16)],
  ['a channel', team],
]

attack(
  'P2',
  'Nothing but the id of a person is let in, and nothing but a device ends',
  async () => {
    for (const [name, id] of SUBJECTS) {
      const box = honest.fork()
      const forgery = new Forgery(box, olga)
      const { secretKey } = olga.core.replica.pair
      const by = { name: 'the owner', id: olga.device, secretKey }
      const { believes } = await deceived(anna, box, () => {
        box.append(forgery.operation(by, team, KIND.add, [asId(id)]))
        forgery.say(by, KIND.approve, { device: asId(cast.waiting.person) })
        forgery.say(by, KIND.revoke, { what: 2, subject: anna.person, voidFrom: 0, reason: 5 })
        forgery.say(by, KIND.revoke, { what: 1, subject: anna.device, voidFrom: 0, reason: 5 })
      })
      thwarted(believes, `${name} counts as a person`)
    }
    return { subjects: SUBJECTS.length * 4 }
  },
)
