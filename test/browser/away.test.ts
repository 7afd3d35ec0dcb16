// Being away: said on one's own page, seen by everybody, and told to whoever raises an alert.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { setAbsence } from '../../client/absence.ts'
import { absenceOf } from '../../client/views.ts'
import { sync } from '../helpers/town.ts'
import { enrol, invite, openApp, origin, startAppTown } from './app.ts'
import { skip } from './chromium.ts'

const DAY = 86_400_000
const NOTE = 'Bernd Beispiel stands in'

/** As the screens write a day. */
const dayOf = (at: number): string =>
  new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' }).format(at)

const row = (page: Page, name: RegExp): Locator => page.getByRole('link', { name })

describe('away', { concurrency: false, skip }, () => {
  test('Somebody says until when, everybody sees it, an alert counts it, and they are here again', async (t) => {
    const town = await startAppTown(t)
    const { page } = await openApp(t, town)
    await enrol(page, town.card)
    const anna = await town.enrol(await invite(page, 'Anna Beispiel'))
    const at = origin(town)

    await page.goto(`${at}/people`)
    await row(page, /\(you\)/).click()
    await page.getByRole('button', { name: 'I will be away' }).click()
    await page.getByRole('button', { name: 'One week' }).click()
    await page.getByLabel('Why, or who stands in').fill(NOTE)
    await page.getByRole('button', { name: 'Say that I am away' }).click()
    const week = dayOf(Date.now() + 7 * DAY)
    await page
      .getByRole('status')
      .filter({ hasText: `away until ${week}` })
      .waitFor()
    await row(page, new RegExp(`\\(you\\).*away until ${week}`)).waitFor()

    // Another device knows it, with the note.
    await sync(anna)
    const owner = [...anna.core.replica.directory.persons.keys()][0] ?? assert.fail()
    assert.equal(absenceOf(anna.core.replica, owner, Date.now())?.note, NOTE)
    await page.getByRole('button', { name: 'I am here again' }).click()
    await page.getByRole('button', { name: 'I will be away' }).waitFor()
    await sync(anna)
    assert.equal(absenceOf(anna.core.replica, owner, Date.now()), null)

    // An administrator for somebody else; whoever says it on another device is seen here.
    await row(page, /Anna Beispiel/).click()
    await page.getByRole('button', { name: 'Enter an absence of Anna Beispiel' }).waitFor()
    await anna.act((core) => setAbsence(core, { until: Date.now() + 2 * DAY, note: '' }))
    await page.getByRole('button', { name: 'End the absence of Anna Beispiel' }).waitFor()

    await page.goto(`${at}/alerts/new`)
    await page.getByRole('button', { name: 'Prepare alerts to everybody' }).click()
    await page.getByText('reaches 2 of 2, 1 of them away').waitFor()
    await page.getByLabel('What has happened').fill('Water in the cellar.')
    await page.getByRole('button', { name: 'Alert 2 people' }).click()
    await page.getByRole('dialog').getByText('2 people, 1 of them away').waitFor()
    await page.getByRole('button', { name: 'Send the alert' }).click()
    const call = page.locator('.roll-call')
    await call.getByText('2 people, 1 of them away').waitFor()
    await call
      .locator('.row', { hasText: 'Anna Beispiel' })
      .getByText(/away until/)
      .waitFor()
  })
})
