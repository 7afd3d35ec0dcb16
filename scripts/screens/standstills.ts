// Where the app does not go on by itself: what each says, and the way on. The last screens, since no way leads back.
import type { BrowserContext, Page } from 'playwright-core'
import { open, type Picture } from './scene.ts'

/** A window that holds the device and does nothing with it, as one that the phone has frozen. */
export async function hungWindow(context: BrowserContext, origin: string): Promise<Page> {
  const hung = await context.newPage()
  await hung.goto(`${origin}/icon.svg`)
  await hung.evaluate(
    () =>
      new Promise<void>((held) => {
        void navigator.locks.request('holdfast/holder', () => {
          held()
          return new Promise(() => {})
        })
      }),
  )
  return hung
}

export const STANDSTILLS: readonly Picture[] = [
  {
    name: 'locked',
    show: async (scene) => {
      await open('/settings', '.facts')(scene)
      const { page } = scene
      // The exercise, which nobody has answered here.
      await page.locator('.takeover .actions .button').last().click()
      const lock = page.locator('section[aria-labelledby=lock-title]')
      await lock.locator('.button').click()
      await lock.locator('.option').nth(-2).click()
      for (const field of await lock.locator('input[type=password]').all())
        await field.fill('seven horses cross the river')
      await lock.locator('.button.main').click()
      await lock.locator('.chip').first().waitFor()
      // What was on the screen goes with the page.
      const anew = page.waitForEvent('load')
      await lock.locator('.actions .button').last().click()
      await anew
      await page.locator('.start input[type=password]').waitFor()
    },
  },
  {
    name: 'locked-wrong',
    show: async ({ page }) => {
      await page.locator('.start input[type=password]').fill('nine horses')
      await page.locator('.start button[type=submit]').click()
      await page.locator('.problem').waitFor()
    },
  },
  {
    name: 'opening',
    show: async ({ page, url }) => {
      const { origin } = new URL(url)
      await page.goto(`${origin}/icon.svg`)
      await hungWindow(page.context(), origin)
      await page.goto(url)
      await page.locator('.start [role=alert]').waitFor()
    },
  },
  {
    name: 'stopped',
    show: async ({ page }) => {
      for (const other of page.context().pages()) if (other !== page) await other.close()
      await page.locator('.start input[type=password]').waitFor()
      await page.evaluate(async () => {
        // As the window of a newer app does.
        for (const { name, version } of await indexedDB.databases())
          indexedDB.open(name ?? '', (version ?? 0) + 1)
      })
      await page.reload()
      await page.locator('[role=alert]').waitFor()
    },
  },
  {
    name: 'storage-lost',
    show: async ({ page, url }) => {
      const session = await page.context().newCDPSession(page)
      const lost = { origin: new URL(url).origin, storageTypes: 'indexeddb' }
      await session.send('Storage.clearDataForOrigin', lost)
      await page.reload()
      await page.locator('.start .problem').waitFor()
    },
  },
  {
    name: 'unsupported',
    show: async ({ page }) => {
      await page.addInitScript('delete globalThis.WebAssembly')
      await page.reload()
      await page.locator('.unsupported').first().waitFor()
    },
  },
]
