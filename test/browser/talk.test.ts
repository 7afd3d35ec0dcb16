// What people do in conversations besides writing: speaking to somebody, pinning, seeing who has it, having quiet.
import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import type { LogId } from '../../protocol/ids.ts'
import * as verbs from '../helpers/town.ts'
import type { Phone, Town } from '../helpers/town.ts'
import { enrol, openApp, origin, said, send, startAppTown } from './app.ts'
import { skip } from './chromium.ts'

type Scene = { town: Town; anna: Page; olga: Phone; bernd: Phone; log: LogId; url: string }

/** Anna has the app; Olga and Bernd have phones without a screen. */
async function scene(t: TestContext): Promise<Scene> {
  const town = await startAppTown(t)
  const olga = await town.owner()
  const invited = await verbs.invite(olga, 'Anna Beispiel')
  const other = await verbs.invite(olga, 'Bernd Müster')
  const { page: anna } = await openApp(t, town)
  await enrol(anna, invited.card)
  const bernd = await town.enrol(other.card)
  await verbs.sync(olga)
  const log = await verbs.channel(olga, 'Crisis team', invited.person, other.person)
  await verbs.sync(bernd)
  return { town, anna, olga, bernd, log, url: `${origin(town)}/channels/${log.toHex()}` }
}

const more = (page: Page, name: string): Locator =>
  page.getByRole('button', { name: `More about the message of ${name}` }).last()
const composer = (page: Page): Locator => page.getByRole('textbox', { name: /^Write in/ })

