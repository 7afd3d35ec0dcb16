// What can be wrong with a browser, a device or a card: each has its sentence, and its way on.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import { cleanUp } from '../helpers/cleanup.ts'
import { HOUR } from '../helpers/town.ts'
import type { Town } from '../helpers/town.ts'
import { builtApp, enrol, invite, openApp, origin, said, send, startAppTown } from './app.ts'
import { profileFolder, skip, startChromium } from './chromium.ts'

/** What the box says of a script, as far as a worker wants it. */
const SCRIPT = {
  'Content-Type': 'text/javascript',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** A page that has thrown nothing by the end of the test; what its browser refuses may be written to its console. */
async function quietPage(t: TestContext, context: BrowserContext): Promise<Page> {
  const thrown: string[] = []
  context.on('page', (page) => page.on('pageerror', (error) => thrown.push(String(error))))
  cleanUp(t, () => assert.deepEqual(thrown, []))
  return context.newPage()
}

const start = (page: Page): Promise<void> =>
  page.getByRole('button', { name: 'Use it in this browser' }).click()

/** In each of the three languages, and nothing of the app. */
async function saysPlainly(page: Page, texts: string[]): Promise<void> {
  for (const text of texts) await page.getByText(text).waitFor()
  assert.equal(await page.locator('#app > :not(.unsupported)').count(), 0)
  assert.deepEqual(
    await page
      .locator('.unsupported p')
      .evaluateAll((all) => all.map((one) => one.getAttribute('lang'))),
    ['en', 'de', 'fr'],
  )
}

/** A browser whose settings forbid addresses to store anything. */
async function storingNothing(t: TestContext): Promise<BrowserContext> {
  const profile = profileFolder(t)
  mkdirSync(join(profile, 'Default'), { recursive: true })
  const settings = { profile: { default_content_setting_values: { cookies: 2 } } }
  writeFileSync(join(profile, 'Default/Preferences'), JSON.stringify(settings))
  return startChromium(t, profile)
}

/** Bytes; the app needs a few of them. Chromium asks for it once in a while only: before the origin has stored anything. */
const QUOTA = 24 * 1024 * 1024

async function limitStorage(page: Page, town: Town): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const limit = { origin: origin(town), quotaSize: QUOTA }
  await session.send('Storage.overrideQuotaForOrigin', limit)
}

/** Fills what is left of the storage, down to the last bytes, as other pages of the origin could. */
const fill = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const opening = indexedDB.open('filler', 1)
    opening.onupgradeneeded = () =>
      opening.result.createObjectStore('rows', { autoIncrement: true })
    const db = await new Promise<IDBDatabase>((done) => {
      opening.onsuccess = () => done(opening.result)
    })
    const store = (bytes: number): Promise<boolean> =>
      new Promise((done) => {
        const tx = db.transaction('rows', 'readwrite', { durability: 'strict' })
        tx.objectStore('rows').put(crypto.getRandomValues(new Uint8Array(bytes)))
        tx.addEventListener('complete', () => done(true))
        tx.addEventListener('abort', () => done(false))
      })
    for (let bytes = 65_536; bytes >= 64; bytes /= 4) while (await store(bytes));
    db.close()
  })

const makeRoom = (page: Page): Promise<void> =>
  page.evaluate(
    () =>
      new Promise<void>((done) => {
        indexedDB.deleteDatabase('filler').onsuccess = () => done()
      }),
  )

