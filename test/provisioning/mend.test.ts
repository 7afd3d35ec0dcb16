// Damage of every kind, and what a mended box and its phones make of it: it starts, says so, and loses nothing that
// somebody still has.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import Database from 'better-sqlite3'
import { sayRestored } from '../../client/restored.ts'
import { mend, type Mended } from '../../provisioning/operate/mend.ts'
import { orgFile } from '../../server/context.ts'
import { restoredFile } from '../../server/restoring.ts'
import { scrubAll } from '../../server/store/scrub.ts'
import { entriesIn, lostOf } from '../helpers/entries.ts'
import {
  add,
  alert,
  answer,
  audience,
  channel,
  type Phone,
  remove,
  rollCall,
  say,
  startTown,
  syncAll,
  type Town,
  welcome,
} from '../helpers/town.ts'

const pathOf = ({ data, orgs: [org] }: Town): string => {
  assert.ok(org !== undefined)
  return join(data, orgFile(org.org))
}

function found<T>(path: string, sql: string, ...values: unknown[]): T {
  const db = new Database(path)
  try {
    db.pragma('wal_checkpoint(TRUNCATE)')
    return db
      .prepare(sql)
      .pluck()
      .get(...values) as T
  } finally {
    db.close()
  }
}

/** One bit of the byte that stands so far behind the first place where these bytes stand. */
function turn(path: string, bytes: Uint8Array, behind: number, bit: number): void {
  const all = readFileSync(path)
  const at = all.indexOf(bytes)
  assert.ok(at > 0)
  all[at + behind] = (all[at + behind] ?? 0) ^ bit
  writeFileSync(path, all)
}

const LOG = 'SELECT id FROM logs WHERE kind = ? ORDER BY rowid LIMIT 1'

/** In the row of entry n, what it says to be its place: as it lies on the disk, the id follows (migrations.ts). */
function moveEntry(path: string, log: Uint8Array, n: number, bit: number): void {
  const kind = found<number>(path, 'SELECT kind FROM entries WHERE log = ? AND n = ?', log, n)
  const id = found<Uint8Array>(path, 'SELECT id FROM entries WHERE log = ? AND n = ?', log, n)
  turn(path, Buffer.concat([log, Uint8Array.of(n, kind), id]), log.length, bit)
}

const wordsOf = (path: string, log: Uint8Array, n: number): Uint8Array =>
  found<Uint8Array>(path, 'SELECT payload FROM entries WHERE log = ? AND n = ?', log, n).subarray(
    0,
    60,
  )

async function mended(town: Town): Promise<Mended[]> {
  const all: Mended[] = []
  await mend(town.data, Date.now(), (one) => all.push(one))
  return all
}

/** The box starts, the phones come by, administrators confirm it, and whoever wants to writes. */
async function goesOn(town: Town, owner: Phone, ...others: Phone[]): Promise<void> {
  await town.start()
  await syncAll(owner, ...others, owner)
  await owner.act((core) => sayRestored(core))
  await syncAll(owner, ...others, owner)
}

async function people(t: TestContext) {
  const town = await startTown(t)
  const olga = await town.owner()
  const anna = await welcome(town, olga, 'Anna Beispiel')
  const team = await channel(olga, 'Crisis team', anna)
  for (let i = 0; i < 12; i++) await say(olga, team, `Message ${i}`)
  const bernd = await welcome(town, olga, 'Bernd Beispiel')
  const everybody = await audience(olga, 'Everybody', anna, bernd)
  const fire = await alert(olga, everybody, 'Fire in plant 2.')
  await answer(anna, fire.id, 'safe')
  await syncAll(olga, anna, bernd)
  await rollCall(olga, fire.id)
  await syncAll(olga, anna, bernd)
  return { town, olga, anna, bernd, team, everybody, fire, path: pathOf(town) }
}

for (const kind of ['directory', 'channel'])
  test(`an entry of the ${kind} that says to stand elsewhere is not taken for another one`, async (t) => {
    const { town, olga, anna, bernd, team, path } = await people(t)
    await town.stop()
    const held = entriesIn(path)
    const log = found<Uint8Array>(path, LOG, kind)
    moveEntry(path, log, 7, 2)
    assert.equal((await mended(town)).length, 1)
    assert.deepEqual((await scrubAll(path)).damage, [])
    await goesOn(town, olga, anna, bernd)
    assert.deepEqual(lostOf(held, entriesIn(path)), [])
    await say(anna, team, 'It goes on.')
  })

