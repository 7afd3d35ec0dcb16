// What the second administrator is shown before signing: everything that a proposal would do, in the order in which
// it would, and only what its first signer has signed.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { approve, changePerson } from '../../client/people.ts'
import { readProposal } from '../../client/proposals.ts'
import { profileOf } from '../../client/views.ts'
import { fromBase64Url, toBase64Url } from '../../protocol/bytes.ts'
import { ROLE } from '../../protocol/kinds.ts'
import { Siege } from '../helpers/hostile.ts'
import { flipped } from '../helpers/seed.ts'
import { invite, type Phone, refused, revoke, sync, syncAll, welcome } from '../helpers/town.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, malte } = siege
const berta = await welcome(town, olga, 'Berta Zweite', 'owner')
await syncAll(olga, berta)

const read = (phone: Phone, text: string) =>
  readProposal(phone.core, text).map(({ by, ...one }) => ({ ...one, by: by.toHex() }))
const by = olga.person.toHex()

/** What a proposal of Olga's says. */
async function proposed(work: () => Promise<string | null>): Promise<string> {
  const text = await work()
  await sync(berta)
  return text ?? assert.fail('nothing to sign')
}

test('Somebody new, with the card that comes along', async () => {
  const text = await proposed(async () => (await invite(olga, 'Nina Neu', 'admin')).proposal)
  assert.deepEqual(read(berta, text), [
    { act: 'person', name: 'Nina Neu', role: ROLE.admin, fresh: true, by },
    { act: 'card', name: 'Nina Neu', by },
  ])
})

test('Another role, by the name that it brings', async () => {
  const profile = { ...profileOf(olga.core.replica, malte.person), name: 'Malte Neumann' }
  const text = await proposed(() =>
    olga.act((core) => changePerson(core, malte.person, ROLE.admin, profile)),
  )
  assert.deepEqual(read(berta, text), [
    { act: 'person', name: 'Malte Neumann', role: ROLE.admin, fresh: false, by },
  ])
})

test('Another card for somebody, whose name the directory has', async () => {
  const text = await proposed(async () => (await invite(olga, berta.person)).proposal)
  assert.deepEqual(read(berta, text), [{ act: 'card', name: 'Berta Zweite', by }])
})

test('Somebody who is removed', async () => {
  const text = await proposed(
    async () => (await revoke(olga, { what: 'person', subject: berta.person })).proposal,
  )
  assert.deepEqual(read(berta, text), [{ act: 'revoke', what: 'person', name: 'Berta Zweite', by }])
})

test('A device, where what it did is to count no more', async () => {
  const device = await proposed(
    async () =>
      (await revoke(olga, { what: 'device', subject: berta.device, voidFrom: 3 })).proposal,
  )
  assert.deepEqual(read(berta, device), [
    { act: 'revoke', what: 'device', name: 'Berta Zweite', by },
  ])
})

test('A further device of somebody else', async () => {
  const tablet = await town.enrol((await invite(berta, berta.person)).card)
  await sync(olga)
  const text = await proposed(() => olga.act((core) => approve(core, tablet.device)))
  assert.deepEqual(read(berta, text), [{ act: 'approve', name: 'Berta Zweite', by }])
})

test('Nothing that its signer has not signed, and nothing that is no proposal', async () => {
  const text = await proposed(async () => (await invite(olga, 'Nina Neu', 'admin')).proposal)
  const bytes = fromBase64Url(text)
  for (const at of [40, 80, 200]) {
    const altered = toBase64Url(flipped(bytes, at))
    assert.throws(() => readProposal(berta.core, altered), /signature|malformed|not there|wrong/i)
  }
  assert.throws(() => readProposal(berta.core, text.slice(0, -40)), refused('malformed'))
  assert.throws(() => readProposal(berta.core, 'no text of ours'), refused('malformed'))
})
