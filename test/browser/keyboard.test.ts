// The stories of the app without a mouse or a finger.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as verbs from '../helpers/town.ts'
import type { Phone } from '../helpers/town.ts'
import { enrol, invite, openApp, origin, said, startAppTown } from './app.ts'
import { profileFolder, skip, startChromium } from './chromium.ts'
import { cameraOn } from './film.ts'
import { Hands } from './hands.ts'
import { FIELD, olgaIn, openChannel, withAnna } from './keyboard.ts'

const SEEN_BY_ALL = 'Plant 2 is on fire.'

const sayIn = async (phone: Phone, text: string): Promise<void> => {
  await verbs.sync(phone)
  const [log] = phone.core.replica.channels.keys()
  assert.ok(log, 'no channel')
  await verbs.say(phone, log, text)
}

const MORE_OF = (name: string): RegExp => new RegExp(`^More about the message of ${name}`)

describe('with the keyboard alone', { concurrency: false, skip }, () => {
  test('Somebody joins with the card they type', async (t) => {
    const town = await startAppTown(t)
    const opened = await openApp(t, town)
    const hands = await Hands.on(opened)
    await hands.enter('button', 'Use it in this browser')
    await hands.write(/^Or type the card/, town.card.replaceAll('-', '').toLowerCase())
    await hands.press('Enter')
    await hands.isOn('heading', 'What guards this device?')
    await hands.pick(/^Protected only by your phone/)
    await hands.enter('button', 'Go on without a lock')
    await hands.isOn('heading', 'Write this key on paper')
    await hands.to('checkbox', 'It is on paper, and I have compared it.')
    await hands.press('Space')
    await hands.enter('button', 'Next')
    await hands.isOn('heading', 'You are in')
    await hands.enter('button', 'Next')
    await hands.isOn('heading', 'May alerts wake you?')
    await hands.enter('button', 'Later')
    await hands.isOn('heading', 'Now')
    await opened.page.getByText('Connected since').waitFor()
  })

  test('Somebody holds the card in front of the camera', async (t) => {
    const town = await startAppTown(t)
    const camera = await startChromium(t, profileFolder(t), undefined, cameraOn(t, town.card))
    const opened = await openApp(t, town, camera)
    const hands = await Hands.on(opened)
    await hands.enter('button', 'Use it in this browser')
    await hands.enter('button', 'Scan the card')
    await opened.page.getByText('Complete.').waitFor()
    await hands.enter('button', 'Join')
    await hands.isOn('heading', 'What guards this device?')
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

  test('A file is stopped on its way, and goes on', async (t) => {
    const { olga, page, town } = await withAnna(t)
    await openChannel(olga)
    await town.stop()
    await olga.enter('button', 'Attach')
    await olga.toField('File or picture', 'Shift+Tab')
    const file = { name: 'later.txt', mimeType: 'text/plain', buffer: Buffer.from('later') }
    await page.locator(':focus').setInputFiles(file)
    await olga.isOn('button', 'Attach')
    await olga.enter('button', 'Send')
    await olga.enter('button', 'Stop', 'Shift+Tab')
    await olga.isOn('button', 'Go on')
    await town.start()
    await olga.press('Enter')
    await page.getByText('On the box').waitFor()
  })

  test('A picture is pasted from the clipboard, and sent', async (t) => {
    const { olga, page, town } = await withAnna(t)
    const may = ['clipboard-read', 'clipboard-write']
    await page.context().grantPermissions(may, { origin: origin(town) })
    await openChannel(olga)
    await page.evaluate(async () => {
      const canvas = document.createElement('canvas')
      const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done))
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': blob ?? '' })])
    })
    await olga.toField(FIELD)
    await olga.press('ControlOrMeta+v')
    await page.locator('.attached img').waitFor()
    await olga.enter('button', 'Send')
    await page.getByRole('button', { name: /^Open image/ }).waitFor()
  })

  test('A voice note is discarded, recorded and sent', async (t) => {
    const flags = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']
    const { olga, page } = await withAnna(
      t,
      await startChromium(t, profileFolder(t), undefined, flags),
    )
    await openChannel(olga)
    await olga.enter('button', 'Attach')
    await olga.enter('button', 'Voice note', 'Shift+Tab')
    await page.getByRole('timer').waitFor()
    await olga.enter('button', 'Discard')
    await page.getByRole('timer').waitFor({ state: 'detached' })
    await olga.isOn('button', 'Attach')
    await olga.press('Enter')
    await olga.enter('button', 'Voice note', 'Shift+Tab')
    await page.getByText('Recording 0:01').waitFor()
    await olga.enter('button', 'Done')
    await olga.isOn('button', 'Attach')
    await page.locator('.attached', { hasText: 'voice-' }).waitFor()
    await olga.enter('button', 'Send')
    await page.getByRole('button', { name: /^Open Voice note, 0:0/ }).waitFor()
  })

  test('A colleague is named while writing; a message is pinned and found among the pinned', async (t) => {
    const { olga, page, anna } = await withAnna(t)
    await openChannel(olga)
    await olga.write(FIELD, 'The plan is with @an')
    await page.getByRole('option', { name: /Anna Beispiel/ }).waitFor()
    await olga.press('Enter')
    await olga.isOn('textbox', FIELD)
    await olga.type('in room 7.')
    await olga.press('Enter')
    await said(page, 'The plan is with @Anna Beispiel in room 7.').waitFor()
    await sayIn(anna, 'I have it.')
    await said(page, 'I have it.').waitFor()
    await olga.enter('button', MORE_OF('Anna'), 'Shift+Tab')
    await page.getByRole('button', { name: 'Pin', exact: true }).waitFor()
    await olga.press('Escape')
    await olga.isOn('button', MORE_OF('Anna'))
    await olga.press('Enter')
    await olga.enter('button', 'Pin')
    await olga.isOn('button', MORE_OF('Anna'))
    await olga.enter('button', /pinned/, 'Shift+Tab')
    const list = page.getByRole('dialog')
    await list.getByText('I have it.').waitFor()
    await olga.goRound()
    await olga.press('Escape')
    await olga.isOn('button', /pinned/)
    await olga.enter('button', '8 hours')
    await page.getByText(/Muted until/).waitFor()
    await olga.enter('button', 'Turn it on')
    await page.getByText(/Muted until/).waitFor({ state: 'detached' })
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
    await opened.page.locator('.alert-text', { hasText: 'It is plant 3.' }).first().waitFor()
    await olga.enter('button', 'All clear', 'Shift+Tab')
    await olga.isOn('textbox', /^A sentence for everybody/)
    await olga.enter('button', 'All clear')
    await page.getByText('All clear by Olga Beispiel').waitFor()
    await opened.page.getByText('No alert.').waitFor()
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
  await olga.isOn('heading', 'Alert')
  await olga.page.locator('.alert-text', { hasText: SEEN_BY_ALL }).waitFor()
  return olga.keys - before - SEEN_BY_ALL.length
}

async function correct(olga: Hands): Promise<void> {
  await olga.enter('button', 'Correct')
  await olga.isOn('textbox', 'What is right')
  await olga.type('It is plant 3.')
  await olga.enter('button', 'Send correction')
  await olga.isOn('button', 'Correct')
}
