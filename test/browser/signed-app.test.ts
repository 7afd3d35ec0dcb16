// The app that a browser has once installed runs nothing but what those who may release have signed, whatever the
// box hands out.
import assert from 'node:assert/strict'
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { SignPair } from '../../protocol/sodium.ts'
import { buildApp } from '../../scripts/build-app.ts'
import { writeManifest } from '../../scripts/release/release-files.ts'
import { HandingOut } from '../helpers/handing-out.ts'
import { MAKERS, RELEASE_KEYS, sign, STRANGER } from '../helpers/releases.ts'
import { profileFolder, skip, startChromium } from './chromium.ts'

let shelf = ''
before(async () => {
  shelf = mkdtempSync(join(tmpdir(), 'holdfast-signed-'))
  await buildApp(join(shelf, 'app'), { version: '1.0.0', keys: RELEASE_KEYS })
})
after(() => rmSync(shelf, { recursive: true, force: true }))

/** The same app with another number on its page, signed by whom the test says. */
function edition(version: string, signers: readonly SignPair[], name = version): string {
  const folder = join(shelf, name)
  mkdirSync(folder, { recursive: true })
  cpSync(join(shelf, 'app'), join(folder, 'app'), { recursive: true })
  const page = join(folder, 'app/index.html')
  writeFileSync(page, readFileSync(page, 'utf8').replace('content="1.0.0"', `content="${version}"`))
  appendFileSync(join(folder, 'app/unsupported.js'), `// ${version}\n`)
  writeManifest(
    folder,
    version,
    readdirSync(join(folder, 'app')).map((one) => `app/${one}`),
    null,
  )
  sign(folder, signers)
  return folder
}

/** What is on the screen when it is opened anew. */
async function opened(page: Page, url: string): Promise<string> {
  await page.goto(url)
  return page.evaluate(
    () => document.querySelector<HTMLMetaElement>('meta[name="holdfast-release"]')?.content ?? '',
  )
}

/** As the app does every hour. Resolves when the guard has looked, with how many releases it keeps. */
const look = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready
    const channel = new MessageChannel()
    const looked = new Promise((resolve) => channel.port1.addEventListener('message', resolve))
    channel.port1.start()
    active?.postMessage('look', [channel.port2])
    await looked
    return (await caches.keys()).filter((name) => name.startsWith('app '))
  })

/** Keeps what the box has, looks again that many hours later, and returns when the page has been told. */
const waitedFor = (page: Page, hours: number): Promise<void> =>
  page.evaluate(async (past) => {
    const { serviceWorker } = navigator
    const looked = (): Promise<void> =>
      new Promise((resolve) => {
        const channel = new MessageChannel()
        channel.port1.addEventListener('message', () => resolve())
        channel.port1.start()
        void serviceWorker.ready.then(({ active }) => active?.postMessage('look', [channel.port2]))
      })
    await looked()
    const pointers = await caches.open('release')
    const name = (await (await pointers.match('/next'))?.text()) ?? ''
    const headers = { since: String(Date.now() - past * 3_600_000) }
    await pointers.put('/next', new Response(name, { headers }))
    await looked()
  }, hours)

/** Of its manifest. */
const hashIn = (cache: string): string => cache.split(' ')[1] ?? ''

const PAIR = MAKERS.slice(0, 2)

