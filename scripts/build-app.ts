// Builds the app: what the box serves to phones and desktops. Usage: npm run build:app [-- --out DIR] [--help]
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, extname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { brotliCompressSync, constants } from 'node:zlib'
import { build as bundle, type BuildOptions, type Metafile, type Plugin } from 'esbuild'
import { toHex } from '../protocol/bytes.ts'
import type { ReleaseKeys } from '../protocol/release-keys.ts'
import { TYPES } from '../server/app-files.ts'
import { CONTENT_POLICY, KEPT_FRAME_POLICY, SHARED_HEADERS } from '../server/headers.ts'
import { errorCodes, icons, languages, sodiumInHex } from './app-plugins.ts'
import { pdfFrame } from './build-pdf-frame.ts'
import { replaceFolder } from './replace-folder.ts'

const ROOT = resolve(import.meta.dirname, '..')
const APP = join(ROOT, 'pwa')
const { version: RELEASE } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  version: string
}

const HELP = `npm run build:app [-- OPTIONS]
  --out DIR   folder for the result (default: dist/app); what was there is replaced
  --help      this text
`

const OPTIONS = {
  bundle: true,
  minify: true,
  format: 'esm',
  // What can do web push, passkeys, nested CSS and light-dark().
  target: ['safari17.5', 'chrome123', 'firefox125'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  logLevel: 'error',
  plugins: [errorCodes, icons, languages, sodiumInHex],
} satisfies BuildOptions

/** `recorded` learns what each bundle was made of. */
function optionsFor(recorded: Metafile[], keys: ReleaseKeys | null): BuildOptions {
  const known = keys && { needed: keys.needed, keys: keys.keys.map(toHex) }
  const record: Plugin = {
    name: 'record',
    setup: (build) => build.onEnd(({ metafile }) => void (metafile && recorded.push(metafile))),
  }
  return {
    ...OPTIONS,
    metafile: true,
    define: {
      KEYS: JSON.stringify(known),
      PAGE_POLICY: JSON.stringify(CONTENT_POLICY),
      FRAME_POLICY: JSON.stringify(KEPT_FRAME_POLICY),
      HEADERS: JSON.stringify(SHARED_HEADERS),
      TYPES: JSON.stringify(TYPES),
    },
    plugins: [...OPTIONS.plugins, record],
  }
}

/** What a browser may keep for good carries the hash of its content in its name. */
type Parts = { [entry: string]: string }

async function bundleParts(
  out: string,
  options: BuildOptions,
): Promise<{ parts: Parts; preloads: string[] }> {
  const { metafile } = await bundle({
    ...options,
    entryPoints: {
      app: join(APP, 'ui/start.ts'),
      style: join(APP, 'styles/index.css'),
    },
    entryNames: '[name]-[hash]',
    chunkNames: 'part-[hash]',
    outdir: out,
    splitting: true,
    metafile: true,
  })
  const named = Object.entries(metafile.outputs).flatMap(([path, { entryPoint }]) =>
    entryPoint === undefined ? [] : [[basename(entryPoint), basename(path)] as const],
  )
  writeHashed(out, 'waker.js', await bundleText(options, join(APP, 'sw/waker.ts'), 'iife'))
  const pdf = writeHashed(out, 'pdf.html', await pdfFrame(join(APP, 'pdf'), options))
  const parts: Parts = {
    ...Object.fromEntries(named),
    engine: await writeEngine(out, options),
    pdf,
  }
  return { parts, preloads: neededBy(metafile, parts['main.tsx'] ?? '') }
}

/** A file and all that it imports: fetched at once, instead of one after the other as they are found. */
function neededBy({ outputs }: Metafile, name: string): string[] {
  const found = new Set([name])
  for (const one of found) {
    const [, output] = Object.entries(outputs).find(([path]) => basename(path) === one) ?? []
    for (const { path, kind } of output?.imports ?? [])
      if (kind === 'import-statement') found.add(basename(path))
  }
  return [...found]
}

/**
 * One file for the worker of a tab and for the service worker, which must not wait at its
 * top: the engine is a function that waits inside.
 */
async function writeEngine(out: string, options: BuildOptions): Promise<string> {
  const roster = await bundleText(options, join(ROOT, 'client/roster.ts'), 'esm')
  const apart = [importedFrom(/client\/roster\.ts$/, writeHashed(out, 'roster.js', roster))]
  const engine = await bundleText(options, join(APP, 'device/engine.ts'), 'esm', apart)
  const exported = /export\s*\{\s*([\w$]+) as engine\s*\};?\s*$/
  if (!exported.test(engine)) throw new Error('engine.ts: no export at the end of the bundle')
  const body = engine.replace(exported, (_, name: string) => `return ${name}`)
  const begin = await bundleText(options, join(APP, 'device/worker.ts'), 'iife')
  return writeHashed(out, 'engine.js', `globalThis.holdfastEngine=async()=>{${body}};\n${begin}`)
}

/** Under its name with the hash of its content before the ending, which is returned. */
function writeHashed(out: string, plain: string, text: string): string {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8).toUpperCase()
  const name = plain.replace('.', `-${hash}.`)
  writeFileSync(join(out, name), text)
  return name
}

