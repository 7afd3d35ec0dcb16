// F7: a disk turns bits over. What stands in the logs is never read wrong without a word: the look over everything
// that serve takes each hour finds it, or the bit meant nothing. What is damaged is put aside, and the devices bring it back.
import assert from 'node:assert/strict'
import { copyFileSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import Database from 'better-sqlite3'
import { sayRestored } from '../../client/restored.ts'
import { mend, type Mended } from '../../provisioning/operate/mend.ts'
import { orgFile } from '../../server/context.ts'
import { scrubAll } from '../../server/store/scrub.ts'
import { entriesIn, lostOf, written } from '../helpers/entries.ts'
import { refused } from '../helpers/seed.ts'
import {
  alert,
  answer,
  audience,
  channel,
  queue,
  rollCall,
  say,
  startTown,
  sync,
  syncAll,
  welcome,
} from '../helpers/town.ts'
import { Proof, randomFrom, SEED, sizeOf } from './form.ts'

const PAGES = 500
const MESSAGES = 1800
/** What devices sign or open by keys that the box does not have: what changed there, they refuse. */
const JUDGED_BY_DEVICES = ['prekeys', 'wraps', 'receipts', 'parcels', 'checkpoints']
/** Of the box's own: a number that is wrong refuses, and never lets in. */
const OWN = ['seqs', 'cards', 'files', 'file_parts', 'subscriptions', 'sqlite_sequence']

type Content = Map<string, string>

/** Every row of every table; null: SQLite itself says that it cannot be read. */
function contentOf(path: string): Content | null {
  try {
    const db = new Database(path, { readonly: true })
    try {
      const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all()
      return new Map(
        tables.map((name) => {
          const rows = db
            .prepare(`SELECT * FROM "${String(name)}"`)
            .raw()
            .all() as unknown[][]
          const text = rows.map((row) => row.map(written).join(' ')).toSorted()
          return [String(name), text.join('\n')]
        }),
      )
    } finally {
      db.close()
    }
  } catch {
    return null
  }
}

/** One bit of one page, chosen by its number alone. */
function flip(from: string, to: string, page: number, pages: number): void {
  const bytes = readFileSync(from)
  const size = bytes.length / pages
  const at = page * size + ((page * 2_654_435_761) % size)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (page % 8))
  writeFileSync(to, bytes)
}

describe('F7: bits that turn over on the disk', () => {
  const proof = new Proof('F7', 'DB corruption', 'f07-bit-flips.test.ts', 2)

  test('are found, or mean nothing; no entry is read wrong without a word', async (t) => {
    const town = await startTown(t)
    const olga = await town.owner()
    const team = await channel(olga, 'Crisis team', await welcome(town, olga, 'Anna Beispiel'))
    for (let i = 0; i < MESSAGES; i++)
      await queue(olga, team, `Message ${i} ${'x'.repeat(i % 700)}`)
    await sync(olga)
    await town.stop()
    const [org] = town.orgs
    assert.ok(org !== undefined)
    const path = join(town.data, orgFile(org.org))
    const pages = statSync(path).size / 4096
    assert.ok(pages >= PAGES, `${pages} pages`)
    const known = contentOf(path)
    assert.ok(known !== null)
    const copy = join(town.folder, 'copy.db')
    const seen = { found: 0, nothing: 0, devices: 0, own: 0 }
    for (let i = 0; i < PAGES; i++) {
      const page = Math.floor((i * pages) / PAGES)
      for (const end of ['', '-wal', '-shm']) rmSync(copy + end, { force: true })
      flip(path, copy, page, pages)
      const damage = await scrubAll(copy, false).then(
        (scrubbed) => scrubbed.damage.length > 0,
        () => true,
      )
      if (damage) {
        seen.found += 1
        continue
      }
      const now = contentOf(copy)
      assert.ok(now !== null, `page ${page} cannot be read, and nobody says so`)
      const changed = [...known].filter(([name, rows]) => now.get(name) !== rows).map(([n]) => n)
      if (changed.length === 0) seen.nothing += 1
      else if (changed.every((name) => JUDGED_BY_DEVICES.includes(name))) seen.devices += 1
      else if (changed.every((name) => [...JUDGED_BY_DEVICES, ...OWN].includes(name))) seen.own += 1
      else assert.fail(`page ${page}: ${changed.join(', ')} read otherwise, and nobody says so`)
    }
    copyFileSync(path, copy)
    assert.deepEqual((await scrubAll(copy, false)).damage, [], 'the disk as it was')
    t.diagnostic(`${PAGES} flips: ${JSON.stringify(seen)}`)
    assert.ok(seen.found > PAGES / 2)
    proof.held(PAGES)
  })

  test('what is damaged is put aside, and the devices bring back all that was lost', async (t) => {
    const town = await startTown(t)
    const olga = await town.owner()
    const anna = await welcome(town, olga, 'Anna Beispiel')
    const team = await channel(olga, 'Crisis team', anna)
    const all = await audience(olga, 'Everybody', anna)
    const { id } = await alert(olga, all, 'Fire in plant 2.')
    await answer(anna, id, 'safe')
    for (let i = 0; i < 300; i++) await queue(olga, team, `Message ${i} ${'x'.repeat(i % 700)}`)
    await syncAll(olga, anna)
    await rollCall(olga, id)
    const [org] = town.orgs
    assert.ok(org !== undefined)
    const path = join(town.data, orgFile(org.org))
    const random = randomFrom(SEED)
    const seen = { mended: 0, hopeless: 0 }
    while (seen.mended < sizeOf('mends')) {
      await town.stop()
      const known = entriesIn(path)
      const good = `${path}.good`
      copyFileSync(path, good)
      const pages = statSync(path).size / 4096
      flip(good, path, 1 + Math.floor(random() * (pages - 1)), pages)
      const mended: Mended[] = []
      let hopeless = false
      await mend(town.data, Date.now(), (one) => mended.push(one)).catch((error: unknown) => {
        hopeless = true
        refused('database_damaged', () => {
          throw error
        })
      })
      if (mended.every(({ logs }) => logs === null)) {
        // Nothing was found, or too little of it can be read: that is what a backup is for.
        seen.hopeless += Number(hopeless)
        for (const end of ['-wal', '-shm']) rmSync(path + end, { force: true })
        renameSync(good, path)
        await town.start()
        continue
      }
      rmSync(good)
      seen.mended += 1
      await town.start()
      await syncAll(olga, anna)
      await olga.act((core) => sayRestored(core))
      await syncAll(olga, anna)
      const lost = lostOf(known, entriesIn(path))
      assert.deepEqual(lost, [], `seed ${SEED}, mend ${seen.mended}`)
      await say(anna, team, `After mend ${seen.mended}`)
    }
    t.diagnostic(`seed ${SEED}: ${JSON.stringify(seen)}`)
    proof.held(seen.mended)
  })
})
