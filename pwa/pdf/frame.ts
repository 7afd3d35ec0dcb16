// The page inside the frame that shows a PDF. It has no origin, no storage and no network (server/headers.ts): all it
// will ever know is the document that the app hands it, and pdf.js runs nowhere else.
import { getDocument, PDFWorker } from 'pdfjs-dist/legacy/build/pdf.mjs'
import jbig2 from 'pdfjs-dist/wasm/jbig2.wasm'
import openjpeg from 'pdfjs-dist/wasm/openjpeg.wasm'
import { showPages } from './pages.ts'
import type { FromFrame, ToFrame } from './wire.ts'
import { zoomButtons } from './zoom.ts'

/** Filled in by the build: the script that reads documents, beside this thread. */
declare const PDF_WORKER: string

/** For pictures as copying machines make them (JBIG2, JPEG 2000). */
const DECODERS: Record<string, Uint8Array> = { 'jbig2.wasm': jbig2, 'openjpeg.wasm': openjpeg }
/** Samples of one picture. More than a sheet of A4 at 1200 dpi has is somebody's attack on the memory. */
const LARGEST_PICTURE = 140_000_000

/** What pdf.js would otherwise fetch. */
class Built {
  fetch({ filename }: { filename: string }): Promise<Uint8Array> {
    const bytes = DECODERS[filename]
    if (bytes === undefined) return Promise.reject(new Error(`not part of the app: ${filename}`))
    return Promise.resolve(bytes.slice())
  }
}

const tell = (message: FromFrame): void => parent.postMessage(message, '*')

function reader(): PDFWorker {
  const url = URL.createObjectURL(new Blob([PDF_WORKER], { type: 'text/javascript' }))
  const policy = globalThis.trustedTypes?.createPolicy('holdfast', { createScriptURL: () => url })
  return PDFWorker.create({ port: new Worker(policy?.createScriptURL(url) ?? url) })
}

async function show({ bytes, larger, smaller }: ToFrame): Promise<void> {
  const pdf = await getDocument({
    data: new Uint8Array(bytes),
    worker: reader(),
    BinaryDataFactory: Built,
    useWorkerFetch: false,
    maxImageSize: LARGEST_PICTURE,
  }).promise
  const zoom = await showPages(pdf, document.querySelector('main') as HTMLElement)
  document.querySelector('nav')?.append(...zoomButtons(zoom, { larger, smaller }))
  tell('shown')
}

addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') tell('close')
})
addEventListener('message', function hear({ data, source }: MessageEvent<ToFrame>): void {
  if (source !== parent) return
  removeEventListener('message', hear)
  show(data).catch(() => tell('failed'))
})
