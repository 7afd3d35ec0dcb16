// F20: an older version on the data of a newer one. It refuses and leaves everything as it is; the newer
// one then goes on as if nothing had happened.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import { holdfast, refusal, serve, tempFolder } from '../helpers/cli.ts'
import { orgFile } from '../../server/context.ts'
import { SqliteStore } from '../../client/node/sqlite-store.ts'
import { assertSound, confirmedBy, stage } from '../server/traffic.ts'
import { Proof } from './form.ts'
import { later, NEWER } from './upgrade.ts'

const proof = new Proof('F20', 'Downgrades refuse cleanly', 'f20-downgrade.test.ts', 2)

/** Every file with a hash of its bytes. */
function contentsOf(folder: string): string[] {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true })
  const paths = all.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
  return paths.toSorted().map((path) => {
    const hash = createHash('sha256').update(readFileSync(path)).digest('hex')
    return `${relative(folder, path)} ${hash}`
  })
}

/** As it stands in the header of the file, without opening the database. */
const versionOf = (path: string): number => readFileSync(path).readUInt32BE(60)

test('F20: an older box refuses the data of a newer one and leaves it as it is', async (t) => {
  const { box, data, org, talkers, held } = await stage(t)
  const talk = (on: typeof box, more: number): Promise<unknown> => {
    const before = confirmedBy(talkers)
    const enough = (): boolean => confirmedBy(talkers) >= before + more
    return Promise.all(talkers.map((talker) => talker.talk(on, enough)))
  }
  await talk(box, 20)
  await box.end('SIGTERM')
  const newer = await serve(t, data, { port: box.port, env: later() })
  await talk(newer, 20)
  await newer.end('SIGTERM')
  assert.equal(versionOf(join(data, orgFile(org))), NEWER)

  const before = contentsOf(data)
  const older = await holdfast(['serve', '--data', data, '--listen', '127.0.0.1:0'])
  refusal(older, 1, /written by a newer Holdfast/, /Start the newer version/)
  assert.deepEqual(contentsOf(data), before)

  const again = await serve(t, data, { port: box.port, env: later() })
  await talk(again, 20)
  await again.end('SIGTERM')
  assertSound(held(), talkers)
  proof.held(1)
})

test('F20: an older device refuses the state of a newer one and leaves it as it is', async (t) => {
  const folder = join(tempFolder(t), 'device')
  await new SqliteStore(folder).close()
  const db = new Database(join(folder, 'device.db'))
  db.pragma('user_version = 99')
  db.close()
  const before = contentsOf(folder)
  refusal(await holdfast(['whoami', '--state', folder]), 1, /written by a newer Holdfast/)
  assert.deepEqual(contentsOf(folder), before)
  proof.held(1)
})
