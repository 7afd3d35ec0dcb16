// Whoever holds the release finds a box that hands out something else, to everybody or to phones alone.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { brotliCompressSync } from 'node:zlib'
import { writeManifest } from '../../scripts/release/release-files.ts'
import { holdfast, json, one, ORG, OWNER, refusal, serve, tempFolder } from '../helpers/cli.ts'
import { HandingOut } from '../helpers/handing-out.ts'

/** A release as small as one can be, without signatures. */
function release(t: TestContext, text = 'the app'): string {
  const folder = tempFolder(t)
  mkdirSync(join(folder, 'app'))
  const files = {
    'index.html': `<title>${text}</title>`,
    'app-ABCDEFGH.js': 'run()',
    'sw.js': 'guard()',
  }
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, 'app', name), content)
    writeFileSync(join(folder, 'app', `${name}.br`), brotliCompressSync(content))
  }
  const names = Object.keys(files).flatMap((name) => [`app/${name}`, `app/${name}.br`])
  writeManifest(folder, '1.0.0', names, null)
  return folder
}

test('a box that hands out the release is found to do so', async (t) => {
  const folder = release(t)
  const data = join(tempFolder(t), 'box')
  await one(['init', '--data', data, '--org', ORG, '--owner', OWNER])
  const box = await serve(t, data, { more: ['--app', join(folder, 'app')] })
  const found = await one(['verify', box.url, '--release', folder])
  assert.equal(found['version'], '1.0.0')
  assert.match(String(found['manifest']), /^[0-9a-f]{64}$/)
  refusal(
    await holdfast(['verify', box.url, '--release', release(t, 'other')]),
    1,
    /another release/,
  )
  refusal(await holdfast(['verify', box.url]), 1, /release keys/)
})

describe('a box that hands out something else', () => {
  const phone = /iPhone/
  const CASES: [what: string, swap: HandingOut['swap'], said: RegExp][] = [
    ['another page', (path) => (path === '/' ? '<title>evil</title>' : null), /^\/ for a desktop/m],
    [
      'another page at one place of the app',
      (path) => (path === '/alerts' ? '<title>evil</title>' : null),
      /^\/alerts for/m,
    ],
    [
      'another script, to iPhones alone',
      (path, { headers }) =>
        path === '/app-ABCDEFGH.js' && phone.test(headers['user-agent'] ?? '') ? 'bad()' : null,
      /^\/app-ABCDEFGH\.js for an iPhone: its content is another$/m,
    ],
    [
      'a longer script',
      (path) => (path === '/app-ABCDEFGH.js' ? 'run();'.repeat(1000) : null),
      /it is longer/,
    ],
    [
      'another guard, to browsers that ask for one',
      (path, { headers }) =>
        path === '/sw.js' && headers['service-worker'] === 'script' ? 'evil1()' : null,
      /^\/sw\.js for an iPhone/m,
    ],
    ['another guard', (path) => (path === '/sw.js' ? 'evil1()' : null), /^\/sw\.js for/m],
  ]
  for (const [what, swap, said] of CASES)
    test(what, async (t) => {
      const folder = release(t)
      const box = new HandingOut(folder)
      const url = await box.listen(t)
      assert.equal((await json(['verify', url, '--release', folder])).length, 1)
      box.swap = swap
      const outcome = await holdfast(['verify', url, '--release', folder])
      refusal(outcome, 1, /not the release/)
      assert.match(outcome.out, said)
    })

  test('nothing at all', async (t) => {
    const folder = release(t)
    const box = new HandingOut(folder)
    const url = await box.listen(t)
    box.swap = () => ''
    refusal(await holdfast(['verify', url, '--release', folder]), 1, /another release/)
    refusal(await holdfast(['verify', 'http://127.0.0.1:9', '--release', folder]), 1, /reached/)
    refusal(await holdfast(['verify', 'crisis']), 2, /--origin|address/)
  })
})
