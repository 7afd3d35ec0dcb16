// Damage that SQLite itself calls something else, or has no account of: the operator is told of damage.
import assert from 'node:assert/strict'
import { openSync, writeSync, closeSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import { orgFile } from '../../server/context.ts'
import { openWriter } from '../../server/store/database.ts'
import { refused } from '../helpers/seed.ts'
import { foundIn, joinWith, serveData, startTestBox, tempFolder } from './kit.ts'

/** Places in SQLite's own header. */
const WRITE_VERSION = 18
const SCHEMA_FORMAT = 44
const USER_VERSION = 60

function overwrite(path: string, at: number, ...bytes: number[]): void {
  const file = openSync(path, 'r+')
  writeSync(file, Uint8Array.from(bytes), 0, bytes.length, at)
  closeSync(file)
}

async function organisation(t: Parameters<typeof tempFolder>[0]) {
  const data = join(tempFolder(t), 'box')
  const { org } = await foundIn(data)
  return { data, path: join(data, orgFile(org)) }
}

test('a version below zero', async (t) => {
  const { path } = await organisation(t)
  overwrite(path, USER_VERSION, 0xff, 0xff, 0xff, 0xff)
  refused('database_damaged', () => openWriter(path, true))
})

test('a version that says that there are no tables yet', async (t) => {
  const { path } = await organisation(t)
  overwrite(path, USER_VERSION, 0, 0, 0, 0)
  refused('database_damaged', () => openWriter(path))
})

test('a form of the schema that no SQLite has', async (t) => {
  const { path } = await organisation(t)
  overwrite(path, SCHEMA_FORMAT, 0, 0, 0, 77)
  refused('database_damaged', () => openWriter(path, true))
})

test('a way of writing that this SQLite does not know: not only at the first write', async (t) => {
  const { path } = await organisation(t)
  overwrite(path, WRITE_VERSION, 77)
  refused('database_damaged', () => openWriter(path, true))
})

test('an entry that decodes to another one', async (t) => {
  const box = await startTestBox(t)
  await joinWith(box, box.card)
  await box.stop()
  const db = new Database(join(box.data, orgFile(box.org)))
  // The entry of the first device in the place of the one that founds.
  db.exec('UPDATE entries SET header = (SELECT header FROM entries WHERE n = 2) WHERE n = 1')
  db.close()
  await assert.rejects(serveData(box.data), { name: 'ProtocolError', code: 'database_damaged' })
})
