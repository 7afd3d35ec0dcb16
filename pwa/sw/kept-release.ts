// The app as this browser keeps it: whole releases, each checked file by file before it counts, and which of them is
// used. A newer one waits until somebody asks for it, until no window is open, or for a day.
import { compareVersions, MAX_MANIFEST, RELEASE_PATH } from '../../protocol/release.ts'
import {
  bytesOf,
  type GuardKeys,
  readSigned,
  sha256,
  type SignedFile,
  type SignedRelease,
} from './signed.ts'

/** Filled in by the build: what the box says of the same files (server/headers.ts, server/app-files.ts). */
declare const KEYS: GuardKeys
declare const PAGE_POLICY: string
declare const FRAME_POLICY: string
declare const HEADERS: Record<string, string>
declare const TYPES: Record<string, string>

/** A cache for each release, named by the hash of its manifest. */
const APP = 'app '
/** Which of them is used, and which one waits. */
const POINTERS = 'release'
type Pointer = '/current' | '/next'
const FOLDER = 'app/'
const INDEX = '/index.html'
/** Of what waits: since when, in milliseconds. */
const SINCE = 'since'
/** As long as a window that is never closed may go on with what was (evidence: "on consent or after 24 h"). Milliseconds. */
const LONGEST_WAIT = 86_400_000
/** For one file over a thin line: a box that never ends must not keep the next look from beginning. Milliseconds. */
const PATIENCE = 600_000
let bringing: Promise<void> | null = null

/** Looks whether the box has a newer release, and keeps it. Throws where it is not signed, not whole or not there. */
export const bring = (): Promise<void> =>
  (bringing ??= bringNewer().finally(() => {
    bringing = null
  }))

async function bringNewer(): Promise<void> {
  const manifest = await fetched(RELEASE_PATH.manifest, MAX_MANIFEST)
  const signatures = await fetched(RELEASE_PATH.signatures, MAX_MANIFEST)
  const release = await readSigned(manifest, new TextDecoder().decode(signatures), KEYS)
  // A browser may have thrown away what it kept, and not that it did.
  const [used, next] = [await whole('/current'), await whole('/next')]
  if (used?.hash === release.hash || next?.hash === release.hash) return
  // What was built for trying out carries the same number again and again.
  const older = [used, next].some(
    (kept) => kept !== null && compareVersions(release.version, kept.version) <= 0,
  )
  if (KEYS !== null && older) return
  const name = await keep(release, manifest, await pointed('/current'))
  if (used === null) return point('/current', name, Date.now())
  const replaced = await pointed('/next')
  // A box that hands out another one every hour neither moves the day on nor fills the phone.
  await point('/next', name, next === null ? Date.now() : await since())
  if (replaced !== null) await caches.delete(replaced)
}

/** Whether one waits; `long`: for a day. A clock that was set back makes it wait longer. */
export async function waits(): Promise<'no' | 'yes' | 'long'> {
  if ((await pointed('/next')) === null) return 'no'
  return Date.now() - (await since()) > LONGEST_WAIT ? 'long' : 'yes'
}

async function since(): Promise<number> {
  const next = await (await caches.open(POINTERS)).match('/next')
  return Number(next?.headers.get(SINCE))
}

/** Returns whether there was one, with every file. */
export async function takeOver(): Promise<boolean> {
  const next = await pointed('/next')
  if (next === null) return false
  const there = (await whole('/next')) !== null
  if (there) await point('/current', next, Date.now())
  await (await caches.open(POINTERS)).delete('/next')
  return there
}

/** For when no window is open that began with one of them. What is being kept just now has no pointer yet. */
export async function forgetOlder(): Promise<void> {
  if (bringing !== null) return
  const stay = [await pointed('/current'), await pointed('/next')]
  const older = (await caches.keys()).filter((name) => name.startsWith(APP) && !stay.includes(name))
  await Promise.all(older.map((name) => caches.delete(name)))
}

/** Of the release that is used; null: none is kept. */
export async function currentManifest(): Promise<Uint8Array | null> {
  const current = await pointed('/current')
  const kept = current && (await (await caches.open(current)).match(RELEASE_PATH.manifest))
  return kept ? bytesOf(kept, MAX_MANIFEST) : null
}

/** Every place in the app is the same page; what is no place in it is a file, also of a release before. */
export async function keptAnswer(request: Request): Promise<Response | undefined> {
  const current = await pointed('/current')
  if (current === null) return undefined
  if (request.mode === 'navigate') return keptPage(current, new URL(request.url).pathname)
  const cache = await caches.open(current)
  return (await cache.match(request)) ?? caches.match(request)
}

/**
 * Once a release is kept, no page ever comes from the box itself: what has no place in it is the app, however it is
 * asked for.
 */
