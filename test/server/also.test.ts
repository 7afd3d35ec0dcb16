// A box that gets a new name answers to the old one as long as people need to change over.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from '../../server/config.ts'
import { startBox } from '../../server/box.ts'
import { refused } from '../helpers/seed.ts'
import { cleanUp } from '../helpers/cleanup.ts'
import { tempFolder } from './kit.ts'

const OLD = 'https://old.musterstadt.example'
const NEW = 'https://crisis.musterstadt.example:8443'

test('devices may name it by the addresses of before', async (t) => {
  const data = tempFolder(t)
  const flags = { data, origin: NEW, also: `${OLD},https://older.example`, listen: '127.0.0.1:0' }
  const box = await startBox({ ...readConfig(flags, {}), logLevel: 'silent' })
  cleanUp(t, () => box.stop())
  for (const host of [
    'old.musterstadt.example',
    'older.example',
    'crisis.musterstadt.example:8443',
  ])
    assert.ok(box.context.hosts.has(host), host)
  assert.ok(!box.context.hosts.has('other.example'))
  assert.equal(box.url, NEW)
})

test('an address with a path is none', () => {
  refused('usage', () => readConfig({ also: `${OLD}/x` }, {}))
})