describe('an installed app', { concurrency: false, skip }, () => {
  test('takes what two of three have signed, newer and whole, and nothing else', async (t) => {
    const box = new HandingOut(edition('1.0.0', PAIR, 'first'))
    const url = await box.listen(t)
    const browser = await startChromium(t, profileFolder(t))
    const page = await browser.newPage()
    await page.goto(url)
    assert.equal((await look(page)).length, 1)
    const kept = await page.goto(url)
    assert.match((await kept?.headerValue('permissions-policy')) ?? '', /geolocation=\(\)/)

    const whole = edition('1.1.0', PAIR)
    const hostile: [what: string, folder: string, swap: typeof box.swap][] = [
      ['signed by nobody', edition('1.1.0', [], 'nobody'), () => null],
      ['signed by one and a stranger', edition('1.1.0', [MAKERS[0], STRANGER], 'one'), () => null],
      ['an older one', edition('0.9.0', PAIR), () => null],
      [
        'a file that is not what was signed',
        whole,
        (path) => (path.endsWith('unsupported.js') ? 'alert("hello")' : null),
      ],
      ['a page that is not what was signed', whole, (path) => (path === '/' ? '<h1>Hello' : null)],
      ['no manifest', whole, (path) => (path.startsWith('/release/') ? '' : null)],
    ]
    for (const [what, folder, swap] of hostile) {
      box.folder = folder
      box.swap = swap
      assert.equal((await look(page)).length, 1, what)
      assert.equal(await opened(page, url), '1.0.0', what)
      assert.equal(await opened(page, `${url}/alerts`), '1.0.0', what)
    }

    box.folder = whole
    box.swap = () => null
    assert.equal((await look(page)).length, 2)
    assert.equal(await opened(page, url), '1.0.0', 'it waits while a window is open')
    const [fresh] = await Promise.all([
      browser.waitForEvent('page'),
      page.evaluate(() => open('about:blank')),
    ])
    await page.close()
    await fresh.goto(url)
    assert.equal(await opened(fresh, url), '1.1.0')
    box.folder = edition('1.0.0', PAIR, 'again')
    assert.equal((await look(fresh)).length, 1)
    assert.equal(await opened(fresh, url), '1.1.0', 'it never goes back')
  })

  test('takes what has waited for a day, also where its window is never closed', async (t) => {
    const box = new HandingOut(edition('1.0.0', PAIR, 'for days'))
    const url = await box.listen(t)
    const page = await (await startChromium(t, profileFolder(t))).newPage()
    await page.goto(url)
    await look(page)
    box.folder = edition('1.1.0', PAIR, 'next day')
    await waitedFor(page, 23)
    assert.equal(await opened(page, url), '1.0.0')
    await waitedFor(page, 25)
    assert.equal(await opened(page, url), '1.1.0')
  })

  test('neither goes back with what waits, nor waits longer or keeps more because another one comes', async (t) => {
    const box = new HandingOut(edition('1.0.0', PAIR, 'many'))
    const url = await box.listen(t)
    const page = await (await startChromium(t, profileFolder(t))).newPage()
    await page.goto(url)
    await look(page)
    const next = (): Promise<string | null> =>
      page.evaluate(async () => {
        const kept = await (await caches.open('release')).match('/next')
        return kept?.headers.get('since') ?? null
      })
    box.folder = edition('1.3.0', PAIR)
    const [, waits = ''] = await look(page)
    const since = await next()
    box.folder = edition('1.2.0', PAIR)
    assert.ok((await look(page)).includes(waits), 'what waits stays')
    box.folder = edition('1.4.0', PAIR)
    const kept = await look(page)
    assert.equal(kept.length, 2)
    assert.ok(!kept.includes(waits))
    assert.equal(await next(), since)
  })

  test('ends what a box sends without an end', async (t) => {
    const box = new HandingOut(edition('1.0.0', PAIR, 'bounded'))
    const url = await box.listen(t)
    const page = await (await startChromium(t, profileFolder(t))).newPage()
    await page.goto(url)
    await look(page)
    box.folder = edition('1.1.0', PAIR, 'without end')
    for (const path of ['/release/manifest', '/release/signatures', '/unsupported.js']) {
      box.endless = path
      assert.equal((await look(page)).length, 1, path)
    }
    box.endless = ''
    assert.equal((await look(page)).length, 2)
  })

  test('shows no page of the box at any address, and takes no word of it about what a file is', async (t) => {
    const box = new HandingOut(edition('1.0.0', PAIR, 'addresses'))
    const url = await box.listen(t)
    const page = await (await startChromium(t, profileFolder(t))).newPage()
    await page.goto(url)
    await look(page)
    box.swap = (path) => (path.startsWith('/release/') ? null : '<title>evil</title>')
    for (const place of ['/v1/x', '/release/x', '/v1/trusted', '/any.html', '/sw.js'])
      assert.equal(await opened(page, url + place), '1.0.0', place)
    const other = await page.context().newPage()
    await other.setContent(`<form method="post" action="${url}/v1/x"><button>go</button></form>`)
    await Promise.all([other.waitForURL(`${url}/**`), other.getByRole('button').click()])
    assert.notEqual(await other.title(), 'evil')
  })

  test('is not harmed by a window that opens while a newer release is fetched', async (t) => {
    const box = new HandingOut(edition('1.0.0', PAIR, 'slow'))
    const url = await box.listen(t)
    const browser = await startChromium(t, profileFolder(t))
    const page = await browser.newPage()
    await page.goto(url)
    await look(page)
    box.folder = edition('1.1.0', PAIR, 'slow newer')
    box.delay = (path) => (path === '/unsupported.js' ? 3000 : 0)
    await page.evaluate(async () =>
      (await navigator.serviceWorker.ready).active?.postMessage('look'),
    )
    await page.goto('about:blank')
    for (let i = 0; i < 3; i += 1) {
      assert.match(await opened(page, url), /^1\.[01]\.0$/)
      await page.goto('about:blank')
      await page.waitForTimeout(1500)
    }
    await page.goto(url)
    await look(page)
    box.swap = (path) => (path.startsWith('/release/') ? null : '<title>evil</title>')
    await page.goto('about:blank')
    assert.equal(await opened(page, url), '1.1.0')
  })

  test('that a browser has thrown away is kept again', async (t) => {
    const box = new HandingOut(edition('1.0.0', PAIR, 'thrown'))
    const url = await box.listen(t)
    const page = await (await startChromium(t, profileFolder(t))).newPage()
    await page.goto(url)
    const [name = ''] = await look(page)
    await page.evaluate((cache) => caches.delete(cache), name)
    const again = await look(page)
    assert.deepEqual([...new Set(again.map(hashIn))], [hashIn(name)])
    box.swap = () => '<title>evil</title>'
    assert.equal(await opened(page, url), '1.0.0')
  })

  test('stops where another guard comes that nobody has signed', async (t) => {
    const box = new HandingOut(edition('1.0.0', PAIR, 'guarded'))
    const url = await box.listen(t)
    const page = await (await startChromium(t, profileFolder(t))).newPage()
    await page.goto(url)
    await look(page)
    const update = (): Promise<void> =>
      page.evaluate(async () => {
        const registration = await navigator.serviceWorker.ready
        const found = new Promise((resolve) =>
          registration.addEventListener('updatefound', resolve, { once: true }),
        )
        await registration.update()
        await found
        while (registration.installing !== null) await new Promise((done) => setTimeout(done, 50))
      })
    const guard = readFileSync(join(shelf, 'app/sw.js'), 'utf8')
    const signed = edition('1.1.0', PAIR, 'other guard')
    writeFileSync(join(signed, 'app/sw.js'), `${guard}// signed`)
    writeManifest(
      signed,
      '1.1.0',
      readdirSync(join(signed, 'app')).map((one) => `app/${one}`),
      null,
    )
    sign(signed, PAIR)
    box.folder = signed
    await update()
    assert.equal(await page.getByText('nobody has signed it').count(), 0)
    box.swap = (path) => (path === '/sw.js' ? `${guard}// hostile` : null)
    await update()
    await page.getByText('nobody has signed it').waitFor()
    assert.equal(await page.getByRole('button').count(), 0)
  })

  test('of a release for trying out takes what the box hands out', async (t) => {
    const folder = join(shelf, 'trying')
    await buildApp(join(folder, 'app'))
    writeManifest(
      folder,
      '0.1.0',
      readdirSync(join(folder, 'app')).map((one) => `app/${one}`),
      null,
    )
    const box = new HandingOut(folder)
    const url = await box.listen(t)
    const page = await (await startChromium(t, profileFolder(t))).newPage()
    await page.goto(url)
    assert.equal((await look(page)).length, 1)
  })
})
