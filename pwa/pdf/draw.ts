// One page: its picture, and over it its text, invisible, to be read aloud, selected and searched.
import { type PDFPageProxy, TextLayer } from 'pdfjs-dist/legacy/build/pdf.mjs'

/** What Safari allows a canvas. Pixels. */
const MOST_PIXELS = 16_000_000

/** In the width that the sheet has now. Nothing changes where it is not wanted any more when it is ready. */
export async function drawPage(
  page: PDFPageProxy,
  sheet: HTMLElement,
  wanted: () => boolean,
): Promise<void> {
  const { width, height } = page.getViewport({ scale: 1 })
  sheet.style.aspectRatio = `${width} / ${height}`
  const scale = sheet.clientWidth / width
  const density = Math.min(
    devicePixelRatio,
    Math.sqrt(MOST_PIXELS / (width * height * scale * scale)),
  )
  const canvas = document.createElement('canvas')
  const viewport = page.getViewport({ scale: scale * density })
  canvas.width = Math.floor(viewport.width)
  canvas.height = Math.floor(viewport.height)
  await page.render({ canvas, viewport }).promise
  const text = document.createElement('div')
  text.className = 'text'
  text.style.setProperty('--total-scale-factor', String(scale))
  const layer = new TextLayer({
    textContentSource: page.streamTextContent(),
    container: text,
    viewport: page.getViewport({ scale }),
  })
  await layer.render()
  if (wanted()) sheet.replaceChildren(canvas, text)
  page.cleanup()
}
