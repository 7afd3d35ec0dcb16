// Files in the conversation, sent by phones: the sign of the app as a picture, and a plan that the browser prints.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { bringFiles, enqueueFile, sealedAsRead } from '../../client/files.ts'
import { drain } from '../../client/outbox.ts'
import type { LogId } from '../../protocol/ids.ts'
import type { Phone } from '../../test/helpers/town.ts'

export const ICON = join(import.meta.dirname, '../../pwa/icons/icon-512.png')

export async function sendPicture(page: Page, by: Phone, to: LogId): Promise<void> {
  const thumbnail = await smallPicture(page)
  const name = 'poster-gate-3.png'
  const text = 'This hangs at gate 3 now.'
  await send(by, to, readFileSync(ICON), { name, mime: 'image/png', thumbnail, text })
}

export async function sendPlan(page: Page, by: Phone, to: LogId): Promise<void> {
  const sheet = await page.context().newPage()
  await sheet.setContent(PLAN)
  const bytes = await sheet.pdf({ format: 'A4' })
  await sheet.close()
  const name = 'plan-plant-2.pdf'
  const thumbnail = new Uint8Array(0)
  await send(by, to, bytes, { name, mime: 'application/pdf', thumbnail, text: 'The plan.' })
}

const PLAN = `<body style="font: 18px sans-serif; margin: 3em">
<h1>Plant 2: running without control room</h1>
<ol style="line-height: 2"><li>Two people at pump 4, one at the north gate.</li><li>Read the gauge every ten minutes
and write it here.</li><li>Above 6 bar: close valve 7 by hand.</li></ol></body>`

type Shown = { name: string; mime: string; thumbnail: Uint8Array; text: string }

async function send(by: Phone, to: LogId, file: Buffer, shown: Shown): Promise<void> {
  const bytes = new Uint8Array(file)
  const source = {
    size: bytes.length,
    read: (at: number, length: number) => Promise.resolve(bytes.subarray(at, at + length)),
    close: () => Promise.resolve(),
  }
  await by.act(async (core) => {
    await enqueueFile(core, to, source, { ref: shown.name, ...shown })
    await bringFiles(core, (upload) => sealedAsRead(upload, source))
    await drain(core)
  })
}

/** As the app of the sender would have made it: a JPEG. */
async function smallPicture(page: Page): Promise<Uint8Array> {
  const text = await page.evaluate(async () => {
    const image = new Image()
    image.src = '/icon-512.png'
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = 320
    canvas.height = 320
    canvas.getContext('2d')?.drawImage(image, 0, 0, 320, 320)
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', 0.7))
    return new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer(0)).toBase64()
  })
  return Uint8Array.fromBase64(text)
}
