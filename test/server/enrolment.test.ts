import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { join as enrolDevice } from '../../client/enrol.ts'
import { MemoryStore } from '../../client/memory-store.ts'
import { systemNetwork } from '../../client/network.ts'
import { invite, revoke } from '../../client/people.ts'
import { pull } from '../../client/pull.ts'
import { enrolment, placed, ROUTES } from '../../protocol/api.ts'
import { cardKeys, CARD_SECRET_BYTES, openBlob } from '../../protocol/card-secret.ts'
import { fromPaper, toPaper } from '../../protocol/card-text.ts'
import { decode, type Decoded, encode } from '../../protocol/codec.ts'
import { KIND } from '../../protocol/kinds.ts'
import { CARD_LIFE_STAFF, DAY, MAX_REQUEST } from '../../protocol/limits.ts'
import { randomBytes } from '../../protocol/sodium.ts'
import {
  ask,
  call,
  cardsFor,
  inviteOne,
  joinWith,
  rawRequest,
  type Reply,
  startTestBox,
  type TestBox,
  TestClock,
} from './kit.ts'

type Enrolment = Decoded<typeof enrolment>

const keysOf = (card: string) => cardKeys(fromPaper(card, CARD_SECRET_BYTES))
const unknownCard = (): string => toPaper(randomBytes(CARD_SECRET_BYTES))

function lookUp(box: TestBox, card: string): Promise<Reply> {
  return ask(box, 'card', { lookup: keysOf(card).lookup })
}

/** What a new device would send with this card; nothing of it reaches the box. */
async function enrolmentWith(box: TestBox, card: string): Promise<Uint8Array> {
  const bodies: Uint8Array[] = []
  const network = {
    ...systemNetwork,
    fetch: (input: string | URL | Request, init?: RequestInit) => {
      const { pathname } = new URL(input instanceof Request ? input.url : input)
      if (pathname !== ROUTES.enrol.path) return fetch(input, init)
      bodies.push(init?.body as Uint8Array)
      return Promise.reject(new TypeError('kept for the test'))
    },
  }
  await assert.rejects(enrolDevice({ store: new MemoryStore(), network }, card, box.url))
  const [body] = bodies
  assert.ok(body)
  return body
}

const send = (box: TestBox, body: Uint8Array): Promise<Reply> =>
  rawRequest({ port: box.port, path: ROUTES.enrol.path, body })

async function founded(t: Parameters<typeof startTestBox>[0], clock?: TestClock) {
  const box = await startTestBox(t, clock)
  return { box, owner: await joinWith(box, box.card) }
}

describe('one card', () => {
  test('admits one of 20 devices that come at once', async (t) => {
    const { box, owner } = await founded(t)
    const { card, person } = await inviteOne(owner, 'Milo Member')
    const bodies = await Promise.all(Array.from({ length: 20 }, () => enrolmentWith(box, card)))
    const replies = await Promise.all(bodies.map((body) => send(box, body)))
    const codes = replies.map(({ code }) => code)
    assert.equal(codes.filter((code) => code === '').length, 1, codes.join())
    assert.deepEqual([...new Set(codes)].toSorted(), ['', 'card_used'])
    await pull(owner)
    assert.equal(owner.replica.directory.persons.get(person)?.devices.length, 1)
    assert.equal((await lookUp(box, card)).code, 'card_used')
  })

  test('founds one organisation, however many devices come at once', async (t) => {
    const box = await startTestBox(t)
    const bodies = await Promise.all(Array.from({ length: 8 }, () => enrolmentWith(box, box.card)))
    const replies = await Promise.all(bodies.map((body) => send(box, body)))
    assert.equal(replies.filter(({ status }) => status === 200).length, 1)
    const org = box.box.context.orgs.get(box.org)
    assert.equal(org?.directory.persons.size, 1)
    assert.equal(org?.directory.devices.size, 1)
  })

  test('gives the same places again to the same request', async (t) => {
    const { box, owner } = await founded(t)
    const { card } = await inviteOne(owner, 'Milo Member')
    const body = await enrolmentWith(box, card)
    const replies = [await send(box, body), await send(box, body), await send(box, body)]
    const places = replies.map(({ bytes }) => decode(placed, bytes, MAX_REQUEST).places)
    assert.deepEqual(places[1], places[0])
    assert.deepEqual(places[2], places[0])
    assert.equal((await send(box, await enrolmentWith2(box, card))).code, 'card_unknown')
  })

  test('shows its blob to whoever holds the card, and to nobody after its use', async (t) => {
    const { box, owner } = await founded(t)
    const { card, person } = await inviteOne(owner, 'Milo Member')
    const shown = await lookUp(box, card)
    assert.equal(shown.status, 200)
    const blob = openBlob(shown.bytes.subarray(18), keysOf(card))
    assert.deepEqual(blob.person, person)
    assert.deepEqual(blob.rootPk, owner.replica.identity.rootPk)
    await joinWith(box, card)
    const used = await lookUp(box, card)
    assert.deepEqual([used.status, used.code], [410, 'card_used'])
  })
})