describe('conversations', { concurrency: false, skip }, () => {
  test('An @ offers members, with keys and with a finger, and what is sent is plain text', async (t) => {
    const { anna, olga, log, url } = await scene(t)
    await anna.goto(url)
    await composer(anna).pressSequentially('Please ask @mus')
    const offered = anna.getByRole('option', { name: 'Bernd Müster' })
    await offered.waitFor()
    await composer(anna).press('Enter')
    assert.equal(await composer(anna).inputValue(), 'Please ask @Bernd Müster ')
    await composer(anna).pressSequentially('and @')
    await anna.getByRole('option').nth(1).waitFor()
    await composer(anna).press('ArrowDown')
    await anna.getByRole('option', { name: 'Olga Beispiel', selected: true }).waitFor()
    await composer(anna).press('Escape')
    await offered.waitFor({ state: 'detached' })
    await composer(anna).pressSequentially('olg')
    await anna.getByRole('option', { name: 'Olga Beispiel' }).click()
    await composer(anna).pressSequentially('now.')
    const text = 'Please ask @Bernd Müster and @Olga Beispiel now.'
    assert.equal(await composer(anna).inputValue(), text)
    await anna.getByRole('button', { name: 'Send' }).click()
    await anna.locator('.mention', { hasText: '@Bernd Müster' }).waitFor()
    await anna.getByText('On the box').waitFor()
    await verbs.sync(olga)
    assert.equal((await verbs.read(olga, log)).at(-1), text)
  })

  test('A message that mentions me counts as one, and leads there', async (t) => {
    const { town, anna, olga, log } = await scene(t)
    await anna.goto(`${origin(town)}/`)
    await verbs.say(olga, log, 'Anna Beispiel is not asked here.')
    await verbs.say(olga, log, '@Anna Beispiel: please come.')
    await verbs.say(olga, log, '@Bernd Müster: stay.')
    const row = anna.getByRole('link', { name: /Crisis team.*3 unread, 1 mentions you/ })
    await row.waitFor()
    await anna.goto(`${origin(town)}/channels`)
    await row.click()
    await anna.locator('.aimed .mention.mine', { hasText: '@Anna Beispiel' }).waitFor()
    assert.equal(await anna.locator('.mention.mine').count(), 1)
  })

  test('A draft is there again, also for whoever left with the last letter and is back at once', async (t) => {
    const { anna, url } = await scene(t)
    await anna.goto(url)
    await composer(anna).pressSequentially('Half a sen')
    await anna.getByRole('link', { name: 'People' }).click()
    await anna.goBack()
    assert.equal(await composer(anna).inputValue(), 'Half a sen')
  })

  test('A draft that answers something still does, after the app was closed', async (t) => {
    const { anna, olga, log, url } = await scene(t)
    await verbs.say(olga, log, 'Who takes the night?')
    await anna.goto(url)
    await said(anna, 'Who takes the night?').waitFor()
    await send(anna, 'I am here.')
    await said(anna, 'I am here.').waitFor()
    await more(anna, 'Olga').click()
    await anna.getByRole('button', { name: 'Reply' }).click()
    await composer(anna).pressSequentially('I do')
    await anna.getByRole('link', { name: 'People' }).click()
    await anna.goto(url)
    await anna.getByText('Reply to Olga Beispiel').waitFor()
    assert.equal(await composer(anna).inputValue(), 'I do')
    // An older message that is changed meanwhile takes nothing of it away.
    await more(anna, 'Anna').click()
    await anna.getByRole('button', { name: 'Change', exact: true }).click()
    await composer(anna).fill('I was here.')
    await anna.getByRole('button', { name: 'Send', exact: true }).click()
    await said(anna, 'I was here.').waitFor()
    await anna.getByText('Reply to Olga Beispiel').waitFor()
    assert.equal(await composer(anna).inputValue(), 'I do')
    await anna.getByRole('button', { name: 'Send', exact: true }).click()
    await anna.locator('.message .reply-quote', { hasText: 'Who takes the night?' }).waitFor()
    await anna.goto(url)
    assert.equal(await composer(anna).inputValue(), '')
    assert.equal(await anna.getByText('Reply to Olga Beispiel').count(), 0)
  })

  test('A change and an answer that are too long come back as what they were', async (t) => {
    const { anna, olga, log, url } = await scene(t)
    await verbs.say(olga, log, 'Who takes the night?')
    await anna.goto(url)
    await said(anna, 'Who takes the night?').waitFor()
    await send(anna, 'I am here.')
    await said(anna, 'I am here.').waitFor()
    const long = 'x'.repeat(17_000)
    for (const [of, way, what] of [
      ['Anna', 'Change', 'Changing'],
      ['Olga', 'Reply', 'Reply to Olga Beispiel'],
    ] as const) {
      await more(anna, of).click()
      await anna.getByRole('button', { name: way, exact: true }).click()
      await composer(anna).fill(long)
      await anna.getByRole('button', { name: 'Send', exact: true }).click()
      await anna.getByText('That is too long. Send less at once.').waitFor()
      await anna.getByText(what, { exact: true }).waitFor()
      assert.equal(await composer(anna).inputValue(), long)
    }
  })

  test('What is pinned stands in a list that leads to it', async (t) => {
    const { anna, olga, log, url } = await scene(t)
    await verbs.say(olga, log, 'The key is in the safe.')
    await anna.goto(url)
    await said(anna, 'The key is in the safe.').waitFor()
    await more(anna, 'Olga').click()
    await anna.getByRole('button', { name: 'Pin', exact: true }).click()
    await anna.getByRole('button', { name: '1 pinned message' }).click()
    const list = anna.getByRole('dialog', { name: '1 pinned message' })
    await list.getByText(/Olga Beispiel.*Pinned by Anna Beispiel/).waitFor()
    await list.getByRole('button', { name: /The key is in the safe/ }).click()
    await anna.locator('.aimed', { hasText: 'The key is in the safe.' }).waitFor()
    await more(anna, 'Olga').click()
    await anna.getByRole('button', { name: 'Unpin' }).click()
    await anna.getByRole('button', { name: '1 pinned message' }).waitFor({ state: 'detached' })
  })

  test('Who has a message stands there by name, and who has not', async (t) => {
    const { anna, olga, bernd, url } = await scene(t)
    await anna.goto(url)
    await send(anna, 'Who reads this?')
    await anna.getByText('On the box').waitFor()
    await verbs.sync(olga)
    await anna.getByText('1 of 2 have it').waitFor()
    await more(anna, 'Anna').click()
    await anna.getByRole('button', { name: 'Who has it' }).click()
    const sheet = anna.getByRole('dialog', { name: 'Who has it' })
    const has = sheet.locator('.names').first()
    const lacks = sheet.locator('.names').last()
    await has.getByText('Olga Beispiel').waitFor()
    await lacks.getByText('Bernd Müster').waitFor()
    await sheet.getByText(/As of .*a receipt that their device has signed/).waitFor()
    await verbs.sync(bernd)
    await has.getByText('Bernd Müster').waitFor()
    await sheet.getByText('Nobody is missing').waitFor()
  })

  test('A muted channel does not count; its alerts do', async (t) => {
    const { town, anna, olga, bernd, log, url } = await scene(t)
    const people = [...(olga.core.replica.channels.get(log)?.members.keys() ?? [])]
    const staff = await verbs.audience(olga, 'Staff', ...people.slice(1))
    await anna.goto(url)
    await anna.getByRole('button', { name: 'Until I turn it on' }).click()
    await anna.getByText('Muted until you turn it on.').waitFor()
    await anna.goto(`${origin(town)}/channels/${staff.toHex()}`)
    await anna.getByRole('button', { name: '8 hours' }).click()
    await anna.getByText(/Muted until .*:/).waitFor()
    await anna.getByText('Alerts are never muted.').waitFor()
    await anna.goto(`${origin(town)}/`)
    await verbs.say(bernd, log, 'Nobody needs to see this.')
    await anna.waitForTimeout(1500)
    await anna.getByText('Nothing new.').waitFor()
    await anna.goto(`${origin(town)}/channels`)
    await anna.getByRole('link', { name: /Crisis team.*Muted.*1 unread/ }).waitFor()
    const counted = anna.getByRole('link', { name: /^Channels.*1 unread/ })
    assert.equal(await counted.count(), 0)
    await verbs.alert(olga, staff, 'Leave the building.', { exercise: true })
    await anna.locator('.takeover').waitFor()
    await anna.getByRole('button', { name: 'Later' }).click()
    await counted.waitFor()
    await anna.goto(url)
    await anna.getByRole('button', { name: 'Later' }).click()
    await anna.getByRole('button', { name: 'Turn it on' }).click()
    await anna.getByRole('button', { name: '1 hour' }).waitFor()
  })
})
