// A picture in the conversation. The only one that is at hand is the sign of the app.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { bringFiles, enqueueFile, sealedAsRead } from '../../client/files.ts'
import { drain } from '../../client/outbox.ts'
import type { LogId } from '../../protocol/ids.ts'
import type { Phone } from '../../test/helpers/town.ts'

export const ICON = join(import.meta.dirname, '../../pwa/icons/icon-512.png')

export async function sendPicture(page: Page, by: Phone, to: LogId): Promise<void> {
  const bytes = new Uint8Array(readFileSync(ICON))
  const source = {
    size: bytes.length,
    read: (at: number, length: number) => Promise.resolve(bytes.subarray(at, at + length)),
    close: () => Promise.resolve(),
  }
  const thumbnail = await smallPicture(page)
  const shown = { ref: ICON, name: 'poster-gate-3.png', mime: 'image/png', thumbnail }
  await by.act(async (core) => {
    await enqueueFile(core, to, source, { ...shown, text: 'This hangs at gate 3 now.' })
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
