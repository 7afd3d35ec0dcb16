// Nobody is kept out: no violation that axe finds, on any screen, in any look and language; everything can be done
// with the keyboard; and text at twice its size loses nothing.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, test } from 'node:test'
import type { Frame, Page } from 'playwright-core'
import { LANGUAGES } from '../../pwa/languages/language.ts'
import { SCREENS } from '../../scripts/screens/list.ts'
import { enrolInBrowser, prepareScene } from '../../scripts/screens/scene.ts'
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

/** What is a document inside of another one needs no landmarks of its own. */
const INSIDE = { type: 'tag', values: RULES.filter((one) => one !== 'best-practice') }

async function violations(frame: Frame, runOnly: object): Promise<string[]> {
  // Past the page's own policy, as a tool of the browser.
  if (!(await frame.evaluate(() => 'axe' in globalThis))) await frame.evaluate(AXE)
  const seen = await frame.evaluate((only) => axe.run({ runOnly: only }), runOnly)
  return seen.violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html.slice(0, 200)}`)
}

/** In every look; what is found, in words. */
async function barriers(page: Page, name: string): Promise<string[]> {
  const found: string[] = []
  for (const size of [PHONE, DESKTOP]) {
    await page.setViewportSize(size)
    for (const theme of THEMES) {
      await page.evaluate((one) => (document.documentElement.dataset['theme'] = one), theme)
      for (const frame of page.frames()) {
        const rules = frame === page.mainFrame() ? rulesFor(theme) : INSIDE
        const all = await violations(frame, rules)
        found.push(...all.map((one) => `${name}, ${theme}, ${size.width}: ${one}`))
      }
    }
  }
  return found
}

/** What does not fit into a phone when its text is twice as large: too wide, or squeezed until nobody can read it. */
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
    const squeezed = [...document.querySelectorAll<HTMLElement>('.lines, .conversation h1')].filter(
      (one) => one.checkVisibility() && (one.clientHeight < 30 || one.clientWidth < 150),
    )
    style.fontSize = ''
    // A child of what sticks out sticks out too.
    const first = out.filter((one) => !out.includes(one.parentElement as HTMLElement))
    return [...first, ...squeezed].map(
      (one) => `${one.tagName} ${one.className} ${one.textContent.slice(0, 40)}`,
    )
  })
  return wide.map((one) => `${name}: ${one}`)
}

describe('nobody is kept out', { concurrency: false, skip }, () => {
  for (const language of LANGUAGES) {
    test(`no barrier on any screen, also with large text: ${language}`, async (t) => {
      const town = await startAppTown(t)
      const { page } = await openApp(t, town)
      await page.addInitScript((code) => {
        // A frame that is nobody's stores nothing.
        if (window === top) localStorage.setItem('language', code)
      }, language)
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
