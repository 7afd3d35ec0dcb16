// What a browser is told about the files of the app, and about everything else that the box answers.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { cleanUp } from '../helpers/cleanup.ts'
import { foundIn, rawRequest, type Reply, serveData, tempFolder } from './kit.ts'

const SCRIPT = 'parent.postMessage("shown", "*")'
const STYLE = 'body { margin: 0 }'
const FILES: Record<string, string> = {
  'index.html': '<!doctype html><title>Holdfast</title>',
  'app-0A1B2C3D.js': 'export {}',
  'pdf-0A1B2C3D.html': `<style>${STYLE}</style><script>${SCRIPT}</script>`,
}

async function boxWithApp(t: TestContext) {
  const folder = tempFolder(t)
  const app = join(folder, 'app')
  mkdirSync(app)
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(app, name), text)
  await foundIn(folder)
  const box = await serveData(folder, {}, { app })
  cleanUp(t, () => box.stop())
  const port = Number(new URL(box.url).port)
  return (path: string, headers: Record<string, string> = {}): Promise<Reply> =>
    rawRequest({ port, path, method: 'GET', headers })
}

/** A policy by the names of its directives. */
function policyOf({ headers }: Reply): Record<string, string> {
  const directives = String(headers['content-security-policy']).split('; ')
  return Object.fromEntries(
    directives.map((one) => [one.split(' ')[0], one.split(' ').slice(1).join(' ')]),
  )
}

const hashOf = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`

describe('what a browser is told', () => {
  test('every answer forbids what the app does not need: pages, files, refusals, and what it has already', async (t) => {
    const get = await boxWithApp(t)
    const script = await get('/app-0A1B2C3D.js')
    const known = { 'If-None-Match': String(script.headers['etag']) }
    const answers = [
      await get('/', { Accept: 'text/html' }),
      await get('/channels/of/the/app', { Accept: 'text/html' }),
      script,
      await get('/app-0A1B2C3D.js', known),
      await get('/nowhere.js'),
      await get('/v1/nothing'),
    ]
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 304, 404, 404],
    )
    for (const answer of answers) {
      const policy = policyOf(answer)
      assert.equal(policy['default-src'], "'none'")
      assert.equal(policy['script-src'], "'self' 'wasm-unsafe-eval'")
      assert.equal(policy['style-src'], "'self'")
      assert.equal(policy['frame-ancestors'], "'none'")
      assert.equal(policy['require-trusted-types-for'], "'script'")
      const { headers } = answer
      assert.equal(headers['cross-origin-opener-policy'], 'same-origin')
      assert.equal(headers['cross-origin-embedder-policy'], 'require-corp')
      assert.equal(headers['cross-origin-resource-policy'], 'same-origin')
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.equal(headers['referrer-policy'], 'no-referrer')
      assert.match(String(headers['permissions-policy']), /camera=\(self\).*geolocation=\(\)/)
    }
  })

  test('the page that shows what others have sent has no origin, no network, and no script but its own', async (t) => {
    const get = await boxWithApp(t)
    const page = await get('/pdf-0A1B2C3D.html')
    const policy = policyOf(page)
    assert.equal(policy['sandbox'], 'allow-scripts')
    assert.equal(policy['default-src'], "'none'")
    assert.equal(policy['connect-src'], undefined)
    assert.equal(policy['script-src'], `${hashOf(SCRIPT)} 'wasm-unsafe-eval'`)
    assert.equal(policy['style-src'], hashOf(STYLE))
    assert.equal(policy['frame-ancestors'], "'self'")
    const again = { 'If-None-Match': String(page.headers['etag']) }
    assert.deepEqual(policyOf(await get('/pdf-0A1B2C3D.html', again)), policy)
  })

  test('what carries its hash in its name is kept for good; the page is asked for each time', async (t) => {
    const get = await boxWithApp(t)
    for (const name of ['app-0A1B2C3D.js', 'pdf-0A1B2C3D.html'])
      assert.match(String((await get(`/${name}`)).headers['cache-control']), /immutable/)
    assert.equal((await get('/')).headers['cache-control'], 'no-cache')
    assert.equal((await get('/v1/nothing')).headers['cache-control'], 'no-store')
  })
})