/** What the engine imports only when it is needed stays a file of its own, which few people ever load. */
function importedFrom(filter: RegExp, name: string): Plugin {
  return {
    name: `apart: ${name}`,
    setup(build) {
      build.onResolve({ filter }, ({ kind }) =>
        kind === 'dynamic-import' ? { path: `/${name}`, external: true } : null,
      )
    },
  }
}

async function bundleText(
  options: BuildOptions,
  entry: string,
  format: 'esm' | 'iife',
  plugins: Plugin[] = [],
): Promise<string> {
  // Where libsodium looks for a file of its own; it has none, its WebAssembly is inside.
  const define = { ...options.define, 'import.meta.url': 'location.href' }
  const { outputFiles } = await bundle({
    ...options,
    entryPoints: [entry],
    format,
    define,
    plugins: [...(options.plugins ?? []), ...plugins],
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}

function writePage(
  out: string,
  parts: Parts,
  preloads: string[],
  { version, release }: { version: string; release: string },
): void {
  const values: Record<string, string | undefined> = {
    script: parts['start.ts'],
    preloads: preloads.map((name) => `<link rel="modulepreload" href="/${name}" />`).join('\n    '),
    engine: parts['engine'],
    pdf: parts['pdf'],
    style: parts['index.css'],
    version,
    release,
  }
  const page = readFileSync(join(APP, 'index.html'), 'utf8')
  writeFileSync(
    join(out, 'index.html'),
    page.replace(/%(\w+)%/g, (_, name: string) => {
      const value = values[name]
      if (value === undefined) throw new Error(`index.html: nothing is called ${name}`)
      return value
    }),
  )
}

/** The service worker keeps its name, and its content from release to release; only new release keys change it. */
async function writeServiceWorker(out: string, options: BuildOptions): Promise<void> {
  await bundle({
    ...options,
    entryPoints: [join(APP, 'sw/sw.ts')],
    outfile: join(out, 'sw.js'),
  })
}

function digest(folder: string): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(folder).toSorted())
    hash.update(`${name}\0`).update(readFileSync(join(folder, name)))
  return hash.digest('hex').slice(0, 16)
}

const COMPRESSIBLE = ['.js', '.css', '.html', '.svg', '.webmanifest']

function compress(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!COMPRESSIBLE.includes(extname(name))) continue
    const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY }
    writeFileSync(
      join(folder, `${name}.br`),
      brotliCompressSync(readFileSync(join(folder, name)), { params }),
    )
  }
}

/** `keys`: of those whose releases this app will take; null: it is for trying out. */
type Edition = { version: string; keys: ReleaseKeys | null }

/** Fills `out` with the app, which stands beside it until it is whole. Returns what the bundles were made of. */
export async function buildApp(
  out: string,
  { version: release, keys }: Edition = { version: RELEASE, keys: null },
): Promise<Metafile[]> {
  const fresh = `${out}.${process.pid}`
  const recorded: Metafile[] = []
  const options = optionsFor(recorded, keys)
  try {
    mkdirSync(fresh, { recursive: true })
    const { parts, preloads } = await bundleParts(fresh, options)
    cpSync(join(APP, 'icons'), fresh, { recursive: true })
    cpSync(join(APP, 'manifest.webmanifest'), join(fresh, 'manifest.webmanifest'))
    cpSync(join(APP, 'unsupported.js'), join(fresh, 'unsupported.js'))
    const version = digest(fresh)
    writePage(fresh, parts, preloads, { version, release })
    await writeServiceWorker(fresh, options)
    compress(fresh)
    replaceFolder(out, fresh, 'index.html')
    return recorded
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

async function main(argv: string[]): Promise<void> {
  const options = { out: { type: 'string' }, help: { type: 'boolean' } } as const
  const { values } = parseArgs({ args: argv, options })
  if (values.help === true) return void process.stdout.write(HELP)
  const out = resolve(values.out ?? join(ROOT, 'dist/app'))
  await buildApp(out)
  process.stdout.write(`${out}\n`)
}

if (import.meta.main) await main(process.argv.slice(2))
