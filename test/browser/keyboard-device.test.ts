// What concerns one device, without a mouse or a finger.
import { describe, test } from 'node:test'
import { skip } from './chromium.ts'
import { olgaIn } from './keyboard.ts'
import { passkeyOn } from './passkey.ts'

const PASSPHRASE = 'seven horses cross the river'

describe('the device, with the keyboard alone', { concurrency: false, skip }, () => {
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

  test('A passkey locks and opens the device', async (t) => {
    const { olga, page } = await olgaIn(t)
    await passkeyOn(page)
    await olga.press('s')
    await olga.enter('button', 'Change')
    await olga.pick(/^Finger, face or PIN/)
    await olga.enter('button', 'Use finger, face or PIN')
    await olga.isOn('heading', 'Lock')
    await olga.enter('button', 'Lock now')
    await olga.isOn('heading', 'Locked')
    await olga.enter('button', 'Open with finger, face or PIN')
    await page.getByText('Connected since').waitFor()
    await olga.isOn('heading', 'Settings')
  })

  test('A practice alert is answered, and another put aside', async (t) => {
    const { olga, page } = await olgaIn(t)
    await olga.press('s')
    await olga.enter('button', 'Practise now')
    const takeover = page.getByRole('dialog', { name: 'EXERCISE' })
    await takeover.locator('.answer:enabled').first().waitFor()
    await olga.goRound()
    await olga.enter('button', 'I am safe')
    await takeover.waitFor({ state: 'detached' })
    await page.getByText(/^You answered/).waitFor()
    await olga.isOn('button', 'Practise now')
    await olga.press('Enter')
    await takeover.waitFor()
    await olga.enter('button', 'Later')
    await page.getByText('The practice has ended.').waitFor()
    await olga.isOn('button', 'Practise now')
  })

  test('The steps for the night are ticked; the language and the look are changed', async (t) => {
    const { olga, page } = await olgaIn(t)
    await olga.press('s')
    await olga.enter('link', 'Will it ring at night?')
    await olga.pick('Android')
    await olga.to('checkbox', /Do Not Disturb/)
    await olga.press('Space')
    await page.getByText('1 of 5 done').waitFor()
    await olga.press('s')
    await olga.pick('Dark')
    await page.locator('html[data-theme=dark]').waitFor()
    await olga.pick('Deutsch')
    await page.getByRole('heading', { name: 'Einstellungen' }).waitFor()
  })

  test('My data is saved, and the device is cleared', async (t) => {
    const { olga, page } = await olgaIn(t)
    await olga.press('s')
    await olga.enter('link', 'Keys, storage, my data')
    const saving = page.waitForEvent('download')
    await olga.enter('button', 'Save as a file')
    await saving
    await page.getByText('Made.', { exact: true }).waitFor()
    await olga.press('s')
    await olga.enter('button', 'Remove everything')
    await olga.goRound()
    await olga.press('Escape')
    await olga.isOn('button', 'Remove everything')
    await olga.press('Enter')
    await olga.enter('button', 'Remove')
    await page.getByRole('button', { name: 'Use it in this browser' }).waitFor()
  })
})
