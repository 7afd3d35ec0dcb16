// The built app, as the box hands it out: a few files, read once. The box knows nothing of what is in them.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { LIVE_PATH } from '../protocol/api.ts'
import { builtIn } from './built-in.ts'
import { framePolicy, GUARD_POLICY } from './headers.ts'

export type AppFile = {
  bytes: Uint8Array
  /** The same, compressed with Brotli by the build; null: as it is. */
  brotli: Uint8Array | null
  type: string
  /** Of `bytes`. */
  sha256: Uint8Array
  etag: string
  cache: string
  /** Instead of what every page may do; null: that. */
  policy: string | null
}
/** By path, beginning with a slash. */
export type AppFiles = ReadonlyMap<string, AppFile>

export const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
}
/** The build writes a hash of the content into the names of what may be kept for good. */
const HASHED = /-[A-Z0-9]{8}\.(?:js|css|html)$/
const FOR_GOOD = 'public, max-age=31536000, immutable'
const ASK_AGAIN = 'no-cache'

type Built = ReadonlyMap<string, Uint8Array>

/**
 * Of a folder, or where there is none of the executable itself. An empty map where there is no app, as on a box
 * for headless devices alone.
 */
export function readAppFiles(folder: string | null): AppFiles {
  const built = folder === null ? builtIn('app/') : filesIn(folder)
  const files = new Map<string, AppFile>()
  for (const [name, bytes] of built) {
    const type = TYPES[extname(name)]
    if (type !== undefined) files.set(`/${name}`, fileOf(built, name, bytes, type))
  }
  return files
}

function filesIn(folder: string): Built {
  if (!existsSync(folder)) return new Map()
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]))
}

function fileOf(built: Built, name: string, bytes: Uint8Array, type: string): AppFile {
  const cache = HASHED.test(name) ? FOR_GOOD : ASK_AGAIN
  return {
    ...plainFile(bytes, type, cache),
    brotli: built.get(`${name}.br`) ?? null,
    policy: policyOf(name, bytes),
  }
}

/** One that every page may have. */
export function plainFile(bytes: Uint8Array, type: string, cache = ASK_AGAIN): AppFile {
  const sha256 = createHash('sha256').update(bytes).digest()
  const etag = `"${sha256.toString('base64url').slice(0, 22)}"`
  return { bytes, brotli: null, type, sha256, etag, cache, policy: null }
}

function policyOf(name: string, bytes: Uint8Array): string | null {
  if (`/${name}` === GUARD) return GUARD_POLICY
  return extname(name) === '.html' && `/${name}` !== PAGE ? ownPolicy(bytes) : null
}

/** Of a page for a frame: what stands in it, and nothing else. */
export function ownPolicy(page: Uint8Array): string {
  const html = Buffer.from(page).toString()
  const hashOf = (element: string): string => {
    const text = new RegExp(`<${element}>(.*?)</${element}>`, 's').exec(html)?.[1] ?? ''
    return createHash('sha256').update(text).digest('base64')
  }
  return framePolicy({ script: hashOf('script'), style: hashOf('style') })
}

const PAGE = '/index.html'
/** The service worker, which runs nothing that is not signed. */
const GUARD = '/sw.js'
const API = LIVE_PATH.slice(0, LIVE_PATH.indexOf('/', 1) + 1)

/** The file at a path; every place in the app is the same page. Null: nothing of the app. */
export function appFileAt(files: AppFiles, path: string, wantsPage: boolean): AppFile | null {
  const exact = files.get(path === '/' ? PAGE : path)
  if (exact !== undefined) return exact
  if (!wantsPage || path.startsWith(API)) return null
  return files.get(PAGE) ?? null
}
