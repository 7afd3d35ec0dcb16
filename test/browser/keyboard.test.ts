// The stories of the app without a mouse or a finger.
import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import * as verbs from '../helpers/town.ts'
import type { Phone, Town } from '../helpers/town.ts'
import { enrol, invite, openApp, origin, said, startAppTown } from './app.ts'
import { skip } from './chromium.ts'
import { Hands } from './hands.ts'

const PASSPHRASE = 'seven horses cross the river'
const SEEN_BY_ALL = 'Plant 2 is on fire.'

/** Olga, the first owner, with the app and a keyboard. */
async function olgaIn(t: TestContext): Promise<{ town: Town; olga: Hands; page: Page }> {
  const town = await startAppTown(t)
  const opened = await openApp(t, town)
  await enrol(opened.page, town.card)
  return { town, olga: await Hands.on(opened), page: opened.page }
}

/** Anna has a phone without a screen, and a channel with Olga. */
async function withAnna(t: TestContext) {
  const scene = await olgaIn(t)
  const { town, page } = scene
  const anna = await town.enrol(await invite(page, 'Anna Beispiel', 'coordinator'))
  await page.goto(`${origin(town)}/`)
  await page.getByRole('heading', { name: 'Now' }).waitFor()
  return { ...scene, anna }
}

const sayIn = async (phone: Phone, text: string): Promise<void> => {
  await verbs.sync(phone)
  const [log] = phone.core.replica.channels.keys()
  assert.ok(log, 'no channel')
  await verbs.say(phone, log, text)
}

const MORE_OF = (name: string): RegExp => new RegExp(`^More about the message of ${name}`)
const FIELD = 'Write in Crisis team'

