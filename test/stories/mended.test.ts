// "Damaged database" of RUNBOOK.md, typed as it stands there: nobody has a backup, and nothing is lost.
import assert from 'node:assert/strict'
import { chmodSync, chownSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import { entriesIn, lostOf } from '../helpers/entries.ts'
import { holdfast, json, newcomer, one, refusal, serve, type Town, town } from '../helpers/cli.ts'

const isRoot = process.getuid?.() === 0
/** A user of its own, as the service has. */
const STRANGER = 61_234

const databaseOf = ({ data }: Town): string => {
  const name = readdirSync(data).find((one) => /^org-[0-9a-f]+\.db$/.test(one))
  return join(data, String(name))
}

/** In the sealed bytes of one entry of the longest log, as a failing disk does it. */
function turnOneBit(path: string): void {
  const db = new Database(path, { readonly: true })
  const payload = db
    .prepare(
      'SELECT payload FROM entries WHERE payload IS NOT NULL ORDER BY rowid DESC LIMIT 1 OFFSET 2',
    )
    .pluck()
    .get() as Uint8Array
  db.close()
  const bytes = readFileSync(path)
  const at = bytes.indexOf(payload.subarray(0, 64))
  assert.ok(at > 0)
  bytes[at + 9] = (bytes[at + 9] ?? 0) ^ 4
  writeFileSync(path, bytes)
}

test('Damaged database: what is whole stays, the phones bring back the rest, and then it goes on', async (t) => {
  const there = await town(t)
  const { data, owner, box } = there
  const anna = await newcomer(there, 'Anna Beispiel')
  await one(['channel', 'create', 'Crisis team', 'Anna Beispiel', '--state', owner])
  for (let i = 0; i < 8; i++) await one(['send', 'Crisis team', `Message ${i}`, '--state', owner])
  await json(['sync', '--state', anna.state])
  refusal(await holdfast(['mend', '--data', data]), 1, /Another Holdfast process/)
  await box.end('SIGTERM')
  assert.deepEqual(await json(['mend', '--data', data]), [], 'nothing is damaged')

  const path = databaseOf(there)
  const held = entriesIn(path)
  turnOneBit(path)
  chmodSync(there.folder, 0o711)
  const everything = readdirSync(data, { recursive: true, encoding: 'utf8' })
  if (isRoot) for (const one of ['', ...everything]) chownSync(join(data, one), STRANGER, STRANGER)
  refusal(await holdfast(['scrub', '--data', data]), 1, /damaged/i)
  const damaged = readFileSync(path)
  const mended = await one(['mend', '--data', data])
  const [channel] = (mended['logs'] as { kind: string; kept: number; of: number }[]).filter(
    ({ kept, of }) => kept < of,
  )
  assert.ok(channel !== undefined && channel.kind === 'channel' && channel.kept > 0)
  const aside = readdirSync(String(mended['aside'])).find((name) => name.endsWith('.db'))
  assert.deepEqual(readFileSync(join(String(mended['aside']), String(aside))), damaged)
  if (isRoot) assert.equal(statSync(path).uid, STRANGER, 'the box can read it')
  await json(['scrub', '--data', data])
  assert.deepEqual(await json(['mend', '--data', data]), [], 'mended once')

  await serve(t, data, { port: box.port })
  const found = await json(['sync', '--state', owner])
  assert.ok(found.some(({ code }) => code === 'rolled_back'))
  await json(['restored', '--state', owner])
  await one(['send', 'Crisis team', 'It goes on.', '--state', owner])
  const heard = await json(['sync', '--state', anna.state])
  assert.ok(heard.some(({ text }) => text === 'It goes on.'))
  assert.deepEqual(lostOf(held, entriesIn(path)), [])
})

test('Damaged database: where too little can be read, nothing is changed, and a backup is asked for', async (t) => {
  const there = await town(t)
  await there.box.end('SIGTERM')
  const path = databaseOf(there)
  const bytes = readFileSync(path)
  bytes.fill(0x55, 0, 4096)
  writeFileSync(path, bytes)
  refusal(await holdfast(['mend', '--data', there.data]), 1, /damaged/i, /restore/)
  assert.deepEqual(readFileSync(path), bytes)
})

test('Damaged database: a file of which a part is damaged goes, lies aside, and nobody has to confirm anything', async (t) => {
  const there = await town(t)
  const { data, owner, folder } = there
  await newcomer(there, 'Anna Beispiel')
  await one(['channel', 'create', 'Crisis team', 'Anna Beispiel', '--state', owner])
  const plan = join(folder, 'plan.txt')
  writeFileSync(plan, 'north gate '.repeat(500))
  await one(['send', 'Crisis team', 'The plan', '--file', plan, '--state', owner])
  await there.box.end('SIGTERM')
  const kept = `${databaseOf(there)}.files`
  const [name = ''] = readdirSync(kept)
  const bytes = readFileSync(join(kept, name))
  bytes[99] = (bytes[99] ?? 0) ^ 4
  writeFileSync(join(kept, name), bytes)
  const mended = await one(['mend', '--data', data])
  assert.deepEqual([mended['logs'], mended['files']], [null, 1])
  const aside = readdirSync(String(mended['aside']), { recursive: true, encoding: 'utf8' })
  assert.ok(aside.some((path) => path.endsWith(`.files/${name}`)))
  await json(['scrub', '--data', data])
  await serve(t, data, { port: there.box.port })
  await one(['send', 'Crisis team', 'Once more', '--file', plan, '--state', owner])
})
