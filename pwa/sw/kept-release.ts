// The app as this browser keeps it: whole releases, each checked file by file before it counts, and which of them is
// used. A newer one waits until somebody asks for it, or until no window is open.
import { compareVersions, RELEASE_PATH } from '../../protocol/release.ts'
import { type GuardKeys, readSigned, sha256, type SignedRelease } from './signed.ts'

/** Filled in by the build. */
declare const KEYS: GuardKeys

/** A cache for each release, named by the hash of its manifest. */
const APP = 'app '
/** Which of them is used, and which one waits. */
const POINTERS = 'release'
type Pointer = '/current' | '/next'
const FOLDER = 'app/'
const INDEX = '/index.html'
/** What the box may say about a file; the rest of an answer is made here. */
const HEADERS =
  /^(?:content-type|content-security-policy|cross-origin-(?:opener|embedder|resource)-policy|permissions-policy|referrer-policy|x-content-type-options)$/

let bringing: Promise<void> | null = null

/** Looks whether the box has a newer release, and keeps it. Throws where it is not signed, not whole or not there. */
export const bring = (): Promise<void> =>
  (bringing ??= bringNewer().finally(() => {
    bringing = null
  }))

async function bringNewer(): Promise<void> {
  const manifest = await bytesOf(await fetched(RELEASE_PATH.manifest))
  const signatures = await (await fetched(RELEASE_PATH.signatures)).text()
  const release = await readSigned(manifest, signatures, KEYS)
  const name = APP + release.hash
  const current = await pointed('/current')
  // A browser may have thrown away what it kept, and not that it did.
  const used = current === null ? null : await releaseIn(current)
  if (used !== null && (name === current || name === (await pointed('/next')))) return
  // What was built for trying out carries the same number again and again.
  const older = used !== null && compareVersions(release.version, used.version) <= 0
  if (KEYS !== null && older) return
  await keep(name, release, manifest, used === null ? null : current)
  await point(used === null ? '/current' : '/next', name)
}

/** Whether one waits. */
export const waits = async (): Promise<boolean> => (await pointed('/next')) !== null

/** Returns whether there was one. */
export async function takeOver(): Promise<boolean> {
  const next = await pointed('/next')
  if (next === null) return false
  await point('/current', next)
  await (await caches.open(POINTERS)).delete('/next')
  return true
}

/** For when no window is open that began with one of them. */
export async function forgetOlder(): Promise<void> {
  const stay = [await pointed('/current'), await pointed('/next')]
  const older = (await caches.keys()).filter((name) => name.startsWith(APP) && !stay.includes(name))
  await Promise.all(older.map((name) => caches.delete(name)))
}

/** Of the release that is used; null: none is kept. */
export async function currentManifest(): Promise<Uint8Array | null> {
  const current = await pointed('/current')
  const kept = current && (await (await caches.open(current)).match(RELEASE_PATH.manifest))
  return kept ? bytesOf(kept) : null
}

/** Every place in the app is the same page; what is no place in it is a file, also of a release before. */
export async function keptAnswer(request: Request): Promise<Response | undefined> {
  const current = await pointed('/current')
  if (current === null) return undefined
  const cache = await caches.open(current)
  const file = await cache.match(request)
  return file ?? (request.mode === 'navigate' ? cache.match('/') : caches.match(request))
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

async function keep(
  name: string,
  { files }: SignedRelease,
  manifest: Uint8Array,
  from: string | null,
): Promise<void> {
  const cache = await caches.open(name)
  const older = from === null ? null : await caches.open(from)
  const parts = [...files].filter(([path]) => isOfApp(path))
  try {
    await Promise.all(
      parts.map(async ([path, hash]) => {
        const place = `/${path.slice(FOLDER.length)}`
        const at = place === INDEX ? '/' : place
        await cache.put(at, (await unchanged(older, at, hash)) ?? (await checked(at, hash)))
      }),
    )
    await cache.put(RELEASE_PATH.manifest, new Response(manifest as Uint8Array<ArrayBuffer>))
  } catch (error) {
    await caches.delete(name)
    throw error
  }
}

const isOfApp = (path: string): boolean =>
  path.startsWith(FOLDER) && !path.endsWith('.br') && path !== `${FOLDER}sw.js`

/** What has stayed the same is not fetched again: an uplink may be thin. */
async function unchanged(older: Cache | null, at: string, hash: string): Promise<Response | null> {
  const file = await older?.match(at)
  if (file === undefined) return null
  return (await sha256(await bytesOf(file.clone()))) === hash ? file : null
}

async function checked(at: string, hash: string): Promise<Response> {
  const answer = await fetched(at)
  const body = await bytesOf(answer)
  if ((await sha256(body)) !== hash) throw new Error(`${at} is not what was signed`)
  const headers = [...answer.headers].filter(([header]) => HEADERS.test(header))
  return new Response(body, { headers })
}

/** What carries its hash in its name is what it says; the rest comes fresh. */
async function fetched(path: string): Promise<Response> {
  const cache = /-[A-Z0-9]{8}\./.test(path) ? 'default' : 'no-cache'
  const answer = await fetch(path, { cache })
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
  return answer
}

const bytesOf = async (answer: Response): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await answer.arrayBuffer())

/** One that was kept was signed when it came. */
async function releaseIn(name: string): Promise<SignedRelease | null> {
  const kept = await (await caches.open(name)).match(RELEASE_PATH.manifest)
  return kept === undefined ? null : readSigned(await bytesOf(kept), '', null)
}

async function pointed(pointer: Pointer): Promise<string | null> {
  const kept = await (await caches.open(POINTERS)).match(pointer)
  return kept === undefined ? null : kept.text()
}

async function point(pointer: Pointer, name: string): Promise<void> {
  await (await caches.open(POINTERS)).put(pointer, new Response(name))
}