async function keptPage(current: string, path: string): Promise<Response> {
  const page = await pageIn(current, path)
  if (page !== undefined) return page
  // The browser has thrown it away: it is fetched and checked once more, or there is none.
  await bring().catch(() => {})
  const again = await pointed('/current')
  return (again === null ? undefined : await pageIn(again, path)) ?? Response.error()
}

/** A frame may be one of the release before, which its window still shows. */
async function pageIn(name: string, path: string): Promise<Response | undefined> {
  const cache = await caches.open(name)
  const frame = path.endsWith('.html') ? await caches.match(path) : undefined
  return (await cache.match(path)) ?? frame ?? cache.match('/')
}

/** The text of a script of the release that is used; its name carries a hash. */
export async function scriptOf(name: string): Promise<string> {
  const current = await pointed('/current')
  if (current === null) throw new Error('no release is kept')
  const cache = await caches.open(current)
  const named = (await cache.keys()).find(({ url }) =>
    new URL(url).pathname.startsWith(`/${name}-`),
  )
  const file = named && (await cache.match(named))
  if (file === undefined) throw new Error(`the release has no ${name}`)
  return file.text()
}

/** Returns the name of its cache, which nobody else fills. */
async function keep(
  { files, hash }: SignedRelease,
  manifest: Uint8Array,
  from: string | null,
): Promise<string> {
  const name = `${APP}${hash} ${crypto.randomUUID()}`
  const cache = await caches.open(name)
  const older = from !== null && (await caches.has(from)) ? await caches.open(from) : null
  const parts = [...files].filter(([path]) => isOfApp(path))
  try {
    await Promise.all(
      parts.map(async ([path, wanted]) => {
        const at = placeOf(path)
        const body = (await unchanged(older, at, wanted)) ?? (await fetchSigned(at, wanted))
        await cache.put(at, new Response(body, { headers: headersOf(at) }))
      }),
    )
    await cache.put(RELEASE_PATH.manifest, new Response(manifest as Uint8Array<ArrayBuffer>))
    if ((await wholeIn(name)) === null) throw new Error('it was thrown away meanwhile')
  } catch (error) {
    await caches.delete(name)
    throw error
  }
  return name
}

const isOfApp = (path: string): boolean =>
  path.startsWith(FOLDER) && !path.endsWith('.br') && path !== `${FOLDER}sw.js`

function placeOf(path: string): string {
  const place = `/${path.slice(FOLDER.length)}`
  return place === INDEX ? '/' : place
}

/** What has stayed the same is not fetched again: an uplink may be thin. */
async function unchanged(
  older: Cache | null,
  at: string,
  { hash }: SignedFile,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const file = await older?.match(at)
  if (file === undefined) return null
  const body = new Uint8Array(await file.arrayBuffer())
  return (await sha256(body)) === hash ? body : null
}

async function fetchSigned(
  at: string,
  { hash, size }: SignedFile,
): Promise<Uint8Array<ArrayBuffer>> {
  const body = await fetched(at, size)
  if ((await sha256(body)) !== hash) throw new Error(`${at} is not what was signed`)
  return body
}

/** Only what was signed says what a file is: the box has no word in it. */
function headersOf(at: string): Record<string, string> {
  const ending = at === '/' ? '.html' : at.slice(at.lastIndexOf('.'))
  return {
    ...HEADERS,
    'Content-Type': TYPES[ending] ?? 'application/octet-stream',
    'Content-Security-Policy': ending === '.html' && at !== '/' ? FRAME_POLICY : PAGE_POLICY,
  }
}

/** What carries its hash in its name is what it says; the rest comes fresh. At most that many bytes. */
async function fetched(path: string, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const cache = /-[A-Z0-9]{8}\./.test(path) ? 'default' : 'no-cache'
  const answer = await fetch(path, { cache, signal: AbortSignal.timeout(PATIENCE) })
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
  return bytesOf(answer, most)
}

/** One that was kept was signed when it came. Null: it is not there with every file. */
async function whole(pointer: Pointer): Promise<SignedRelease | null> {
  const name = await pointed(pointer)
  return name === null ? null : wholeIn(name)
}

async function wholeIn(name: string): Promise<SignedRelease | null> {
  if (!(await caches.has(name))) return null
  const cache = await caches.open(name)
  const kept = await cache.match(RELEASE_PATH.manifest)
  if (kept === undefined) return null
  const release = await readSigned(await bytesOf(kept, MAX_MANIFEST), '', null)
  const there = new Set((await cache.keys()).map(({ url }) => new URL(url).pathname))
  const parts = [...release.files.keys()].filter(isOfApp)
  return parts.every((path) => there.has(placeOf(path))) ? release : null
}

async function pointed(pointer: Pointer): Promise<string | null> {
  const kept = await (await caches.open(POINTERS)).match(pointer)
  return kept === undefined ? null : kept.text()
}

async function point(pointer: Pointer, name: string, at: number): Promise<void> {
  const headers = { [SINCE]: String(at) }
  await (await caches.open(POINTERS)).put(pointer, new Response(name, { headers }))
}
