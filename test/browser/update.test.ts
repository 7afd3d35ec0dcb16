// A newer version of the app: it waits until somebody asks for it, and disturbs nobody.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { cleanUp } from '../helpers/cleanup.ts'
import type { Page } from 'playwright-core'
import { startTown } from '../helpers/town.ts'
import { builtApp, enrol, installed, invite, openApp, origin } from './app.ts'
import { skip } from './chromium.ts'
import { Hands } from './hands.ts'

const ROOT = join(import.meta.dirname, '../..')
const OLD = 'Nothing new.'
const NEW = 'Nothing new, says version B.'

/** The same app with another sentence in it, built from a copy of the sources. */
function otherBuild(folder: string): string {
  const copy = join(folder, 'sources')
  for (const part of [
    'pwa',
    'client',
    'protocol',
    'server',
    'scripts',
    'package.json',
    'tsconfig.json',
  ])
    cpSync(join(ROOT, part), join(copy, part), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  const english = join(copy, 'pwa/languages/en.json')
  const text = readFileSync(english, 'utf8')
  assert.ok(text.includes(`"${OLD}"`))
  writeFileSync(english, text.replace(`"${OLD}"`, `"${NEW}"`))
  const out = join(folder, 'b')
  execFileSync(process.execPath, [join(copy, 'scripts/build-app.ts'), '--out', out])
  return out
}

async function versions(t: TestContext): Promise<{ app: string; next: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-versions-'))
  cleanUp(t, () => rmSync(folder, { recursive: true, force: true }))
  const app = join(folder, 'app')
  cpSync(await builtApp(), app, { recursive: true })
  const b = otherBuild(folder)
  const next = (): void => {
    rmSync(app, { recursive: true })
    cpSync(b, app, { recursive: true })
  }
  return { app, next }
}

/** As the app does by itself every hour. Resolves when a newer release is kept and waits. */
async function look(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { serviceWorker } = navigator
    const waits = new Promise<void>((resolve) =>
      serviceWorker.addEventListener('message', ({ data }) => {
        if (data === 'waits') resolve()
      }),
    )
    ;(await serviceWorker.ready).active?.postMessage('look')
    await waits
  })
}

describe('a new version', { concurrency: false, skip }, () => {
  test('It waits for a tap, spares alerts and what is being written, and then all windows change over', async (t) => {
    const { app, next } = await versions(t)
    const town = await startTown(t, { app })
    const { page, context } = await openApp(t, town)
    await enrol(page, town.card)
    await invite(page, 'Anna Beispiel')
    await installed(page)
    await page.goto(`${origin(town)}/people`)
    await page.getByRole('link', { name: /Anna Beispiel/ }).click()
    await page.getByRole('button', { name: 'Write' }).click()
    await page.getByRole('textbox', { name: /^Write in/ }).fill('Half a sentence')
    const writing = await context.newPage()
    await writing.goto(`${origin(town)}/people/new`)
    await writing.getByLabel('Name').fill('Bernd Mus')
    next()
    await town.restart()
    await look(page)
    const ready = page.getByText('A new version is ready.')
    // Twice as long as the line takes to look.
    await page.waitForTimeout(2500)
    assert.equal(await ready.count(), 0, 'while something is being written')
    await page.getByRole('link', { name: 'Settings' }).click()
    await ready.waitFor()
    await page.getByRole('button', { name: 'Practise now' }).click()
    await ready.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Later' }).click()
    await ready.waitFor()
    await page.getByRole('link', { name: 'Now' }).click()
    await page.getByText(OLD, { exact: true }).waitFor()
    const hands = await Hands.on({ page, context })
    await hands.enter('button', 'Change over')
    await page.getByText(NEW).waitFor()
    await hands.isOn('heading', 'Now')
    assert.equal(await ready.count(), 0)
    await page.getByRole('link', { name: 'Channels' }).click()
    await page.getByRole('link', { name: /Anna Beispiel/ }).click()
    const field = page.getByRole('textbox', { name: /^Write in/ })
    assert.equal(await field.inputValue(), 'Half a sentence')
    // The other window is left alone for as long as somebody writes in it.
    assert.equal(await writing.getByLabel('Name').inputValue(), 'Bernd Mus')
    await writing.getByLabel('Name').fill('')
    await writing.waitForEvent('load')
    await writing.goto(origin(town))
    await writing.getByText(NEW).waitFor()
  })
})
