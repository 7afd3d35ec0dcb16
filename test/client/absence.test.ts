// Who is away, as a phone knows it: from whom it may be said, and nothing that the box could make of it.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setAbsence } from '../../client/absence.ts'
import { absenceOf, people } from '../../client/views.ts'
import { signEntry } from '../../protocol/entry.ts'
import { KIND } from '../../protocol/kinds.ts'
import { sealAbsence } from '../../protocol/profile.ts'
import {
  caughtUp,
  entryFrame,
  headOf,
  post,
  reopened,
  shown,
  Siege,
  toldBy,
} from '../helpers/hostile.ts'
import { DAY } from '../helpers/seed.ts'
import { type Phone, refused, revoke, sync, syncAll, welcome } from '../helpers/town.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, malte, anna } = siege
const { log } = olga.core.replica.directory
const NOTE = 'Vertretung: Bernd Beispiel'

const seenBy = (by: Phone, of: Phone, now = town.clock.now()) => {
  const said = absenceOf(by.core.replica, of.person, now)
  return said === null ? null : { ...said }
}
const until = (days: number): number => town.clock.now() + days * DAY
const say = (by: Phone, days: number, note = '', of: Phone = by): Promise<void> =>
  by.act((core) => setAbsence(core, { until: until(days), note, person: of.person }))

/** An absence as this phone would sign it now; `sealed` may be somebody else's. */
function entryBy(by: Phone, of: Phone, days: number, sealed?: Uint8Array): Uint8Array {
  const { identity, pair } = by.core.replica
  const word = sealAbsence(identity.dk, of.person, { until: until(days), note: NOTE })
  const fields = { person: of.person, dkVer: identity.dkVer, sealed: sealed ?? word }
  return signEntry(KIND.absence, by.core.context(log), fields, pair.secretKey)
}

test('it is over when its time has come, by the clock of whoever looks', async () => {
  await say(malte, 2, NOTE)
  await sync(olga)
  const end = until(2)
  assert.deepEqual(seenBy(olga, malte), { until: end, note: NOTE })
  assert.deepEqual(seenBy(olga, malte, end - 1), { until: end, note: NOTE })
  assert.equal(seenBy(olga, malte, end), null)
  const row = people(olga.core.replica, end - 1).find((one) => one.name === 'Malte Beispiel')
  assert.deepEqual({ ...row?.away }, { until: end, note: NOTE })
  await malte.act((core) => setAbsence(core, { until: 0, note: '' }))
  await sync(olga)
  assert.equal(seenBy(olga, malte), null)
})

test('a time that no calendar has keeps no list from being shown', async () => {
  await malte.act((core) => setAbsence(core, { until: Number.MAX_SAFE_INTEGER, note: '' }))
  await sync(olga)
  assert.doesNotThrow(() => new Date(seenBy(olga, malte)?.until ?? Number.NaN).toISOString())
})

test('an administrator says it for somebody else, a member does not', async () => {
  await say(olga, 3, NOTE, malte)
  await syncAll(anna, malte)
  assert.equal(seenBy(malte, malte)?.note, NOTE)
  assert.equal(seenBy(anna, malte)?.note, NOTE)
  await assert.rejects(say(malte, 3, NOTE, anna), refused('not_allowed'))
})

test('guests neither say it nor see it, and it is not said of them', async () => {
  const gita = await welcome(town, olga, 'Gita Gast', 'guest')
  await say(malte, 1, NOTE)
  await sync(gita)
  assert.equal(seenBy(gita, malte), null)
  await assert.rejects(say(gita, 1), { code: 'not_allowed', message: /guests hold no key/ })
  await sync(olga)
  await assert.rejects(say(olga, 1, NOTE, gita), refused('not_allowed'))
})

test('it ends with its person', async () => {
  const lea = await welcome(town, olga, 'Lea Leaver')
  await say(lea, 5, NOTE)
  await sync(olga)
  assert.ok(seenBy(olga, lea))
  await revoke(olga, { what: 'person', subject: lea.person, reason: 'left' })
  assert.equal(seenBy(olga, lea), null)
  await assert.rejects(say(olga, 5, NOTE, lea), refused('person_inactive'))
})

test('two devices at once: the one that had not seen the other says it anew', async () => {
  await Promise.all([say(malte, 1, 'first'), say(olga, 1, 'second', malte)])
  await syncAll(olga, malte)
  assert.deepEqual(seenBy(olga, malte), seenBy(malte, malte))
  assert.ok(['first', 'second'].includes(seenBy(olga, malte)?.note ?? ''))
})

test('no box shows an old absence once more, at once or after another one', async () => {
  await sync(malte)
  const old = entryBy(malte, malte, 9)
  await post(malte, old)
  const victim = await siege.victim()
  const n = headOf(victim, log)
  await shown(victim, entryFrame(n + 1, old))
  assert.deepEqual((await toldBy(victim)).codes, ['memb_moved'])
  await malte.act((core) => setAbsence(core, { until: 0, note: '' }))
  const later = await siege.victim()
  await shown(later, entryFrame(headOf(later, log) + 1, old))
  assert.equal(seenBy(later, malte), null)
  assert.equal(seenBy(await reopened(later), malte), null)
})

test('no box gives the absence of one person to another, even where a member helps it', async () => {
  await say(anna, 4, NOTE)
  await sync(malte)
  const hers = malte.core.replica.directory.persons.get(anna.person)?.absence.sealed
  assert.ok(hers !== undefined && hers.length > 0)
  await malte.act((core) => setAbsence(core, { until: 0, note: '' }))
  // Malte signs for himself what was sealed for Anna: an entry that stands, and that opens for nobody.
  await post(malte, entryBy(malte, malte, 4, hers))
  const victim = await siege.victim()
  assert.equal(seenBy(victim, malte), null)
  assert.equal(seenBy(victim, anna)?.note, NOTE)
  assert.equal(people(victim.core.replica).length, people(olga.core.replica).length)
})

test('whoever joins later knows it too', async () => {
  await say(malte, 6, NOTE)
  await sync(olga)
  const nora = await welcome(town, olga, 'Nora Neu')
  await caughtUp(nora)
  assert.equal(seenBy(nora, malte)?.note, NOTE)
})