/** The enrolment of an unknown card: a known one with another lookup. */
async function enrolmentWith2(box: TestBox, used: string): Promise<Uint8Array> {
  const { lookup } = keysOf(used)
  const other: Enrolment = {
    org: box.org,
    lookup: lookup.map((byte) => byte ^ 1),
    items: [],
    prekey: new Uint8Array(1334),
  }
  return encode(enrolment, other)
}

describe('a card', () => {
  test('expires by the clock of the box, for the lookup and for the enrolment', async (t) => {
    const clock = new TestClock()
    const { box, owner } = await founded(t, clock)
    const { card } = await inviteOne(owner, 'Milo Member')
    const body = await enrolmentWith(box, card)
    clock.pass(CARD_LIFE_STAFF - DAY)
    assert.equal((await lookUp(box, card)).status, 200)
    clock.pass(2 * DAY)
    const late = await lookUp(box, card)
    assert.deepEqual([late.status, late.code], [410, 'card_expired'])
    assert.equal((await send(box, body)).code, 'card_expired')
  })

  test('that was used stays used: the device enrolled in time may repeat itself later', async (t) => {
    const clock = new TestClock()
    const { box, owner } = await founded(t, clock)
    const { card } = await inviteOne(owner, 'Milo Member')
    const body = await enrolmentWith(box, card)
    assert.equal((await send(box, body)).status, 200)
    clock.pass(CARD_LIFE_STAFF + DAY)
    assert.equal((await send(box, body)).status, 200)
  })

  test('that was withdrawn or replaced is refused as such', async (t) => {
    const { box, owner } = await founded(t)
    const { card, person } = await inviteOne(owner, 'Milo Member')
    const body = await enrolmentWith(box, card)
    await pull(owner)
    const newer = await invite(owner, { person })
    assert.equal((await lookUp(box, card)).code, 'card_revoked')
    assert.equal((await send(box, body)).code, 'card_revoked')
    assert.equal((await lookUp(box, newer.card)).status, 200)
    await revoke(owner, { what: 'card', subject: keysOf(newer.card).id })
    const withdrawn = await lookUp(box, newer.card)
    assert.deepEqual([withdrawn.status, withdrawn.code], [410, 'card_revoked'])
  })

  test('of a person who has left is refused', async (t) => {
    const { box, owner } = await founded(t)
    const { card, person } = await inviteOne(owner, 'Milo Member')
    await pull(owner)
    await revoke(owner, { what: 'person', subject: person })
    assert.notEqual((await lookUp(box, card)).status, 200)
  })

  test('that nobody made is unknown, in the words for a wrong address', async (t) => {
    const { box } = await founded(t)
    const reply = await lookUp(box, unknownCard())
    assert.deepEqual([reply.status, reply.code], [404, 'card_unknown'])
  })

  test('of one organisation enrols nobody in another on the same box', async (t) => {
    const { box, owner } = await founded(t)
    const other = await startTestBox(t)
    const { card } = await inviteOne(owner, 'Milo Member')
    const body = await enrolmentWith(box, card)
    assert.equal((await send(other, body)).code, 'card_unknown')
    const moved = { ...decode(enrolment, body, MAX_REQUEST), org: other.org }
    assert.equal((await send(box, encode(enrolment, moved))).code, 'wrong_organisation')
  })
})

