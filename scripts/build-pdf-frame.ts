// The page that draws a PDF: one file with everything in it, because a frame without an origin may load nothing.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { build, type BuildOptions } from 'esbuild'
import { ownPolicy } from '../server/app-files.ts'

const require = createRequire(import.meta.url)

/** What would end the script element, or change how the rest of it is read (HTML, 4.12.1.3), as text of a script. */
const escaped = (script: string): string => script.replaceAll(/<(?=!--|\/?script)/gi, '\\x3c')

async function bundle(entry: string, options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({ ...options, entryPoints: [entry], write: false })
  return outputFiles?.[0]?.text ?? ''
}

/** What the page restricts itself to, wherever it comes from; the rest a page can only be told (CSP3, 3.3). */
const ownRules = (page: string): string =>
  ownPolicy(Buffer.from(page))
    .split('; ')
    .filter((rule) => !/^(?:sandbox|frame-ancestors)/.test(rule))
    .join('; ')

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
  const source = readFileSync(join(folder, 'frame.html'), 'utf8')
  const page = source.replaceAll(/%(style|script)%/g, (_, name: string) =>
    escaped(values[name] ?? '').trim(),
  )
  return page.replace('%policy%', () => ownRules(page))
}
