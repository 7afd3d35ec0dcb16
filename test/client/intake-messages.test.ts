// Messages from a box that lies and a member who helps it: nothing of them is shown, the reason is, and
// the channel goes on behind them.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { upkeep } from '../../client/upkeep.ts'
import { messagesOf } from '../../client/views.ts'
import { type Content, SEVERITY } from '../../protocol/content.ts'
import { decodeEntry, PREFIX_BYTES } from '../../protocol/entry.ts'
import type { ErrorCode } from '../../protocol/errors.ts'
import type { Frame } from '../../protocol/frames.ts'
import type { MessageId, OrgId, PersonId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import {
  accepted,
  entryFrame,
  headOf,
  keysOf,
  known,
  message,
  operation,
  reopened,
  shown,
  Siege,
  toldBy,
  type Victim,
} from '../helpers/hostile.ts'
import { flipped, seed, seededId } from '../helpers/seed.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { olga, malte, team } = siege
const LIE = 'do not come to work'

const texts = async (victim: Victim): Promise<string[]> => {
  const messages = await messagesOf(victim.core, team)
  return messages.flatMap(({ content }) => ('text' in content ? [content.text] : []))
}

/** The lie keeps its place without effect, and what the owner says behind it is read. */
async function refusedWith(code: ErrorCode, ...frames: ((n: number) => Frame)[]): Promise<Victim> {
  const victim = await siege.victim()
  const n = headOf(victim, team)
  await shown(victim, ...frames.map((frame, i) => frame(n + 1 + i)))
  const told = await toldBy(victim)
  assert.deepEqual(told.codes, [code])
  assert.ok(!told.texts.includes(LIE) && !(await texts(victim)).includes(LIE))
  assert.equal(headOf(victim, team), n + frames.length)
  const next = message(olga, team, 'the truth', { seq: 1_000 })
  await shown(victim, entryFrame(n + frames.length + 1, next))
  assert.equal((await texts(victim)).at(-1), 'the truth')
  await reopened(victim)
  return victim
}

const alertOf = (text: string): Content => {
  const [answers] = known(olga, siege.all).respKeys
  assert.ok(answers !== undefined)
  const { channel, epoch } = answers
  return {
    type: 'alert',
    severity: SEVERITY.critical,
    respChannel: channel,
    respEpoch: epoch,
    answers: ['yes'],
    text,
  }
}
const namesOf = (title: string): Content => ({ type: 'names', title, people: [] })

const lie = (options: Parameters<typeof message>[3] = {}): Uint8Array =>
  message(malte, team, LIE, options)
const header = (bytes: Uint8Array): number => decodeEntry(bytes).header.length

test('A byte of the signature that was altered on the way is noticed', async () => {
  const bytes = lie()
  await refusedWith('bad_signature', (n) => entryFrame(n, flipped(bytes, header(bytes) - 1)))
})

test('A byte of the header that was altered on the way is noticed', async () => {
  await refusedWith('bad_signature', (n) => entryFrame(n, flipped(lie(), PREFIX_BYTES - 1)))
})

test('A byte of the sealed body that was altered on the way is noticed', async () => {
  const bytes = lie()
  await refusedWith('malformed', (n) => entryFrame(n, flipped(bytes, bytes.length - 1)))
})

test('A message of another organisation has no place here', async () => {
  const org = seededId<OrgId>('another organisation')
  await refusedWith('wrong_organisation', (n) => entryFrame(n, lie({ context: { org } })))
})

test('A message whose body the box keeps back is withheld, not empty', async () => {
  const bytes = lie()
  const bare = bytes.subarray(0, header(bytes))
  await refusedWith('withheld', (n) => ({ type: 'header', n, bytes: bare }))
})

test('A message that was sealed under a false key does not open', async () => {
  const keys = keysOf(malte, team).map((key) => ({ ...key, ak: seed('false key') }))
  await refusedWith('cannot_open', (n) => entryFrame(n, lie({ keys })))
})

test('A message whose content no device understands is refused', async () => {
  await refusedWith('malformed', (n) => entryFrame(n, lie({ plain: Uint8Array.of(99) })))
})

test('A message of somebody who was removed before it is refused', async () => {
  const victim = await siege.victim()
  const n = headOf(victim, team)
  const removal = operation(olga, team, KIND.remove, { subjects: [malte.person] })
  await shown(victim, entryFrame(n + 1, removal), entryFrame(n + 2, lie()))
  assert.deepEqual((await toldBy(victim)).codes, ['not_allowed'])
  assert.ok(!(await texts(victim)).includes(LIE))
  await reopened(victim)
})

test('A message id that was used before does not carry another text', async () => {
  const mid = seededId<MessageId>('used twice')
  const victim = await refusedWith(
    'mid_conflict',
    (n) => entryFrame(n, message(malte, team, 'first', { mid, seq: 50 })),
    (n) => entryFrame(n, lie({ mid, seq: 51 })),
  )
  assert.ok((await texts(victim)).includes('first'))
  const again = await reopened(victim)
  const next = headOf(again, team) + 1
  await shown(again, entryFrame(next, lie({ mid, seq: 52 })))
  assert.ok((await toldBy(again)).codes.includes('mid_conflict'), 'also after a restart')
})

test('The same message id of another device is another message', async () => {
  const victim = await siege.victim()
  const mid = seededId<MessageId>('used by two')
  const n = headOf(victim, team)
  await shown(
    victim,
    entryFrame(n + 1, message(malte, team, 'one', { mid, seq: 60 })),
    entryFrame(n + 2, message(olga, team, 'two', { mid, seq: 60 })),
  )
  assert.deepEqual(await toldBy(victim), { texts: ['one', 'two'], codes: [] })
})

const MISLABELLED: [string, () => Uint8Array][] = [
  ['an alert as a text', () => message(olga, team, alertOf(LIE))],
  ['a text as a control', () => message(malte, team, LIE, { kind: KIND.control })],
  ['an alert as a control', () => message(malte, team, alertOf(LIE), { kind: KIND.control })],
  ['names as a text', () => message(malte, team, namesOf(LIE))],
]
for (const [what, bytes] of MISLABELLED) {
  test(`A message that passes ${what} is refused`, async () => {
    await refusedWith('malformed', (n) => entryFrame(n, bytes()))
  })
}

const RINGING: [string, () => Uint8Array, ErrorCode][] = [
  ['a text', () => message(olga, siege.all, LIE, { kind: KIND.alert }), 'malformed'],
  ['names', () => message(olga, siege.all, namesOf(LIE), { kind: KIND.exercise }), 'malformed'],
  [
    'an alert of an ordinary member',
    () => message(malte, siege.all, alertOf(LIE), { kind: KIND.alert }),
    'not_allowed',
  ],
]
for (const [what, bytes, code] of RINGING) {
  test(`An audience does not ring for ${what}`, async () => {
    const victim = await siege.victim()
    const audience = known(victim, siege.all)
    const before = audience.alerts.size
    await shown(victim, entryFrame(headOf(victim, siege.all) + 1, bytes()))
    assert.deepEqual(await toldBy(victim), { texts: [], codes: [code] })
    assert.equal(audience.alerts.size, before)
    await reopened(victim)
  })
}

test('A group does not ring for a member', async () => {
  const bytes = message(malte, team, alertOf(LIE), { kind: KIND.alert })
  const victim = await refusedWith('not_allowed', (n) => entryFrame(n, bytes))
  assert.equal(known(victim, team).alerts.size, 0)
})

test('A box and a member cannot put a stranger into a channel', async () => {
  const stranger = seededId<PersonId>('nobody invited this one')
  const subjects = [stranger]
  const victim = await refusedWith('person_unknown', (n) =>
    entryFrame(n, operation(olga, team, KIND.add, { subjects })),
  )
  assert.ok(!known(victim, team).members.has(stranger))
  victim.network.asked.length = 0
  victim.network.lie('receipt', () => Promise.resolve(accepted()))
  await victim.core.run(() => upkeep(victim.core))
  assert.deepEqual(victim.network.requests('entries'), [])
  assert.deepEqual(victim.network.requests('wraps'), [])
})

test('A member who does not manage the channel adds nobody', async () => {
  const known1 = [...olga.core.replica.directory.persons.keys()]
  const outsider =
    known1.find((id) => !known(olga, team).members.has(id)) ?? seededId<PersonId>('x')
  await refusedWith('not_allowed', (n) =>
    entryFrame(n, operation(malte, team, KIND.add, { subjects: [outsider] })),
  )
})

test('Names come from a manager, and only for people of the channel', async () => {
  const victim = await siege.victim()
  const stranger = seededId<PersonId>('not in the channel')
  const people = [malte.person, stranger].map((person) => ({ person, name: 'Moritz Beispiel' }))
  const content: Content = { type: 'names', title: 'Renamed', people }
  const n = headOf(victim, team)
  const options = { kind: KIND.control, seq: 70 }
  await shown(victim, entryFrame(n + 1, message(malte, team, content, options)))
  assert.equal(victim.core.replica.names.size, 0, 'an ordinary member names nobody')
  await shown(victim, entryFrame(n + 2, message(olga, team, content, options)))
  const { names } = victim.core.replica
  assert.equal(names.get(team), 'Renamed')
  assert.equal(names.get(malte.person), 'Moritz Beispiel')
  assert.equal(names.get(stranger), undefined)
  const again = await reopened(victim)
  assert.equal(again.core.replica.names.get(team), 'Renamed')
})