describe('an enrolment', () => {
  const tampered = async (
    box: TestBox,
    card: string,
    change: (value: Enrolment) => Partial<Enrolment>,
  ): Promise<string> => {
    const value = decode(enrolment, await enrolmentWith(box, card), MAX_REQUEST)
    return (await send(box, encode(enrolment, { ...value, ...change(value) }))).code
  }

  test('holds one device, signed by this very card, with a prekey of its own', async (t) => {
    const { box, owner } = await founded(t)
    const [one = '', two = ''] = await cardsFor(owner, ['Milo Member', 'Nina Neben'])
    const foreign = decode(enrolment, await enrolmentWith(box, two), MAX_REQUEST)
    assert.equal(await tampered(box, one, () => ({ items: [] })), 'malformed')
    const twice = (value: Enrolment) => ({ items: [...value.items, ...foreign.items] })
    assert.equal(await tampered(box, one, twice), 'malformed')
    const broken = ({ items }: Enrolment) => {
      const entry = items[0]?.entry.slice() ?? new Uint8Array(1)
      entry[entry.length - 1] = (entry.at(-1) as number) ^ 1
      return { items: [{ entry, card: new Uint8Array(0), wraps: [] }] }
    }
    assert.equal(await tampered(box, one, broken), 'bad_signature')
    assert.equal((await lookUp(box, one)).status, 200, 'none of this used the card up')
    await joinWith(box, one)
    await joinWith(box, two)
  })

  for (const part of ['prekey', 'items'] as const) {
    test(`with the ${part} of another card leaves the directory as it was, on disk and in memory`, async (t) => {
      const { box, owner } = await founded(t)
      const [one = '', two = ''] = await cardsFor(owner, ['Milo Member', 'Nina Neben'])
      const org = box.box.context.orgs.get(box.org)
      const places = () => {
        const head = org?.store.committed.logs.head(org.directory.log)
        return { memory: org?.directory.head.n, disk: head?.n }
      }
      const before = places()
      const other = decode(enrolment, await enrolmentWith(box, two), MAX_REQUEST)
      const change = () => ({ [part]: other[part] })
      assert.equal(await tampered(box, one, change), 'bad_signature')
      assert.deepEqual(places(), before)
      assert.equal((await lookUp(box, one)).status, 200, 'the card is still good')
      await joinWith(box, one)
    })
  }

  test('of a second device of somebody waits for approval', async (t) => {
    const { box, owner } = await founded(t)
    await pull(owner)
    const { card } = await invite(owner, { person: owner.replica.identity.person })
    const second = await joinWith(box, card)
    assert.equal(second.replica.device?.from, null)
  })

  test('is no way to bring other entries in', async (t) => {
    const { box, owner } = await founded(t)
    const { card } = await inviteOne(owner, 'Milo Member')
    const rows = box.box.context.orgs.get(box.org)?.store.logs.all(owner.replica.directory.log)
    const person = rows?.find(({ stub }) => stub.kind === KIND.person)
    assert.ok(person)
    const more = { entry: person.header, card: new Uint8Array(0), wraps: [] }
    const added = (value: Enrolment) => ({ items: [...value.items, more] })
    assert.equal(await tampered(box, card, added), 'malformed')
  })
})

describe('the limit on failed enrolments', () => {
  const failures = async (box: TestBox, count: number): Promise<string[]> => {
    const codes: string[] = []
    for (let i = 0; i < count; i++) codes.push((await lookUp(box, unknownCard())).code)
    return codes
  }

  test('counts failures alone: 500 people behind one address are let in', async (t) => {
    const clock = new TestClock()
    const { box, owner } = await founded(t, clock)
    const { card } = await inviteOne(owner, 'Milo Member')
    for (let i = 0; i < 50; i++) {
      const replies = await Promise.all(Array.from({ length: 10 }, () => lookUp(box, card)))
      assert.deepEqual([...new Set(replies.map(({ status }) => status))], [200])
    }
    await joinWith(box, card)
  })

  test('stops the eleventh, says when to come back, and forgives with time', async (t) => {
    const clock = new TestClock()
    const { box, owner } = await founded(t, clock)
    const { card } = await inviteOne(owner, 'Milo Member')
    const codes = await failures(box, 11)
    assert.deepEqual([...new Set(codes.slice(0, 10))], ['card_unknown'])
    assert.equal(codes[10], 'rate_limited')
    const limited = await lookUp(box, card)
    assert.deepEqual([limited.status, limited.code], [429, 'rate_limited'])
    assert.equal(limited.headers['retry-after'], '360')
    assert.equal((await send(box, new Uint8Array(0))).code, 'malformed')
    clock.pass(360_000)
    assert.equal((await lookUp(box, card)).status, 200)
  })

  test('does not touch what enrolled devices sign', async (t) => {
    const clock = new TestClock()
    const { box, owner } = await founded(t, clock)
    await failures(box, 15)
    assert.equal((await call(box, owner.signer, 'prekeys', { devices: [] })).status, 200)
    await pull(owner)
    const { card } = await inviteOne(owner, 'Milo Member')
    assert.equal((await lookUp(box, card)).code, 'rate_limited')
  })
})
