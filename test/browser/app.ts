// The app as people use it: built once, served by the real box, in a real Chromium.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { BrowserContext, Locator, Page } from 'playwright-core'
import { cleanUp } from '../helpers/cleanup.ts'
import { buildApp } from '../../scripts/build-app.ts'
import { invite as inviteOn, type Phone, startTown, sync, type Town } from '../helpers/town.ts'
import { profileFolder, startChromium } from './chromium.ts'

/** Far more than anything takes; it only bounds a failure. Milliseconds. */
const PATIENCE = 30_000
const REPORTS = join(import.meta.dirname, '../../reports/browser')
let built: Promise<string> | null = null
let kept = 0

/** The folder of the app, built for this process. */
export function builtApp(): Promise<string> {
  built ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-app-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    await buildApp(join(folder, 'app'))
    return join(folder, 'app')
  })()
  return built
}

export async function startAppTown(t: TestContext): Promise<Town> {
  return startTown(t, { app: await builtApp() })
}

/** What a browser complains about: faults, refused content, what the policies forbid. */
export type Complaints = string[]

/** A browser of its own for somebody, with the app open in it. Complaints of any of its pages fail the test. */
export async function openApp(
  t: TestContext,
  town: Pick<Town, 'url'>,
  context?: BrowserContext,
): Promise<{ page: Page; context: BrowserContext }> {
  const browser = context ?? (await startChromium(t, profileFolder(t), (one) => keepTrace(t, one)))
  const complaints: Complaints = []
  if (context === undefined) {
    browser.setDefaultTimeout(PATIENCE)
    browser.on('page', (page) => listen(page, complaints))
    browser.on('weberror', (error) => complaints.push(String(error.error())))
    await browser.tracing.start({ snapshots: true, screenshots: true })
    cleanUp(t, () => assert.deepEqual(complaints, []))
  }
  const page = await browser.newPage()
  await page.goto(origin(town))
  return { page, context: browser }
}

/** Of a failure: what was on the screen, step by step (npx playwright-core show-trace FILE). */
async function keepTrace(t: TestContext, browser: BrowserContext): Promise<void> {
  if (t.passed) return
  const name = `${t.name.replaceAll(/\W+/g, '-').slice(0, 60)}-${(kept += 1)}`
  await browser.tracing.stop({ path: join(REPORTS, `${name}.zip`) })
  for (const [i, page] of browser.pages().entries())
    await page.screenshot({ path: join(REPORTS, `${name}-page-${i}.png`) })
  process.stderr.write(`what was on the screens: ${join(REPORTS, name)}*\n`)
}

/** By name: passkeys and service workers want a host, and 127.0.0.1 is none. */
export const origin = (town: Pick<Town, 'url'>): string =>
  town.url.replace('127.0.0.1', 'localhost')

function listen(page: Page, complaints: Complaints): void {
  page.on('pageerror', (error) => complaints.push(`${error}`))
  page.on('console', (message) => {
    if (message.type() !== 'error' || /ERR_(?:CONNECTION|INTERNET)/.test(message.text())) return
    // What is no page, as an icon alone, cannot say where its icon is: Chromium asks for the one of old.
    if (!message.location().url.endsWith('/favicon.ico')) complaints.push(message.text())
  })
}

/** With the card typed in, through the first steps; without a passphrase, without a lock. */
export async function enrol(page: Page, card: string, passphrase = ''): Promise<void> {
  await page.getByRole('button', { name: 'Use it in this browser' }).click()
  await page.getByLabel('Or type the card').fill(card)
  await page.getByRole('button', { name: 'Join', exact: true }).click()
  await guard(page, passphrase)
  const paper = page.getByRole('checkbox', { name: 'It is on paper' })
  const privacy = page.getByRole('heading', { name: 'You are in' })
  await paper.or(privacy).waitFor()
  if (await paper.isVisible()) {
    await paper.check()
    await page.getByRole('button', { name: 'Next' }).click()
  }
  await privacy.waitFor()
  await page.getByRole('button', { name: 'Next' }).click()
  await page.getByRole('button', { name: 'Later' }).click()
  await page.getByRole('heading', { name: 'Now' }).waitFor()
}

/** Anna has the app; Olga, the first owner, a phone without a screen. */
export async function annaWithApp(t: TestContext): Promise<{
  town: Town
  page: Page
  olga: Phone
  anna: Awaited<ReturnType<typeof inviteOn>>
}> {
  const town = await startAppTown(t)
  const olga = await town.owner()
  const anna = await inviteOn(olga, 'Anna Beispiel')
  const { page } = await openApp(t, town)
  await enrol(page, anna.card)
  await sync(olga)
  return { town, page, olga, anna }
}

/** What guards the device of somebody who is about to join. */
export async function guard(page: Page, passphrase = ''): Promise<void> {
  if (passphrase === '') {
    await page.getByLabel('Protected only by your phone').check()
    await page.getByRole('button', { name: 'Go on without a lock' }).click()
    return
  }
  await page.getByRole('radio', { name: 'Passphrase' }).check()
  await page.getByLabel('Passphrase', { exact: true }).fill(passphrase)
  await page.getByLabel('Once more').fill(passphrase)
  await page.getByRole('button', { name: 'Set the passphrase' }).click()
}

/** Somebody new, invited on the screen; returns the card as it stands there. */
export async function invite(page: Page, name: string, role = 'member'): Promise<string> {
  await page.goto(new URL(`/people/new?role=${role}`, page.url()).href)
  await page.getByLabel('Name').fill(name)
  await page.getByRole('button', { name: 'Make the card' }).click()
  const card = (await page.locator('.paper-secret').textContent()) ?? ''
  await page.getByRole('button', { name: 'It is on paper' }).click()
  return card
}

/** In the conversation that is open. */
export async function send(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: /^Write in/ }).fill(text)
  await page.getByRole('button', { name: 'Send', exact: true }).click()
}

/** A message of the conversation that is open. */
export const said = (page: Page, text: string): Locator =>
  page.locator('.message-text', { hasText: text })

/** The service worker has every file: the app opens without the box from now on. */
export async function installed(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready
    if (active === null || active.state === 'activated') return
    await new Promise((resolve) => active.addEventListener('statechange', resolve, { once: true }))
  })
}
