// The pages of a document below each other. Only those near the screen are drawn.
import type { PDFDocumentProxy } from 'pdfjs-dist/legacy/build/pdf.mjs'
import { drawPage } from './draw.ts'

/** Draws anew what stands on the screen after its size has changed. Milliseconds. */
const PAUSE = 150

/** What makes the pages larger or smaller. Resolves when the first page is drawn; throws when it cannot be. */
export async function showPages(
  pdf: PDFDocumentProxy,
  main: HTMLElement,
): Promise<(factor: number) => void> {
  const near = new Set<HTMLElement>()
  const first = await pdf.getPage(1)
  const { width, height } = first.getViewport({ scale: 1 })
  const sheets = Array.from({ length: pdf.numPages }, (_, i) => sheetOf(i + 1, pdf.numPages))
  // What another page really measures shows when it is drawn; most documents have pages of one size.
  for (const sheet of sheets) sheet.style.aspectRatio = `${width} / ${height}`
  main.replaceChildren(...sheets)
  const draw = async (sheet: HTMLElement): Promise<void> => {
    const page = await pdf.getPage(sheets.indexOf(sheet) + 1)
    await drawPage(page, sheet, () => near.has(sheet))
  }
  await drawPage(first, sheets[0] as HTMLElement, () => true)
  const observer = new IntersectionObserver(
    (changes) => {
      for (const { target, isIntersecting } of changes) {
        const sheet = target as HTMLElement
        if (isIntersecting) {
          near.add(sheet)
          if (!sheet.hasChildNodes()) void draw(sheet).catch(() => sheet.classList.add('broken'))
        } else {
          near.delete(sheet)
          sheet.replaceChildren()
        }
      }
    },
    { rootMargin: '100% 0%' },
  )
  for (const sheet of sheets) observer.observe(sheet)
  const again = later(() => {
    for (const sheet of near) void draw(sheet).catch(() => {})
  })
  new ResizeObserver(again).observe(main)
  return (factor) => zoom(main, factor)
}

/** What was in the middle of the screen stays there. */
function zoom(main: HTMLElement, factor: number): void {
  const page = document.documentElement
  const x = (page.scrollLeft + page.clientWidth / 2) / page.scrollWidth
  const y = (page.scrollTop + page.clientHeight / 2) / page.scrollHeight
  main.style.setProperty('--zoom', String(factor))
  page.scrollTo(
    x * page.scrollWidth - page.clientWidth / 2,
    y * page.scrollHeight - page.clientHeight / 2,
  )
}

function sheetOf(number: number, count: number): HTMLElement {
  const sheet = document.createElement('section')
  sheet.setAttribute('aria-label', `${number} / ${count}`)
  return sheet
}

function later(work: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  return () => {
    clearTimeout(timer)
    timer = setTimeout(work, PAUSE)
  }
}