test('an alert that cannot be placed takes its answers along, and both come back', async (t) => {
  const { town, olga, anna, bernd, everybody, fire, path } = await people(t)
  await town.stop()
  const held = entriesIn(path)
  moveEntry(path, everybody, fire.n, 64)
  await mended(town)
  await goesOn(town, olga, anna, bernd)
  assert.deepEqual(lostOf(held, entriesIn(path)), [])
  await answer(bernd, fire.id, 'need help')
  const answers = new Set((await rollCall(olga, fire.id)).map((row) => row.answer))
  assert.ok(answers.has('need help') && answers.has('safe'))
})

test('where those who know the beginning have left, all stays but the words that are damaged', async (t) => {
  const town = await startTown(t)
  const olga = await town.owner()
  const anna = await welcome(town, olga, 'Anna Beispiel')
  const bernd = await welcome(town, olga, 'Bernd Beispiel')
  const team = await channel(anna, 'Crisis team', olga)
  for (let i = 0; i < 6; i++) await say(anna, team, `Message ${i}`)
  await add(anna, team, bernd)
  await remove(anna, team, olga)
  await say(bernd, team, 'Anna and I.')
  await syncAll(olga, anna, bernd)
  await town.stop()
  const path = pathOf(town)
  const held = entriesIn(path)
  turn(path, wordsOf(path, team, 4), 9, 4)
  const [one] = await mended(town)
  assert.ok(one?.logs?.every(({ kept, of }) => kept === of))
  assert.equal(
    one?.logs?.reduce((sum, { wordless }) => sum + wordless, 0),
    1,
  )
  assert.ok(!existsSync(join(town.data, restoredFile(town.orgs[0]?.org as never))))
  await town.start()
  await say(bernd, team, 'It goes on.')
  await syncAll(olga, anna, bernd)
  assert.deepEqual(lostOf(held, entriesIn(path)), [`${team.toHex()} 4`])
})

test('a snapshot of the directory that the disk has changed is found, passed over, and goes', async (t) => {
  const { town, olga, team, path } = await people(t)
  await town.stop()
  const db = new Database(path)
  const n = 3
  const entry = db.prepare('SELECT header FROM entries WHERE log = ? AND n = ?').pluck()
  const header = entry.get(found<Uint8Array>(path, LOG, 'directory'), n)
  const put = 'INSERT INTO checkpoints (n, signer, entry, snapshot) VALUES (?, ?, ?, ?)'
  db.prepare(put).run(n, olga.device, header, new Uint8Array(500))
  db.close()
  await town.start()
  await say(olga, team, 'The log is there.')
  await town.stop()
  const { damage } = await scrubAll(path)
  assert.deepEqual(
    damage.map(({ place }) => place),
    [`checkpoint ${n}`],
  )
  assert.equal((await mended(town)).length, 1)
  assert.deepEqual((await scrubAll(path)).damage, [])
  await town.start()
  await say(olga, team, 'Nobody had to confirm anything.')
})

test('one organisation that cannot be mended keeps no other one from it', async (t) => {
  const town = await startTown(t, {
    orgs: [
      ['Stadtwerke Musterstadt', 'Olga Beispiel'],
      ['Kreis Musterland', 'Karl Beispiel'],
    ],
  })
  const olga = await town.owner()
  const team = await channel(olga, 'Crisis team')
  for (let i = 0; i < 4; i++) await say(olga, team, `Message ${i}`)
  await town.stop()
  const [first, second] = town.orgs.map(({ org }) => join(town.data, orgFile(org)))
  assert.ok(first !== undefined && second !== undefined)
  turn(first, wordsOf(first, team, 4), 9, 4)
  const bytes = readFileSync(second)
  writeFileSync(second, bytes.fill(0x55, 0, 8192))
  const told: Mended[] = []
  await assert.rejects(
    mend(town.data, Date.now(), (one) => told.push(one)),
    { code: 'database_damaged', detail: new RegExp(second.split('/').at(-1) ?? '') },
  )
  assert.equal(told.length, 1)
  assert.deepEqual((await scrubAll(first)).damage, [])
  assert.deepEqual(readFileSync(second), bytes)
})
