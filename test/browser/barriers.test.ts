// Nobody is kept out: no violation that axe finds, on any screen, in any look and language; everything can be done
// with the keyboard; and text at twice its size loses nothing.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { LANGUAGES } from '../../pwa/languages/language.ts'
import { enrolInBrowser, prepareScene, SCREENS } from '../../scripts/screens/scene.ts'
import { openApp, startAppTown } from './app.ts'
import { skip } from './chromium.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const THEMES = ['light', 'dark', 'contrast'] as const
const PHONE = { width: 390, height: 844 }
const DESKTOP = { width: 1440, height: 900 }

type Axe = {
  run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>
}
declare const axe: Axe

/** A look changes colours and nothing else: the other rules need one of them. */
const rulesFor = (theme: string): object =>
  theme === 'light'
    ? { type: 'tag', values: RULES }
    : { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }

/** In every look; what is found, in words. */
async function barriers(page: Page, name: string): Promise<string[]> {
  const found: string[] = []
  // Past the page's own policy, as a tool of the browser.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE)
  for (const size of [PHONE, DESKTOP]) {
    await page.setViewportSize(size)
    for (const theme of THEMES) {
      await page.evaluate((one) => (document.documentElement.dataset['theme'] = one), theme)
      const { violations } = await page.evaluate((runOnly) => axe.run({ runOnly }), rulesFor(theme))
      for (const { id, nodes } of violations)
        found.push(`${name}, ${theme}, ${size.width}: ${id} ${nodes[0]?.html.slice(0, 200)}`)
    }
  }
  return found
}

/** What does not fit into the width of a phone when its text is twice as large. */
async function overflow(page: Page, name: string): Promise<string[]> {
  await page.setViewportSize(PHONE)
  const wide = await page.evaluate(() => {
    const { style } = document.documentElement
    style.fontSize = '200%'
    const limit = document.documentElement.clientWidth + 1
    const all = [...document.querySelectorAll<HTMLElement>('body *')]
    const out = all.filter((one) => {
      const { right, width } = one.getBoundingClientRect()
      const hidden = one.closest('.skip, [aria-hidden=true]') !== null
      return width > 0 && right > limit && !hidden && one.closest('.lines, .picker-list') === null
    })
    style.fontSize = ''
    // A child of what sticks out sticks out too.
    const first = out.filter((one) => !out.includes(one.parentElement as HTMLElement))
    return first.map((one) => `${one.tagName} ${one.className} ${one.textContent.slice(0, 40)}`)
  })
  return wide.map((one) => `${name}: ${one}`)
}

describe('nobody is kept out', { concurrency: false, skip }, () => {
  for (const language of LANGUAGES) {
    test(`no barrier on any screen, also with large text: ${language}`, async (t) => {
      const town = await startAppTown(t)
      const { page } = await openApp(t, town)
      await page.addInitScript((code) => localStorage.setItem('language', code), language)
      await page.emulateMedia({ reducedMotion: 'reduce' })
      const found: string[] = []
      const look = async (name: string): Promise<void> => {
        found.push(...(await barriers(page, name)), ...(await overflow(page, name)))
      }
      await enrolInBrowser(town, page, look)
      const scene = await prepareScene(town, page)
      for (const { name, show } of SCREENS) {
        await show(scene)
        await look(name)
      }
      assert.deepEqual(found, [])
    })
  }
})
