// The service worker: the app opens without the box. It keeps the files of one release; a newer one waits until
// no window uses the old one any more, so that no alert and no draft is interrupted.
type Extendable = Event & { waitUntil(work: Promise<unknown>): void }
type Fetching = Extendable & { request: Request; respondWith(answer: Promise<Response>): void }
/** As much as is used of https://www.w3.org/TR/service-workers/: TypeScript knows windows or workers, not both. */
type Scope = {
  addEventListener(type: 'install' | 'activate', hear: (event: Extendable) => void): void
  addEventListener(type: 'fetch', hear: (event: Fetching) => void): void
}

/** Filled in by the build. */
declare const FILES: string[]
declare const VERSION: string

const CACHE = `app ${VERSION}`
const scope = globalThis as unknown as Scope

async function install(): Promise<void> {
  const cache = await caches.open(CACHE)
  // Past the browser's own cache, so that a release is never mixed from two.
  await cache.addAll(FILES.map((path) => new Request(path, { cache: 'reload' })))
}

async function forgetOlder(): Promise<void> {
  const names = await caches.keys()
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)))
}

/** Every place in the app is the same page. */
async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE)
  const known = await cache.match(request.mode === 'navigate' ? '/' : request)
  return known ?? fetch(request)
}

scope.addEventListener('install', (event) => event.waitUntil(install()))
scope.addEventListener('activate', (event) => event.waitUntil(forgetOlder()))
scope.addEventListener('fetch', (event) => {
  const { method, url } = event.request
  const { origin, pathname } = new URL(url)
  if (method !== 'GET' || origin !== location.origin || pathname.startsWith('/v1/')) return
  event.respondWith(answer(event.request))
})
