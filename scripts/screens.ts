// Pictures of every screen, made by hand of nobody: a town with a few people, the app in Chromium, phone and
// desktop, light and dark. Usage: npm run screens [-- --out DIR] [--language en|de|fr] [--help]
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { LANGUAGES } from '../pwa/languages/language.ts'
import { SCREENS } from './screens/list.ts'
import { enrolInBrowser, prepareScene, type Scene } from './screens/scene.ts'
import { startChromium } from '../test/browser/chromium.ts'
import { Town } from '../test/helpers/town.ts'
import { ORG, OWNER } from '../test/helpers/town.ts'
import { buildApp } from './build-app.ts'

const ROOT = resolve(import.meta.dirname, '..')
const HELP = `npm run screens [-- OPTIONS]
  --out DIR        folder for the pictures (default: docs/screens)
  --language CODE  ${LANGUAGES.join(', ')} (default: en)
  --help           this text
`
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1440, height: 900 } } as const
const SCHEMES = ['light', 'dark'] as const

async function take(page: Page, out: string, name: string): Promise<void> {
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport)
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      // Two frames: what depends on the size has been drawn.
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
      )
      await page.screenshot({ path: join(out, `${name}-${size}-${colorScheme}.png`) })
    }
  }
}

async function takeAll(out: string, language: string): Promise<void> {
  const ends: (() => unknown)[] = []
  const cleaner = { after: (end: () => unknown) => void ends.unshift(end) }
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-screens-'))
  ends.push(() => rmSync(folder, { recursive: true, force: true }))
  try {
    await buildApp(join(folder, 'app'))
    const town = new Town({ app: join(folder, 'app') })
    cleaner.after(() => town.clear())
    await town.found(ORG, OWNER)
    await town.start()
    const browser = await startChromium(cleaner)
    const page = await browser.newPage()
    await page.addInitScript((code) => {
      // A frame that is nobody's stores nothing.
      if (window === top) localStorage.setItem('language', code)
    }, language)
    await enrolInBrowser(town, page, (name) => take(page, out, name))
    const scene: Scene = await prepareScene(town, page)
    for (const { name, show } of SCREENS) {
      await show(scene)
      await take(page, out, name)
      process.stderr.write(`${name}\n`)
    }
  } finally {
    for (const end of ends) await end()
  }
}

async function main(argv: string[]): Promise<void> {
  const options = {
    out: { type: 'string' },
    language: { type: 'string' },
    help: { type: 'boolean' },
  } as const
  const { values } = parseArgs({ args: argv, options })
  if (values.help === true) return void process.stdout.write(HELP)
  const out = resolve(values.out ?? join(ROOT, 'docs/screens'))
  mkdirSync(out, { recursive: true })
  await takeAll(out, values.language ?? 'en')
  process.stdout.write(`${out}\n`)
}

if (import.meta.main) await main(process.argv.slice(2))