describe('what can be wrong', { concurrency: false, skip }, () => {
  test('A browser that stores nothing', async (t) => {
    const town = await startAppTown(t)
    const page = await quietPage(t, await storingNothing(t))
    await page.goto(origin(town))
    await saysPlainly(page, [
      'This browser lets Holdfast store nothing',
      'Dieser Browser lässt Holdfast nichts speichern',
      'Ce navigateur ne laisse rien enregistrer',
    ])
  })

  test('A browser that refuses the database alone', async (t) => {
    const town = await startAppTown(t)
    const context = await startChromium(t)
    context.setDefaultTimeout(15_000)
    const app = await builtApp()
    await context.route(/engine-\w+\.js$/, async (route) => {
      const refusing = `indexedDB.open = () => { throw new DOMException('no', 'SecurityError') };`
      const script = readFileSync(join(app, new URL(route.request().url()).pathname), 'utf8')
      await route.fulfill({ headers: SCRIPT, body: refusing + script })
    })
    const page = await quietPage(t, context)
    await page.goto(origin(town))
    await page.getByRole('heading', { name: 'This device has stopped' }).waitFor()
    await page.getByText('This browser lets the app store nothing.').waitFor()
    await page.getByRole('button', { name: 'Try again' }).waitFor()
  })

  for (const [lacking, script] of [
    ['WebAssembly', 'delete globalThis.WebAssembly'],
    ['locks', "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })"],
    ['the newest of its language', 'delete Uint8Array.fromHex'],
  ] as const)
    test(`A browser without ${lacking}`, async (t) => {
      const town = await startAppTown(t)
      const context = await startChromium(t)
      context.setDefaultTimeout(15_000)
      await context.addInitScript(script)
      const page = await quietPage(t, context)
      await page.goto(origin(town))
      await saysPlainly(page, [
        'This browser cannot run Holdfast',
        'Dieser Browser kann Holdfast nicht ausführen',
        'Ce navigateur ne peut pas exécuter Holdfast',
      ])
    })

  test('A full device keeps the message where it was written, and sends it when there is room', async (t) => {
    const town = await startAppTown(t)
    const { page } = await openApp(t, town)
    await limitStorage(page, town)
    await enrol(page, town.card)
    await invite(page, 'Anna Beispiel')
    await page.goto(`${origin(town)}/people`)
    await page.getByRole('link', { name: /Anna Beispiel/ }).click()
    await page.getByRole('button', { name: 'Write' }).click()
    await send(page, 'Before.')
    await page.getByText('On the box').waitFor()
    await fill(page)
    await send(page, 'The disk is full.')
    await page.getByText('The storage of this device is full.').waitFor()
    const field = page.getByRole('textbox', { name: /^Write in/ })
    assert.equal(await field.inputValue(), 'The disk is full.')
    assert.equal(await said(page, 'The disk is full.').count(), 0)
    await makeRoom(page)
    await page.getByRole('button', { name: 'Send' }).click()
    await said(page, 'The disk is full.').waitFor()
    await page.getByText('The storage of this device is full.').waitFor({ state: 'detached' })
    assert.equal(await field.inputValue(), '')
  })

  test('A clock that is wrong is named on the first screen, with how much', async (t) => {
    const town = await startAppTown(t)
    const { page } = await openApp(t, town)
    await enrol(page, town.card)
    await page.getByRole('heading', { name: 'Wants attention' }).waitFor()
    assert.equal(await page.getByText('The clock of this device').count(), 0)
    town.clock.advance(2 * HOUR)
    await page.reload()
    await page.getByText('The clock of this device is 120 minutes off.').waitFor()
  })

  test('A camera that is not allowed, and one that is not there', async (t) => {
    const town = await startAppTown(t)
    for (const [more, sentence] of [
      [
        ['--use-fake-device-for-media-stream', '--deny-permission-prompts'],
        'The camera is not allowed.',
      ],
      [['--use-fake-ui-for-media-stream'], 'No camera can be used here.'],
    ] as const) {
      const context = await startChromium(t, profileFolder(t), undefined, [...more])
      context.setDefaultTimeout(15_000)
      const page = await quietPage(t, context)
      await page.goto(origin(town))
      await start(page)
      await page.getByRole('button', { name: 'Scan the card' }).click()
      await page.getByText(sentence).waitFor()
      await page.getByRole('button', { name: 'Close the camera' }).click()
      await page.getByLabel('Or type the card').waitFor()
    }
  })

  test('Notifications that are refused, and the way to allow them', async (t) => {
    const town = await startAppTown(t)
    const more = ['--deny-permission-prompts']
    const context = await startChromium(t, profileFolder(t), undefined, more)
    context.setDefaultTimeout(15_000)
    const page = await quietPage(t, context)
    await page.goto(origin(town))
    await enrol(page, town.card)
    await page.getByText('While the app is closed, alerts do not ring on this device.').waitFor()
    await page.goto(`${origin(town)}/settings`)
    const enable = page.getByRole('button', { name: 'Allow and test' })
    const blocked = page.getByText('Notifications are blocked for this address.')
    await enable.or(blocked).first().waitFor()
    if (await enable.isVisible()) await enable.click()
    await blocked.or(page.getByText('Notifications were not allowed.')).first().waitFor()
  })

  test('A card that was used, and one of another kind', async (t) => {
    const town = await startAppTown(t)
    await town.owner()
    const { page } = await openApp(t, town)
    await start(page)
    await page.getByLabel('Or type the card').fill(town.card)
    await page.getByRole('button', { name: 'Join', exact: true }).click()
    await page.getByText('This card was used already.').waitFor()
    await page.getByLabel('Or type the card').fill('0000-0000-0000-0000-0000-0000-0000')
    await page.getByRole('button', { name: 'Join', exact: true }).click()
    await page.getByText('A character of the card is wrong or missing.').waitFor()
  })
})
