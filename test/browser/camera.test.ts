// The card in front of a camera: the picture shows the code as it is printed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { encode } from 'uqr'
import { openApp, startAppTown } from './app.ts'
import { profileFolder, skip, startChromium } from './chromium.ts'

const WIDTH = 640
const HEIGHT = 480

/** A film of one picture with the code in it: YUV4MPEG2, luma alone. */
function film(t: TestContext, text: string): string {
  const { data, size } = encode(text, { ecc: 'M', border: 4 })
  const scale = Math.floor(HEIGHT / size)
  const [left, top] = [(WIDTH - size * scale) >> 1, (HEIGHT - size * scale) >> 1]
  const luma = Buffer.alloc(WIDTH * HEIGHT, 235)
  for (let y = 0; y < size * scale; y++)
    for (let x = 0; x < size * scale; x++)
      if (data[Math.floor(y / scale)]?.[Math.floor(x / scale)] === true)
        luma[(top + y) * WIDTH + left + x] = 16
  const frame = Buffer.concat([
    Buffer.from('FRAME\n'),
    luma,
    Buffer.alloc((WIDTH * HEIGHT) / 2, 128),
  ])
  const head = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F15:1 Ip A1:1 C420jpeg\n`)
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-film-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'card.y4m')
  writeFileSync(path, Buffer.concat([head, ...Array.from({ length: 10 }, () => frame)]))
  return path
}

describe('the camera', { concurrency: false, skip }, () => {
  test('A card that is held in front of it makes a device', async (t) => {
    const town = await startAppTown(t)
    const context = await startChromium(t, profileFolder(t), undefined, [
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-video-capture=${film(t, town.card)}`,
    ])
    const { page } = await openApp(t, town, context)
    await page.getByRole('button', { name: 'Use it in this browser' }).click()
    await page.getByRole('button', { name: 'Scan the card' }).click()
    await page.getByText('Complete.').waitFor()
    await page.getByRole('button', { name: 'Join', exact: true }).click()
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