describe('with the keyboard alone', { concurrency: false, skip }, () => {
  test('Somebody joins with the card they type', async (t) => {
    const town = await startAppTown(t)
    const opened = await openApp(t, town)
    const hands = await Hands.on(opened)
    await hands.enter('button', 'Use it in this browser')
    await hands.write(/^Or type the card/, town.card.replaceAll('-', '').toLowerCase())
    await hands.press('Enter')
    await hands.isOn('heading', 'Write this key on paper')
    await hands.to('checkbox', 'It is on paper, and I have compared it.')
    await hands.press('Space')
    await hands.enter('button', 'Next')
    await hands.isOn('heading', 'You are in')
    await hands.enter('button', 'Next')
    await hands.isOn('heading', 'What guards this device?')
    await hands.pick(/^Protected only by your phone/)
    await hands.enter('button', 'Go on without a lock')
    await hands.isOn('heading', 'May alerts wake you?')
    await hands.enter('button', 'Later')
    await hands.isOn('heading', 'Now')
    await opened.page.getByText('Connected since').waitFor()
  })

  test('A channel is opened; a message is written, answered, changed and removed', async (t) => {
    const { olga, page, anna } = await withAnna(t)
    await openChannel(olga)
    await olga.write(FIELD, 'We meet at seven.')
    await olga.press('Enter')
    await said(page, 'We meet at seven.').waitFor()
    await olga.isOn('textbox', FIELD)
    await sayIn(anna, 'Which room?')
    await said(page, 'Which room?').waitFor()
    await olga.enter('button', MORE_OF('Anna'), 'Shift+Tab')
    await olga.enter('button', 'Reply')
    await olga.isOn('textbox', FIELD)
    await olga.type('Room 7.')
    await olga.press('Enter')
    await page.locator('.reply-quote', { hasText: 'Which room?' }).waitFor()
    await olga.enter('button', MORE_OF('Anna'), 'Shift+Tab')
    await olga.enter('button', 'React with 👍')
    await page.getByRole('button', { name: '👍 1 from Olga Beispiel' }).waitFor()
    await olga.isOn('button', MORE_OF('Anna'))
    await olga.enter('button', MORE_OF('Olga'))
    await olga.enter('button', 'Change')
    await olga.isOn('textbox', FIELD)
    await olga.press('ControlOrMeta+a')
    await olga.type('Room 8.')
    await olga.press('Enter')
    await said(page, 'Room 8.').waitFor()
    await remove(olga)
    await page.getByText('Olga Beispiel has removed this.').waitFor()
    await olga.isOn('button', MORE_OF('Olga'))
  })

  test('A file is attached, opened and closed', async (t) => {
    const { olga, page } = await withAnna(t)
    await openChannel(olga)
    await olga.enter('button', 'Attach')
    await olga.toField('File or picture', 'Shift+Tab')
    const buffer = Buffer.from('North gate.')
    const file = { name: 'plan.txt', mimeType: 'text/plain', buffer }
    await page.locator(':focus').setInputFiles(file)
    await olga.isOn('button', 'Attach')
    await olga.enter('button', 'Send')
    await olga.enter('button', /^Open plan\.txt/, 'Shift+Tab')
    const view = page.getByRole('dialog', { name: 'plan.txt' })
    await view.waitFor()
    await olga.goRound()
    await olga.enter('button', 'Close')
    await view.waitFor({ state: 'detached' })
    await olga.isOn('button', /^Open plan\.txt/)
  })

  test('An alert is raised, answered by somebody else, corrected and ended', async (t) => {
    const { town, olga, page } = await olgaIn(t)
    const opened = await openApp(t, town)
    await enrol(opened.page, await invite(page, 'Anna Beispiel'))
    const anna = await Hands.on(opened)
    await anna.isOn('heading', 'Now')
    await page.goto(`${origin(town)}/alerts/new`)
    await olga.enter('button', 'Prepare alerts to everybody')
    await page.getByText('reaches 2 of 2').waitFor()
    await olga.press('n')
    await olga.isOn('heading', 'Now')
    t.diagnostic(`${await raise(olga)} keys from the first screen to the alert, its words aside`)
    const takeover = opened.page.getByRole('dialog', { name: 'LIVE ALERT' })
    await takeover.getByText(SEEN_BY_ALL).waitFor()
    await opened.page.locator('.takeover-text:focus').waitFor()
    await takeover.locator('.answer:enabled').first().waitFor()
    await anna.goRound()
    await anna.enter('button', 'I need help')
    await takeover.waitFor({ state: 'detached' })
    await anna.isOn('heading', 'Now')
    await olga.press('n')
    await olga.enter('link', 'Details and roll call')
    await page.getByText('1 of 2 have answered').waitFor()
    await correct(olga)
    await opened.page.getByText('It is plant 3.').waitFor()
    await olga.enter('button', 'All clear', 'Shift+Tab')
    await olga.isOn('textbox', /^A sentence for everybody/)
    await olga.enter('button', 'All clear')
    await page.getByText('All clear by Olga Beispiel').waitFor()
    await opened.page.getByText('No alert.').waitFor()
  })

  test('Somebody is looked up, shut out and gets a new card; a colleague is invited', async (t) => {
    const { olga, page } = await withAnna(t)
    await olga.press('p')
    await olga.to('searchbox', 'Search people')
    await olga.type('anna')
    await olga.enter('link', /^Anna Beispiel/)
    await olga.enter('button', 'Lost')
    await olga.goRound()
    await olga.press('Escape')
    await olga.isOn('button', 'Lost')
    await olga.press('Enter')
    await olga.enter('button', 'Remove the device')
    await page.getByText('Removed', { exact: true }).waitFor()
    await olga.isOn('heading', 'Devices')
    await olga.enter('button', 'Make a card')
    await page.locator('.paper-secret').waitFor()
    // What would be lost is asked about.
    await olga.press('n')
    await olga.enter('button', 'Back')
    await olga.enter('button', 'It is on paper or was scanned', 'Shift+Tab')
    await olga.press('p')
    await olga.enter('link', 'Invite somebody')
    await olga.isOn('heading', 'Invite somebody')
    await olga.write('Name', 'Bernd Beispiel')
    await olga.pick(/^Coordinator/)
    await olga.enter('button', 'Make the card')
    await olga.isOn('heading', 'Card for Bernd Beispiel')
    await olga.enter('button', 'It is on paper or was scanned')
    await page.getByText('Nothing is lost when you leave.').waitFor()
  })

  test('What was written is found; the list of keys opens over it', async (t) => {
    const { olga, page, anna } = await withAnna(t)
    await openChannel(olga)
    await olga.write(FIELD, 'Who has the plan?')
    await olga.press('Enter')
    await said(page, 'Who has the plan?').waitFor()
    await sayIn(anna, 'The valve is closed.')
    await said(page, 'The valve is closed.').waitFor()
    await olga.press('Shift+Tab', '/')
    await olga.isOn('searchbox', 'Words of messages, files, alerts, people')
    await olga.type('valve')
    await page.locator('.hit').waitFor()
    await olga.enter('link', /The valve is closed/)
    const message = page.locator('.aimed:focus', { hasText: 'The valve is closed.' })
    await message.waitFor()
    await olga.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await olga.goRound()
    // Keys of the page behind do nothing.
    await olga.press('n', 'Escape')
    await message.waitFor()
    await olga.enter('button', MORE_OF('Anna'))
  })

  test('A passphrase locks and opens the device', async (t) => {
    const { olga, page } = await olgaIn(t)
    await olga.press('s')
    await olga.isOn('heading', 'Settings')
    await olga.enter('button', 'Change')
    await olga.isOn('heading', 'Lock')
    await olga.pick(/^Passphrase/)
    for (const label of ['Passphrase', 'Once more']) {
      await olga.toField(label)
      await olga.type(PASSPHRASE)
    }
    await olga.enter('button', 'Set the passphrase')
    await olga.isOn('heading', 'Lock')
    await olga.enter('button', 'Lock now')
    await olga.isOn('heading', 'Locked')
    await olga.toField('Passphrase')
    await olga.type('nine horses')
    await olga.enter('button', 'Open')
    await page.getByText('That is not it.').waitFor()
    await page.locator('input[type=password]:focus').waitFor()
    await olga.type(PASSPHRASE)
    await olga.press('Enter')
    await page.getByText('Connected since').waitFor()
    await olga.isOn('heading', 'Settings')
  })

  test('In a narrow window, as with large text, nothing is reached that cannot be seen', async (t) => {
    const { olga, page } = await withAnna(t)
    await openChannel(olga)
    await page.setViewportSize({ width: 390, height: 844 })
    await olga.press('c')
    await olga.enter('link', /^Crisis team/)
    await olga.isOn('heading', 'Crisis team')
    await olga.enter('button', 'Who is in it')
    await olga.isOn('button', 'Close')
    await olga.press('Escape')
    await olga.isOn('button', 'Who is in it')
    await olga.press('Enter')
    await olga.to('log', 'Crisis team', 'Shift+Tab')
    await page.locator('.details.open').waitFor({ state: 'detached' })
  })
})

