// A private authority as somebody meets it: a page says that this device does not trust the box, how to change that,
// and then that it does.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { going, one, ORG, OWNER, tempFolder } from '../helpers/cli.ts'
import { freePort } from '../helpers/proxy.ts'
import { builtApp } from './app.ts'
import { skip } from './chromium.ts'
import { browserOf, trust } from './trusting.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
type Axe = { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
declare const axe: Axe

async function startBox(t: TestContext) {
  const folder = tempFolder(t)
  const data = join(folder, 'box')
  await one(['init', '--data', data, '--org', ORG, '--owner', OWNER])
  const [port, guide] = [await freePort(), await freePort()]
  const where = ['--data', data, '--listen', `127.0.0.1:${port}`, '--app', await builtApp()]
  const own = ['--private-ca', 'localhost', '--trust-listen', `127.0.0.1:${guide}`]
  const box = going(t, ['serve', ...where, ...own])
  await Promise.race([new Promise((resolve) => box.child.stdout.once('data', resolve)), box.gone])
  return { folder, authority: join(data, 'tls/authority.crt'), guide: `http://localhost:${guide}/` }
}

async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const { violations } = await page.evaluate(() => axe.run())
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
}

test(
  'the page says that this device does not trust the box, and after the steps that it does; then the app opens',
  { skip },
  async (t) => {
    const { folder, authority, guide } = await startBox(t)
    const home = join(folder, 'home')
    const before = await browserOf(t, home)
    const page = await before.newPage()
    await page.goto(guide)
    await page.getByText('This device does not trust it yet').waitFor()
    assert.equal(await page.getByText('This device trusts the crisis line.').isVisible(), false)
    assert.deepEqual(await barriers(page), [])
    const wide = await page.evaluate(() => document.documentElement.scrollWidth)
    assert.ok(wide <= 390, `${wide} px wide`)
    await before.close()

    trust(home, authority)
    const after = await browserOf(t, home)
    const again = await after.newPage()
    await again.goto(guide)
    await again.getByText('This device trusts the crisis line.').waitFor()
    await again.getByRole('link', { name: 'Open the crisis line' }).click()
    await again.waitForURL(/^https:\/\/localhost:\d+\//)
    await again.getByRole('heading').first().waitFor()
    const ready = await again.evaluate(async () => {
      await navigator.serviceWorker.ready
      return isSecureContext
    })
    assert.ok(ready, 'and it is an app that can be installed')
  },
)
