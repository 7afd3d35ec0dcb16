// What becomes of an alert is told to everybody who was alerted, wherever they are in the app.
import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type { Page, Route } from 'playwright-core'
import { enqueueMark } from '../../client/marks.ts'
import { drain } from '../../client/outbox.ts'
import { MARK } from '../../protocol/content.ts'
import type { LogId, MessageId } from '../../protocol/ids.ts'
import * as verbs from '../helpers/town.ts'
import type { Phone, Town } from '../helpers/town.ts'
import { annaWithApp, enrol, openApp, origin, startAppTown } from './app.ts'
import { skip } from './chromium.ts'

type Scene = { town: Town; page: Page; olga: Phone; staff: LogId }

/** Olga can alert Anna. */
async function annaIn(t: TestContext): Promise<Scene> {
  const { town, page, olga, anna } = await annaWithApp(t)
  return { town, page, olga, staff: await verbs.audience(olga, 'Staff', anna.person) }
}

const say = (olga: Phone, staff: LogId, target: MessageId, mark: keyof typeof MARK, text: string) =>
  olga.act(async (core) => {
    await enqueueMark(core, staff, { mark: MARK[mark], target, text })
    await drain(core)
  })

describe('alerts', { concurrency: false, skip }, () => {
  test('One that was put aside stays in sight; a correction stands in front, and its end is told with its words', async (t) => {
    const { page, olga, staff } = await annaIn(t)
    const { id } = await verbs.alert(olga, staff, 'Leave by the north gate.')
    const takeover = page.getByRole('dialog', { name: 'LIVE ALERT' })
    await takeover.waitFor()
    await page.keyboard.press('Escape')
    await takeover.waitFor({ state: 'detached' })
    await page.getByRole('link', { name: 'Settings' }).click()
    const bar = page.getByRole('link', { name: /LIVE ALERT.*north gate/ })
    await bar.waitFor()
    await say(olga, staff, id, 'correction', 'Leave by the SOUTH gate.')
    // Whoever has put it aside has put aside what it said.
    await takeover.locator('.alert-text', { hasText: 'SOUTH gate' }).waitFor()
    await takeover.locator('del', { hasText: 'north gate' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('link', { name: /LIVE ALERT.*SOUTH gate/ }).click()
    await page.getByRole('button', { name: 'I am safe' }).click()
    await page.getByText('Your answer is on the box.').waitFor()
    // An answer is to what was said: another correction asks anew.
    await say(olga, staff, id, 'correction', 'Leave by the WEST gate.')
    await takeover.locator('.alert-text', { hasText: 'WEST gate' }).waitFor()
    await takeover.locator('.answer:enabled').first().waitFor()
    await takeover.getByRole('button', { name: 'I need help' }).click()
    await takeover.waitFor({ state: 'detached' })
    await page.getByRole('link', { name: /^Channels/ }).click()
    await page.getByRole('link', { name: /Staff.*WEST gate/ }).click()
    await page.locator('.message', { hasText: 'Leave by the WEST gate.' }).waitFor()
    await say(olga, staff, id, 'allClear', 'Everybody may go back.')
    await page.getByRole('link', { name: 'Now' }).click()
    await page.getByText('No alert.').waitFor()
    const ended = page.getByRole('region', { name: 'Ended' })
    await ended.getByText('All clear by Olga Beispiel').waitFor()
    await ended.getByText('Everybody may go back.').waitFor()
  })

  test('What is half written is there again, and goes with the alert', async (t) => {
    const town = await startAppTown(t)
    const { page } = await openApp(t, town)
    await enrol(page, town.card)
    await page.getByRole('link', { name: 'Raise an alert' }).click()
    await page.getByRole('button', { name: 'Prepare alerts to everybody' }).click()
    const field = page.getByLabel('What has happened, what to do')
    await page.getByText('EXERCISE', { exact: true }).click()
    await field.fill('Practise leaving.')
    await page.getByRole('link', { name: 'People' }).click()
    await page.getByRole('link', { name: 'Now' }).click()
    await page.getByRole('link', { name: 'Raise an alert' }).click()
    assert.equal(await field.inputValue(), 'Practise leaving.')
    assert.ok(await page.getByRole('radio', { name: 'EXERCISE' }).isChecked())
    await page.getByRole('button', { name: /^Exercise with/ }).click()
    await page.getByRole('button', { name: 'Send the exercise' }).click()
    await page.locator('.roll-call').waitFor()
    await page.locator('.alert-text', { hasText: 'Practise leaving.' }).waitFor()
    await page.getByRole('link', { name: 'Now' }).click()
    await page.getByRole('link', { name: 'Raise an alert' }).click()
    assert.equal(await field.inputValue(), '')
    assert.ok(await page.getByRole('radio', { name: 'LIVE' }).isChecked())
  })

  test('Without a line that answers, an alert is seen to wait, and said to', async (t) => {
    const town = await startAppTown(t)
    const { page } = await openApp(t, town)
    await enrol(page, town.card)
    await page.getByRole('link', { name: 'Raise an alert' }).click()
    await page.getByRole('button', { name: 'Prepare alerts to everybody' }).click()
    await page.locator('.alert-form').waitFor()
    await town.stop()
    await page.getByText('No connection since').waitFor()
    // Nothing comes back, not even a refusal: no change of the line brings what waits to the screen.
    let silent = true
    const asked: Route[] = []
    await page
      .context()
      .route('**/v1/**', (route) => (silent ? void asked.push(route) : route.abort()))
    await page.getByLabel('What has happened, what to do').fill('Plant 2 is on fire.')
    await page.locator('.alert-form .button.alarm').click()
    await page.getByText('goes out as soon as there is one').waitFor()
    await page.getByRole('button', { name: 'Send the alert' }).click()
    await page.getByText('An alert has not left this device yet.').waitFor({ timeout: 10_000 })
    await page.getByRole('link', { name: 'Look', exact: true }).click()
    await page.locator('.message.waiting', { hasText: 'Plant 2 is on fire.' }).waitFor()
    await page.getByRole('link', { name: 'Now' }).click()
    await page.getByText('An alert has not left this device yet.').waitFor({ timeout: 10_000 })
    assert.equal(await page.getByText('No alert.', { exact: true }).count(), 0)
    silent = false
    for (const route of asked) await route.abort()
  })

  test('Now begins at its top, whatever was looked at before', async (t) => {
    const { town, page } = await annaIn(t)
    await page.setViewportSize({ width: 390, height: 600 })
    await page.goto(`${origin(town)}/settings`)
    await page.getByRole('link', { name: 'About this app' }).scrollIntoViewIfNeeded()
    await page.getByRole('link', { name: 'Now' }).click()
    await page.getByRole('heading', { name: 'Now' }).waitFor()
    assert.equal(await page.evaluate(() => document.querySelector('main')?.scrollTop), 0)
  })
})
