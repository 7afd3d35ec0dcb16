// The page that draws a PDF: one file with everything in it, because a frame without an origin may load nothing.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { build, type BuildOptions } from 'esbuild'

const require = createRequire(import.meta.url)

/** What would end the script element, or change how the rest of it is read (HTML, 4.12.1.3), as text of a script. */
const escaped = (script: string): string => script.replaceAll(/<(?=!--|\/?script)/gi, '\\x3c')

async function bundle(entry: string, options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({ ...options, entryPoints: [entry], write: false })
  return outputFiles?.[0]?.text ?? ''
}

/** The text of the page. `folder`: pwa/pdf. `options`: those of the app. */
export async function pdfFrame(folder: string, options: BuildOptions): Promise<string> {
  const script: BuildOptions = { ...options, format: 'iife' }
  const worker = await bundle(require.resolve('pdfjs-dist/legacy/build/pdf.worker.mjs'), script)
  const values: Record<string, string> = {
    style: await bundle(join(folder, 'frame.css'), options),
    script: await bundle(join(folder, 'frame.ts'), {
      ...script,
      loader: { '.wasm': 'binary' },
      define: { PDF_WORKER: JSON.stringify(worker) },
    }),
  }
  const page = readFileSync(join(folder, 'frame.html'), 'utf8')
  return page.replaceAll(/%(style|script)%/g, (_, name: string) =>
    escaped(values[name] ?? '').trim(),
  )
}
