// Nothing jumps while it loads: whoever aims at a button hits it. Measured by the browser's own count of what has moved
// without somebody having touched it (https://wicg.github.io/layout-instability/), on a slow phone with a slow line.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { prepareScene } from '../../scripts/screens/scene.ts'
import { installed, enrol, openApp, origin, startAppTown } from './app.ts'
import { skip } from './chromium.ts'

const PHONE = { width: 390, height: 844 }
const DESKTOP = { width: 1440, height: 900 }

type Moved = { value: number; sources: string[] }

/** In the page: everything that has moved since it was there, and what it was. */
function count(): void {
  const moved: Moved[] = []
  Object.assign(globalThis, { moved })
  type Shift = PerformanceEntry & {
    value: number
    sources: { node: Node | null; previousRect: DOMRect; currentRect: DOMRect }[]
  }
  const observer = new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries() as Shift[]) {
      const names = sources.map(({ node, previousRect: from, currentRect: to }) => {
        const what = node instanceof Element ? node.outerHTML.slice(0, 90) : ''
        return `${what} from ${from.top}, ${from.height} high, to ${to.top}, ${to.height}`
      })
      moved.push({ value, sources: names })
    }
  })
  observer.observe({ type: 'layout-shift', buffered: true })
}

async function jumps(page: Page, url: string): Promise<string[]> {
  await page.goto(url)
  await page.locator('h1:visible').first().waitFor()
  await page.waitForLoadState('networkidle')
  await page.waitForTimeout(1_500)
  const moved = await page.evaluate(() => (globalThis as unknown as { moved: Moved[] }).moved)
  return moved.map(
    ({ value, sources }) => `${new URL(url).pathname} ${value.toFixed(4)} ${sources.join(' | ')}`,
  )
}

describe('nothing jumps while it loads', { concurrency: false, skip }, () => {
  for (const size of [PHONE, DESKTOP])
    test(`at ${size.width} pixels`, async (t) => {
      const town = await startAppTown(t)
      const { page } = await openApp(t, town)
      await page.setViewportSize(size)
      await page.addInitScript(count)
      const session = await page.context().newCDPSession(page)
      const at = origin(town)
      const found = await jumps(page, `${at}/`)
      await enrol(page, town.card)
      await prepareScene(town, page)
      await installed(page)
      await session.send('Emulation.setCPUThrottlingRate', { rate: 4 })
      const path = (one: string): string => `${at}${one}`
      const channel = new URL(page.url()).pathname
      // Read, so that no count of unread messages goes while it is looked at.
      await jumps(page, path(channel))
      for (const one of [
        '/',
        channel,
        '/channels',
        '/people',
        '/alerts/new',
        '/settings',
        '/channels/new',
        '/people/cards',
        '/people/new',
        '/people/import',
        '/search',
        '/settings/night',
        '/settings/device',
        '/about',
      ])
        found.push(...(await jumps(page, path(one))))
      await page.goto(path('/people'))
      for (const row of ['Anna Beispiel', 'Olga Beispiel']) {
        const link = page.getByRole('link', { name: new RegExp(row) }).first()
        const href = (await link.getAttribute('href')) ?? ''
        for (const one of [href, `${href}/change`, `${href}/compare`])
          found.push(...(await jumps(page, path(one))))
        await page.goto(path('/people'))
      }
      assert.deepEqual(found, [])
    })
})
