// Somebody asks for prekeys without end, as one drained the one-time keys of a messenger until everybody fell
// back to something weaker. Here nothing is used up.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { ProtocolError } from '../../protocol/errors.ts'
import { equal } from '../../protocol/bytes.ts'
import { known, Siege } from '../helpers/hostile.ts'
import { HOUR, read, remove, say, sync, add, invite } from '../helpers/town.ts'
import { attack, thwarted, tries } from './attack.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, olga, anna, malte, team } = siege

/** As many as fit an answer that a phone takes. */
const AT_ONCE = 1000

async function prekeyOf(by: typeof olga): Promise<Uint8Array> {
  const { core } = by
  const { prekeys } = await core.line.call('prekeys', { devices: [anna.device] }, core.signer)
  return prekeys[0]?.slice() ?? assert.fail('the prekey is gone')
}

/** Over HTTP, until the box says that it is enough for this hour. */
async function drainFor(count: number): Promise<number> {
  const devices = Array.from({ length: AT_ONCE }, () => anna.device)
  const { core } = malte
  let given = 0
  while (given < count) {
    try {
      const { prekeys } = await core.line.call('prekeys', { devices }, core.signer)
      given += prekeys.length
      thwarted(prekeys.length < AT_ONCE, 'the prekeys have been used up')
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code !== 'rate_limited') throw error
      return given
    }
  }
  return given
}

attack('P9', 'A hundred thousand questions for prekeys change nothing for anybody', async () => {
  const wanted = tries(100_000, 20_000)
  const before = await prekeyOf(olga)
  const { person: nils } = await invite(olga, 'Nils Beispiel')
  let fetched = 0
  let hours = 0
  let refused = 0
  while (fetched < wanted) {
    // The pauses that the box asks for pass the town's time; an hour is more than they take.
    const given = await drainFor(wanted - fetched)
    fetched += given
    if (fetched < wanted) refused++
    assert.deepEqual(
      await prekeyOf(olga),
      before,
      'others get what they ask for, and it is the same',
    )
    town.clock.advance(HOUR)
    hours++
  }
  await add(olga, team, nils)
  const old = known(olga, team).currentEpoch(0)?.id ?? assert.fail()
  await remove(olga, team, nils)
  const now = known(olga, team).currentEpoch(0)?.id ?? assert.fail()
  assert.ok(!equal(old, now))
  await say(olga, team, 'under new keys')
  await sync(anna)
  thwarted((await read(anna, team)).at(-1) !== 'under new keys', 'Anna got no key')
  const wraps = await anna.store.list('wraps')
  assert.deepEqual(wraps, [], 'and the key was sealed to her newest prekey')
  return { fetched, hours, refused }
})
