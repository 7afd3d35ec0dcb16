// Everybody keeps the whole directory: one person who is no administrator cannot fill it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Core } from '../../client/core.ts'
import { signEntry } from '../../protocol/entry.ts'
import { REASON, REVOKE } from '../../protocol/entry-fields.ts'
import { KIND } from '../../protocol/kinds.ts'
import { seededBytes } from '../helpers/seed.ts'
import { call, catchUp, joinAs, joinWith, startTestBox, type TestBox, TestClock } from './kit.ts'

/** How many of so many absences, one after the other, the box takes from this device. */
async function taken(box: TestBox, by: Core, tries: number): Promise<number> {
  let count = 0
  for (let i = 0; i < tries; i++) {
    const { directory, identity, pair } = by.replica
    const { person, dkVer } = identity
    const fields = { person, dkVer, sealed: seededBytes(`${i}`, 296) }
    const entry = signEntry(KIND.absence, by.context(directory.log), fields, pair.secretKey)
    const items = [{ entry, card: new Uint8Array(0), wraps: [] }]
    const { code } = await call(box, by.signer, 'entries', { items })
    if (code === '') count++
    else assert.equal(code, 'rate_limited')
    await catchUp(by)
  }
  return count
}

test('a member writes thirty entries of the directory, then one a minute; an administrator as many as it takes', async (t) => {
  const clock = new TestClock()
  const box = await startTestBox(t, clock)
  const owner = await joinWith(box, box.card)
  const member = await joinAs(box, owner, 'Milo Member')
  assert.equal(await taken(box, member, 35), 30)
  clock.pass(60_000)
  assert.equal(await taken(box, member, 3), 1)
  assert.equal(await taken(box, owner, 35), 35, 'an administrator imports rosters')
})

test('whoever has used that up still ends a device that was lost', async (t) => {
  const box = await startTestBox(t, new TestClock())
  const owner = await joinWith(box, box.card)
  const member = await joinAs(box, owner, 'Milo Member')
  await taken(box, member, 31)
  const { directory, identity, pair } = member.replica
  const fields = { what: REVOKE.device, subject: identity.device, voidFrom: 0, reason: REASON.lost }
  const entry = signEntry(KIND.revoke, member.context(directory.log), fields, pair.secretKey)
  const items = [{ entry, card: new Uint8Array(0), wraps: [] }]
  assert.equal((await call(box, member.signer, 'entries', { items })).code, '')
})
