// The store of the browser, in a real Chromium: the suite of all stores, and what only tabs can do.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { before, describe, test, type TestContext } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import { type Cleaner, cleanUp, suiteCleaner } from '../helpers/cleanup.ts'
import { STORE_CASES } from '../helpers/store-contract.ts'
import { bundle, openPage, killChromium, profileFolder, skip, startChromium } from './chromium.ts'
import type { StorePage } from './pages/store.ts'

declare const page: StorePage

/** Nothing has been stored there. */
async function freshOrigin(t: Cleaner): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp(t, () => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('IdbStore', { concurrency: false, skip }, () => {
  const cleaner = suiteCleaner()
  let context: BrowserContext
  let script = ''
  let origin = ''
  let tab: Page

  before(async () => {
    origin = await freshOrigin(cleaner)
    script = await bundle('store')
    context = await startChromium(cleaner)
    tab = await openPage(context, origin, script)
  })

  const another = async (t: TestContext): Promise<Page> => {
    const opened = await openPage(context, origin, script)
    cleanUp(t, () => opened.close())
    return opened
  }

  for (const [at, { name }] of STORE_CASES.entries())
    test(name, async () => {
      await tab.evaluate((i) => page.runCase(i), at)
    })

  test('two tabs work one after the other, and each sees what the other wrote', async (t) => {
    const tabs = [await another(t), await another(t)]
    await Promise.all(tabs.map((one) => one.evaluate(() => page.hold('shared'))))
    const rounds = Array.from({ length: 10 }, () => tabs).flat()
    await Promise.all(rounds.map((one) => one.evaluate(() => page.addOne())))
    assert.equal(await tab.evaluate(() => page.read('shared')), 20)
    const [one] = tabs as [Page]
    const known = await one.evaluate(() => page.foreign())
    await tab.evaluate(() => page.write('shared', 7))
    assert.equal(await one.evaluate(() => page.foreign()), known + 1)
    assert.equal(await one.evaluate(() => page.foreign()), known + 1)
  })

  test('a tab that dies while it works does not keep the others out', async (t) => {
    const [dying, living] = [await another(t), await another(t)]
    await dying.evaluate(() => page.hold('died'))
    await dying.evaluate(() => void page.held?.exclusive(() => new Promise(() => {})))
    await living.evaluate(() => page.hold('died'))
    const waiting = living.evaluate(() => page.addOne())
    await dying.close()
    await waiting
    assert.equal(await living.evaluate(() => page.read('died')), 1)
  })

  test('a tab gives way to a newer app, and says so; so does an older app that is opened then', async (t) => {
    const other = await another(t)
    await other.evaluate(() => page.hold('newer'))
    const upgrading = tab.evaluate(
      () =>
        new Promise((resolve) => {
          const request = indexedDB.open('newer', 99)
          request.onblocked = () => resolve('blocked')
          request.onsuccess = () => resolve('upgraded')
        }),
    )
    assert.equal(await upgrading, 'upgraded')
    assert.equal(await other.evaluate(() => page.codeOf('write', 'newer')), 'database_newer')
    const opened = other.evaluate(() => page.hold('newer').catch((error: Error) => error.message))
    assert.match(String(await opened), /newer/)
  })

  test('data that the browser throws away while it is open is told as gone', async (t) => {
    const evicted = await freshOrigin(t)
    const other = await openPage(context, evicted, script)
    await other.evaluate(() => page.hold('gone'))
    assert.equal(await other.evaluate(() => page.codeOf('write', 'gone')), '')
    const session = await context.newCDPSession(other)
    await session.send('Storage.clearDataForOrigin', { origin: evicted, storageTypes: 'indexeddb' })
    assert.equal(await other.evaluate(() => page.codeOf('write', 'gone')), 'device_missing')
    await other.close()
  })

  test('what is under way when the browser throws the data away is refused in our words, and all of it is heard', async (t) => {
    const evicted = await freshOrigin(t)
    const other = await openPage(context, evicted, script)
    await other.evaluate(() => page.hold('busy'))
    await other.evaluate(() => void (page.ended = page.work()))
    const session = await context.newCDPSession(other)
    await session.send('Storage.clearDataForOrigin', { origin: evicted, storageTypes: 'indexeddb' })
    const ended = (await other.evaluate(() => page.ended)) ?? []
    assert.ok(ended.length > 0)
    assert.deepEqual(
      ended.filter((one) => one !== 'device_missing' && one !== 'data_unwritable'),
      [],
    )
    await other.close()
  })

  test('a full device is told as such, and what was there stays', async (t) => {
    // Chromium asks for the quota once in a while only: this origin has not asked yet.
    const small = await freshOrigin(t)
    const other = await openPage(context, small, script)
    const session = await context.newCDPSession(other)
    const quotaSize = 8 * 1024 * 1024
    await session.send('Storage.overrideQuotaForOrigin', { origin: small, quotaSize })
    await other.evaluate(() => page.write('full', 3))
    assert.equal(await other.evaluate(() => page.codeOf('fill', 'full')), 'device_full')
    assert.equal(await other.evaluate(() => page.read('full')), 3)
    await other.close()
  })

  test('what is committed survives a browser that is killed', async (t) => {
    const profile = profileFolder(t)
    const first = await startChromium(t, profile)
    const doomed = await openPage(first, origin, script)
    await doomed.evaluate(() => page.write('kept', 5))
    killChromium(profile)
    await first.close().catch(() => {})
    const second = await startChromium(t, profile)
    const again = await openPage(second, origin, script)
    assert.equal(await again.evaluate(() => page.read('kept')), 5)
  })
})