async function openChannel(olga: Hands): Promise<void> {
  await olga.press('c')
  await olga.isOn('heading', 'Channels')
  await olga.enter('link', 'Open a channel')
  await olga.isOn('heading', 'Open a channel')
  await olga.write('Name', 'Crisis team')
  await olga.to('checkbox', /^Anna Beispiel/)
  await olga.press('Space')
  await olga.enter('button', 'Open')
  await olga.isOn('heading', 'Crisis team')
}

async function remove(olga: Hands): Promise<void> {
  await olga.enter('button', MORE_OF('Olga'), 'Shift+Tab')
  await olga.enter('button', 'Remove')
  const dialog = olga.page.getByRole('dialog', { name: 'Remove this message?' })
  await dialog.waitFor()
  await olga.goRound()
  await olga.enter('button', 'Back')
  await dialog.waitFor({ state: 'detached' })
  await olga.isOn('button', MORE_OF('Olga'))
  await olga.press('Enter')
  await olga.enter('button', 'Remove')
  await dialog.waitFor()
  await olga.enter('button', 'Remove')
}

/** How many keys that takes, its words aside. */
async function raise(olga: Hands): Promise<number> {
  const before = olga.keys
  await olga.enter('link', 'Raise an alert')
  await olga.write('What has happened, what to do', SEEN_BY_ALL)
  await olga.enter('button', 'Alert 2 people')
  await olga.enter('button', 'Send the alert')
  await olga.isOn('heading', 'Everybody')
  await olga.page.locator('.message.live', { hasText: SEEN_BY_ALL }).waitFor()
  return olga.keys - before - SEEN_BY_ALL.length
}

async function correct(olga: Hands): Promise<void> {
  await olga.enter('button', 'Correct')
  await olga.isOn('textbox', 'What is right')
  await olga.type('It is plant 3.')
  await olga.enter('button', 'Send correction')
  await olga.isOn('button', 'Correct')
}
