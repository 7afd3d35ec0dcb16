// F18: the box is brought back from a backup that is a day old. Every device notices, brings back what it holds, and what
// stands in the end is all that anybody had.
import assert from 'node:assert/strict'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { problemRow, readRow } from '../../client/rows.ts'
import { sayRestored } from '../../client/restored.ts'
import { fromPaper } from '../../protocol/card-text.ts'
import { makeBackup } from '../../provisioning/backup/backup.ts'
import { newBackupKey } from '../../provisioning/backup/page.ts'
import { restoreBackup } from '../../provisioning/backup/restore.ts'
import { orgFile } from '../../server/context.ts'
import { entriesIn, lostOf } from '../helpers/entries.ts'
import {
  add,
  alert,
  answer,
  audience,
  channel,
  crowd,
  HOUR,
  type Phone,
  remove,
  rollCall,
  say,
  startTown,
  syncAll,
  welcome,
} from '../helpers/town.ts'
import { Proof, randomFrom, SEED, sizeOf } from './form.ts'

const HOURS = 24
const PEOPLE = sizeOf('rolledBack')
const proof = new Proof('F18', 'Rollback by restore', 'f18-rollback.test.ts', 1)

const hasAlarm = async ({ core }: Phone): Promise<boolean> => {
  const rows = await core.store.list('problems')
  return rows.some(({ value }) => readRow(problemRow, value).code === 'rolled_back')
}

test('F18: every device notices a backup that is a day old, and nothing of the day is lost', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const names = Array.from({ length: PEOPLE }, (_, i) => `Person ${i}`)
  const people = await crowd(town, olga, names)
  const everybody = await audience(olga, 'Everybody', ...people)
  const teams = [await channel(olga, 'North', ...people), await channel(olga, 'South', ...people)]
  await say(olga, everybody, 'Yesterday.')
  await syncAll(olga, ...people)
  const seed = fromPaper(newBackupKey(town.data), 32)
  const stick = join(town.folder, 'stick')
  mkdirSync(stick)
  const making = {
    data: town.data,
    tls: join(town.data, 'tls'),
    to: stick,
    keep: 3,
    now: town.clock.now(),
  }
  const { file } = await makeBackup({ ...making, progress: () => {} })

  const random = randomFrom(SEED)
  /** The first one leaves in the course of the day. */
  const whoever = (): Phone => people[1 + Math.floor(random() * (PEOPLE - 1))] ?? olga
  for (let hour = 0; hour < HOURS; hour++) {
    town.clock.advance(HOUR)
    for (const team of teams) await say(whoever(), team, `Hour ${hour}`)
    if (hour === 6) people.push(await welcome(town, olga, 'Somebody new'))
    if (hour === 9) await add(olga, teams[0] as (typeof teams)[0], people.at(-1) as Phone)
    if (hour === 15) await remove(olga, teams[1] as (typeof teams)[0], people[0] as Phone)
    if (hour === 15) teams.push(await channel(olga, 'Night', ...people.slice(1)))
    await syncAll(olga, ...people.slice(1))
  }
  const { id } = await alert(olga, everybody, 'Fire in plant 2.')
  await syncAll(...people)
  for (const one of people.slice(0, 5)) await answer(one, id, 'safe')
  await rollCall(olga, id)
  await syncAll(olga, ...people)
  await town.stop()
  const [org] = town.orgs
  assert.ok(org !== undefined)
  const path = join(town.data, orgFile(org.org))
  const held = entriesIn(path)
  rmSync(town.data, { recursive: true })
  const restored = await restoreBackup({ file, seed, data: town.data, progress: () => {} })
  const before = restored.organisations[0]?.entries ?? 0
  assert.ok(before < held.size)

  await town.start()
  // Whoever holds most comes last: each of those who hold more than the box notices by themselves.
  const noticed: boolean[] = []
  for (const phone of [...people.slice(0, -1), olga]) {
    await town.stop()
    rmSync(town.data, { recursive: true })
    await restoreBackup({ file, seed, data: town.data, progress: () => {} })
    await town.start()
    await phone.act(async () => {})
    noticed.push(await hasAlarm(phone))
  }
  assert.deepEqual(
    noticed,
    noticed.map(() => true),
  )
  await syncAll(olga, ...people, olga)
  await olga.act((core) => sayRestored(core))
  await syncAll(olga, ...people)
  assert.deepEqual(lostOf(held, entriesIn(path)), [], `seed ${SEED}`)
  await say(people.at(-1) as Phone, teams[0] as (typeof teams)[0], 'It goes on.')
  t.diagnostic(`seed ${SEED}: ${before} of ${held.size} entries in the backup`)
  proof.held(noticed.length, { hours: HOURS })
})
