// The card in front of a camera: the picture shows the code as it is printed.
import { describe, test } from 'node:test'
import { guard, openApp, startAppTown } from './app.ts'
import { profileFolder, skip, startChromium } from './chromium.ts'
import { cameraOn } from './film.ts'

describe('the camera', { concurrency: false, skip }, () => {
  test('A card that is held in front of it makes a device', async (t) => {
    const town = await startAppTown(t)
    const context = await startChromium(t, profileFolder(t), undefined, cameraOn(t, town.card))
    const { page } = await openApp(t, town, context)
    await page.getByRole('button', { name: 'Use it in this browser' }).click()
    await page.getByRole('button', { name: 'Scan the card' }).click()
    await page.getByText('Complete.').waitFor()
    await page.getByRole('button', { name: 'Join', exact: true }).click()
    await guard(page)
    await page.getByRole('heading', { name: 'Write this key on paper' }).waitFor()
  })

  test('Where there is none, or it is not allowed, it says so and the card can be typed', async (t) => {
    const town = await startAppTown(t)
    const { page } = await openApp(t, town)
    await page.getByRole('button', { name: 'Use it in this browser' }).click()
    await page.getByRole('button', { name: 'Scan the card' }).click()
    await page.getByText(/camera can be used here|camera is not allowed/).waitFor()
    await page.getByRole('button', { name: 'Close the camera' }).click()
    await page.getByLabel('Or type the card').fill('wrong-card-0000-0000-0000-0000-0000')
    await page.getByRole('button', { name: 'Join', exact: true }).click()
    await page.getByText('A character of the card is wrong or missing.').waitFor()
  })
})
