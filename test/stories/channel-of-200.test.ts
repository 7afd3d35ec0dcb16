// A channel of two hundred people, each with a phone of their own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogId } from '../../protocol/ids.ts'
import {
  channel,
  crowd,
  type Phone,
  problems,
  read,
  remove,
  say,
  startTown,
  sync,
} from '../helpers/town.ts'

const PEOPLE = 200
const AT_ONCE = 20

/** How many of the phones show exactly these texts after a sync. */
async function reading(phones: Phone[], from: LogId, texts: string[]): Promise<number> {
  let count = 0
  for (let at = 0; at < phones.length; at += AT_ONCE) {
    const shown = await Promise.all(
      phones.slice(at, at + AT_ONCE).map(async (phone) => {
        await sync(phone)
        return read(phone, from)
      }),
    )
    count += shown.filter((one) => JSON.stringify(one) === JSON.stringify(texts)).length
  }
  return count
}

test('Two hundred people read each other; one is removed, and 199 read on', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const names = Array.from({ length: PEOPLE - 1 }, (_, i) => `Person ${i} Beispiel`)
  const others = await crowd(town, olga, names)
  const everybody = [olga, ...others]
  const team = await channel(olga, 'Everybody', ...others)

  const texts = ['from the owner', 'from the middle', 'from the end']
  const senders = [olga, others[99], others[198]] as [Phone, Phone, Phone]
  for (const [i, sender] of senders.entries()) await say(sender, team, texts[i] ?? '')
  assert.equal(await reading(everybody, team, texts), PEOPLE)

  const [leo, ...staying] = others as [Phone, ...Phone[]]
  await remove(olga, team, leo)
  await say(olga, team, 'without Leo')
  assert.equal(await reading([olga, ...staying], team, [...texts, 'without Leo']), PEOPLE - 1)
  assert.equal(await reading([leo], team, texts), 1)
  const epoch = olga.core.replica.channels.get(team)?.currentEpoch(0)
  assert.ok(epoch)
  assert.equal(leo.core.replica.keys.has(epoch.id), false)
  const faults = await Promise.all(everybody.map(problems))
  assert.deepEqual(faults.flat(), [])
})
