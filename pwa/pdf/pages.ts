// The pages of a document below each other. Only those near the screen are drawn.
import type { PDFDocumentProxy } from 'pdfjs-dist/legacy/build/pdf.mjs'
import { drawPage } from './draw.ts'

/** More pages nobody reads on a phone; a file of a few bytes may claim any number. */
const MOST = 5_000
/** Milliseconds. */
const PAUSE = 150

/** What makes the pages larger or smaller. Resolves when the first page is drawn; throws when it cannot be. */
export async function showPages(
  pdf: PDFDocumentProxy,
  main: HTMLElement,
): Promise<(factor: number) => void> {
  const first = await pdf.getPage(1)
  const { width, height } = first.getViewport({ scale: 1 })
  const count = Math.min(pdf.numPages, MOST)
  const sheets = Array.from({ length: count }, (_, i) => sheetOf(i + 1, pdf.numPages))
  // What another page really measures shows when it is drawn; most documents have pages of one size.
  for (const sheet of sheets) sheet.style.aspectRatio = `${width} / ${height}`
  main.replaceChildren(...sheets)
  await drawPage(first, sheets[0] as HTMLElement, () => true)
  drawNear(pdf, sheets)
  return (factor) => zoom(main, factor)
}

/** What comes near the screen is drawn, what leaves it is dropped, and what stands there fits its size. */
function drawNear(pdf: PDFDocumentProxy, sheets: HTMLElement[]): void {
  /** The newest drawing of each sheet that is near; an older one that ends later shows nothing. */
  const near = new Map<HTMLElement, symbol>()
  const draw = async (sheet: HTMLElement): Promise<void> => {
    const drawing = Symbol('drawing')
    near.set(sheet, drawing)
    const page = await pdf.getPage(sheets.indexOf(sheet) + 1)
    await drawPage(page, sheet, () => near.get(sheet) === drawing)
  }
  const begin = (sheet: HTMLElement): void =>
    void draw(sheet).catch(() => sheet.classList.add('broken'))
  const observer = new IntersectionObserver(
    (changes) => {
      for (const { target, isIntersecting } of changes) {
        const sheet = target as HTMLElement
        if (isIntersecting && !near.has(sheet)) begin(sheet)
        if (isIntersecting) continue
        near.delete(sheet)
        sheet.replaceChildren()
      }
    },
    { rootMargin: '100% 0%' },
  )
  for (const sheet of sheets) observer.observe(sheet)
  onNewWidth(sheets[0] as HTMLElement, () => {
    for (const sheet of near.keys()) begin(sheet)
  })
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

/** Once it has stopped changing: after a zoom, or when a phone was turned. */
function onNewWidth(sheet: HTMLElement, work: () => void): void {
  let width = sheet.clientWidth
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = (): void => {
    if (sheet.clientWidth === width) return
    width = sheet.clientWidth
    work()
  }
  new ResizeObserver(() => {
    clearTimeout(timer)
    timer = setTimeout(look, PAUSE)
  }).observe(sheet)
}
