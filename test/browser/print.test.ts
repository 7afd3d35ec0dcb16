// Cards on paper: as many on a page as can be read, none cut in two, on A4 and on Letter alike.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { cleanUp } from '../helpers/cleanup.ts'
import { enrol, openApp, origin, startAppTown } from './app.ts'
import { skip } from './chromium.ts'

const CARDS = 10
const ON_A_PAGE = 4
const STEPS = 5
/** poppler-utils: what a reader of PDF finds on each page. */
const noReader = spawnSync('pdftotext', ['-v']).error !== undefined
const leftOut = noReader && process.env['CI'] !== 'true' ? 'apt-get install poppler-utils' : skip

/** As printed by the browser on that paper: the text of each page. */
async function pagesOf(page: Page, folder: string, paper: 'A4' | 'Letter'): Promise<string[]> {
  const path = join(folder, `${paper}.pdf`)
  await page.pdf({ path, format: paper, printBackground: false })
  const { stdout } = spawnSync('pdftotext', ['-layout', path, '-'], { encoding: 'utf8' })
  // Each page ends with a form feed.
  return stdout.split('\f').slice(0, -1)
}

const countOf = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length

describe('cards on paper', { concurrency: false, skip: leftOut }, () => {
  test('Ten cards are three pages, whole, in the language of their readers', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-print-'))
    cleanUp(t, () => rmSync(folder, { recursive: true }))
    const town = await startAppTown(t)
    const { page } = await openApp(t, town)
    await enrol(page, town.card)
    await page.goto(`${origin(town)}/people/import`)
    const people = Array.from(
      { length: CARDS },
      (_, i) =>
        `Prof. Dr. Maximiliane-Alexandra Musterfrau-Beispiel ${i},p${i}@musterstadt.example`,
    )
    const buffer = Buffer.from(['name,mail', ...people].join('\n'))
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'roster.csv', mimeType: 'text/csv', buffer })
    await page.getByRole('button', { name: `Make ${CARDS} cards` }).click()
    await page
      .locator('.paper-card')
      .nth(CARDS - 1)
      .waitFor()
    for (const [language, word] of [
      ['English', /camera of your phone/],
      ['Deutsch', /Telefon/],
      ['Français', /téléphone/],
    ] as const) {
      await page.getByLabel(language).check()
      await page.locator('.paper-card', { hasText: word }).first().waitFor()
      for (const paper of ['A4', 'Letter'] as const) {
        const pages = await pagesOf(page, folder, paper)
        assert.equal(pages.length, Math.ceil(CARDS / ON_A_PAGE), `${language}, ${paper}`)
        for (const [i, text] of pages.entries()) {
          const here = Math.min(ON_A_PAGE, CARDS - i * ON_A_PAGE)
          const where = `${language}, ${paper}, page ${i + 1}`
          assert.equal(countOf(text, /Stadtwerke Musterstadt/g), here, `${where}: heads`)
          assert.equal(
            countOf(text, /\b[1-5]\. /g),
            here * (STEPS + 2),
            `${where}: steps and codes`,
          )
          assert.match(text, word)
          assert.equal(text.includes('Role of the new people'), false, `${where}: cards alone`)
        }
      }
    }
  })
})
