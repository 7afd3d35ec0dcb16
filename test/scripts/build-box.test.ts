// What is built has to work where there is nothing but Node: no packages, no sources.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { going, json, one, ORG, OWNER } from '../helpers/cli.ts'

const SCRIPT = join(import.meta.dirname, '../../scripts/build-box.ts')

function emptyFolder(t: TestContext): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-build-')))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

function build(...args: string[]): { status: number | null; stdout: string } {
  return spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' })
}

test('a box and a device that were built serve, join, seal and read', async (t) => {
  const folder = emptyFolder(t)
  const out = join(folder, 'holdfast')
  const main = join(out, 'main.js')
  assert.deepEqual(build('--out', out).stdout, `${main}\n`)
  assert.deepEqual(readdirSync(folder), ['holdfast'], 'nothing half made is left')
  const here = { main, cwd: folder }
  const { card } = await one(['init', '--data', 'box', '--org', ORG, '--owner', OWNER], here)
  const box = going(t, ['serve', '--data', 'box', '--listen', '127.0.0.1:0', '--log', 'warn'], here)
  await Promise.race([new Promise((resolve) => box.child.stdout.once('data', resolve)), box.gone])
  const url = String(box.lines()[0]?.['listening'])
  await json(['join', String(card), '--box', url, '--state', 'olga'], here)
  await json(['channel', 'create', 'Crisis team', '--state', 'olga'], here)
  await json(['send', 'Crisis team', 'We meet at seven.', '--state', 'olga'], here)
  assert.equal(box.said(), `Data: ${join(folder, 'box')}\n`)
})

test('building again replaces what was built', (t) => {
  const out = join(emptyFolder(t), 'out')
  assert.equal(build('--out', out).status, 0)
  const before = readdirSync(out)
  assert.equal(build('--out', out).status, 0)
  assert.deepEqual(readdirSync(out), before)
})

test('--help says where it goes', () => {
  assert.match(build('--help').stdout, /--out DIR/)
})
