// What a camera sees that looks at a code: a film for Chromium.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { encode } from 'uqr'
import { cleanUp } from '../helpers/cleanup.ts'

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
  cleanUp(t, () => rmSync(folder, { recursive: true }))
  const path = join(folder, 'card.y4m')
  writeFileSync(path, Buffer.concat([head, ...Array.from({ length: 10 }, () => frame)]))
  return path
}

/** For the start of a browser: its camera sees that code. */
export const cameraOn = (t: TestContext, text: string): string[] => [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  `--use-file-for-fake-video-capture=${film(t, text)}`,
]
