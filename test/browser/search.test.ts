// Finding again what was written: on the device, without the box, and straight to the message.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { enqueueMark } from '../../client/marks.ts'
import { drain, enqueue } from '../../client/outbox.ts'
import { MARK } from '../../protocol/content.ts'
import type { LogId, PersonId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import * as verbs from '../helpers/town.ts'
import type { Phone, Town } from '../helpers/town.ts'
import { enrol, installed, openApp, origin, said, send, startAppTown } from './app.ts'
import { skip } from './chromium.ts'
import type { TestContext } from 'node:test'

type Scene = { town: Town; page: Page; olga: Phone; anna: PersonId; log: LogId }

/** Anna with the app, in a channel with Olga, who has a phone without a screen. */
async function scene(t: TestContext): Promise<Scene> {
  const town = await startAppTown(t)
  const olga = await town.owner()
  const { card, person } = await verbs.invite(olga, 'Anna Beispiel')
  const { page } = await openApp(t, town)
  await enrol(page, card)
  await verbs.sync(olga)
  const log = await verbs.channel(olga, 'Crisis team', person)
  return { town, page, olga, anna: person, log }
}

async function sayAll(olga: Phone, log: LogId, texts: string[]): Promise<void> {
  await olga.act(async (core) => {
    for (const text of texts)
      await enqueue(core, log, KIND.text, { type: 'text', text, replyTo: null })
    await drain(core)
  })
}

const field = (page: Page): Locator =>
  page.getByRole('searchbox', { name: 'Words of messages, files, alerts, people' })
const hits = (page: Page): Locator => page.locator('.hit')

/** Is it in the part of the conversation that can be seen? */
async function isInSight(page: Page, text: string): Promise<void> {
  await said(page, text).waitFor()
  await page.waitForFunction((wanted) => {
    const all = [...document.querySelectorAll('.message-text')]
    const one = all.find(({ textContent }) => textContent.includes(wanted))
    const frame = document.querySelector('.lines')?.getBoundingClientRect()
    const place = one?.getBoundingClientRect()
    if (place === undefined || frame === undefined) return false
    return place.top >= frame.top && place.bottom <= frame.bottom
  }, text)
}

describe('search', { concurrency: false, skip }, () => {
  test('Words are found whatever their case and accents, newest first, and lead to the message', async (t) => {
    const { town, page, olga, log } = await scene(t)
    const texts = Array.from({ length: 300 }, (_, i) => `Round ${i}: nothing to report.`)
    texts[20] = 'The valve in Gebäude 7 is closed by Rémi.'
    texts[250] = 'GEBAUDE 7 is empty now.'
    await sayAll(olga, log, texts)
    await page.goto(`${origin(town)}/channels`)
    await page.getByRole('link', { name: /Crisis team.*300 unread/ }).waitFor()
    await installed(page)
    await town.stop()
    await page.getByText('No connection since').waitFor()
    await page.locator('body').press('/')
    await field(page).fill('gebäude  7')
    await page.getByText('2 messages').waitFor()
    assert.deepEqual(await hits(page).locator('mark').allTextContents(), [
      'GEBAUDE',
      '7',
      'Gebäude',
      '7',
    ])
    await field(page).fill('remi gebaude')
    await page.getByText('1 message', { exact: true }).waitFor()
    await hits(page).first().click()
    await isInSight(page, 'The valve in Gebäude 7')
    await page.locator('.aimed', { hasText: 'The valve' }).waitFor()
    await page.goBack()
    assert.equal(await field(page).inputValue(), 'remi gebaude')
    await field(page).fill('gebaude nowhere')
    await page.getByText('Nothing on this device has all of these words.').waitFor()
  })

  test('What was removed is not found, what was changed is found by its new words, and a channel can be chosen', async (t) => {
    const { town, page, olga, anna, log } = await scene(t)
    const other = await verbs.channel(olga, 'Staff', anna)
    await sayAll(olga, log, ['The pump is broken.', 'The pump is mended.', 'Lunch at noon.'])
    await sayAll(olga, other, ['A pump for the staff.'])
    const ids = (olga.core.replica.lines.get(log) ?? []).flatMap(({ mid, kind }) =>
      mid !== null && kind === KIND.text ? [mid] : [],
    )
    const [broken, , lunch] = ids
    assert.ok(broken && lunch)
    await olga.act(async (core) => {
      await enqueueMark(core, log, { mark: MARK.remove, target: broken })
      await enqueueMark(core, log, { mark: MARK.edit, target: lunch, text: 'Dinner at eight.' })
      await drain(core)
    })
    await page.goto(`${origin(town)}/channels`)
    await page.getByRole('link', { name: /Staff.*1 unread/ }).waitFor()
    await page.goto(`${origin(town)}/search`)
    await field(page).fill('dinner')
    await page.getByText('1 message', { exact: true }).waitFor()
    await field(page).fill('lunch')
    await page.getByText('Nothing on this device').waitFor()
    await field(page).fill('pump')
    await page.getByText('2 messages').waitFor()
    assert.deepEqual(await page.locator('.hit', { hasText: 'broken' }).count(), 0)
    await page.getByLabel('Where').selectOption({ label: 'Staff' })
    await page.getByText('1 message', { exact: true }).waitFor()
    await page.getByLabel('Where').selectOption({ label: 'Everywhere' })
    await field(page).fill('olga')
    await page.getByRole('region', { name: 'People' }).getByRole('link').waitFor()
    await field(page).fill('crisis')
    await page.getByRole('region', { name: 'Channels' }).getByRole('link').waitFor()
  })

  test('A quote leads to what was answered, far above, and reading there marks nothing as read', async (t) => {
    const { town, page, olga, log } = await scene(t)
    await sayAll(olga, log, ['Where is the key?'])
    const asked = (olga.core.replica.lines.get(log) ?? []).at(-1)?.mid
    assert.ok(asked)
    await sayAll(
      olga,
      log,
      Array.from({ length: 400 }, (_, i) => `Message ${i}. ${'And more of it. '.repeat(i % 9)}`),
    )
    await olga.act(async (core) => {
      const content = { type: 'text', text: 'In the safe.', replyTo: asked } as const
      await enqueue(core, log, KIND.text, content)
      await drain(core)
    })
    await page.goto(`${origin(town)}/channels/${log.toHex()}`)
    await said(page, 'In the safe.').waitFor()
    await page.getByRole('button', { name: /Olga Beispiel Where is the key/ }).click()
    await isInSight(page, 'Where is the key?')
    await page.getByRole('button', { name: 'To the newest' }).click()
    await isInSight(page, 'In the safe.')
    // Who goes to an old message by its address has not seen what came since.
    await page.goto(`${origin(town)}/settings`)
    await sayAll(olga, log, ['And this is new.'])
    await page.goto(`${origin(town)}/channels/${log.toHex()}?message=${asked.toHex()}`)
    await isInSight(page, 'Where is the key?')
    await page.waitForTimeout(500)
    await page.goto(`${origin(town)}/channels`)
    await page.getByRole('link', { name: /Crisis team.*1 unread/ }).waitFor()
    await page.getByRole('link', { name: /Crisis team/ }).click()
    await send(page, 'Thanks.')
    await said(page, 'Thanks.').waitFor()
  })
})
