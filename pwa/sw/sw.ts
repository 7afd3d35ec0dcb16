// The service worker: the app opens without the box, and a push is shown. It keeps the files of one release; a
// newer one waits until no window uses the old one any more, so that no alert and no draft is interrupted.
import { type Language, KNOCK } from './knock.ts'

type Extendable = Event & { waitUntil(work: Promise<unknown>): void }
type Fetching = Extendable & { request: Request; respondWith(answer: Promise<Response>): void }
type Hearing = Event & { data: unknown }
type Clicking = Extendable & { notification: Notification }
type Window_ = { url: string; focus(): Promise<unknown>; postMessage(data: unknown): void }
/** As much as is used of https://www.w3.org/TR/service-workers/: TypeScript knows windows or workers, not both. */
type Scope = {
  addEventListener(type: 'install' | 'activate' | 'push', hear: (event: Extendable) => void): void
  addEventListener(type: 'message', hear: (event: Hearing) => void): void
  addEventListener(type: 'fetch', hear: (event: Fetching) => void): void
  addEventListener(type: 'notificationclick', hear: (event: Clicking) => void): void
  registration: ServiceWorkerRegistration
  skipWaiting(): Promise<void>
  clients: {
    matchAll(options: object): Promise<Window_[]>
    openWindow(url: string): Promise<unknown>
  }
}

/** Filled in by the build. */
declare const FILES: string[]
declare const VERSION: string

const APP = 'app '
const CACHE = APP + VERSION
const scope = globalThis as unknown as Scope

async function install(): Promise<void> {
  const cache = await caches.open(CACHE)
  // What carries its hash in its name is what it says; the rest comes fresh, so that no two releases mix.
  const fresh = (path: string): Request =>
    new Request(path, { cache: /-[A-Z0-9]{8}\./.test(path) ? 'default' : 'reload' })
  await cache.addAll(FILES.map(fresh))
}

async function forgetOlder(): Promise<void> {
  const names = await caches.keys()
  const older = names.filter((name) => name.startsWith(APP) && name !== CACHE)
  await Promise.all(older.map((name) => caches.delete(name)))
}

/** Every place in the app is the same page. */
async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE)
  const known = await cache.match(request.mode === 'navigate' ? '/' : request)
  return known ?? fetch(request)
}

/** One notification for each push, whatever else goes wrong: an iPhone ends the subscription after three without. */
async function knock(): Promise<void> {
  const { title, body } = KNOCK[await language().catch(() => 'en' as const)]
  const options = {
    body,
    tag: 'knock',
    renotify: true,
    requireInteraction: true,
    icon: '/icon-192.png',
  }
  await scope.registration.showNotification(title, options)
  for (const window of await windows()) window.postMessage('pushed')
}

/** As the page has left it here: what it keeps for itself a worker cannot read. */
async function language(): Promise<Language> {
  const kept = await (await caches.open('settings')).match('/language')
  const text = kept === undefined ? 'en' : await kept.text()
  return Object.hasOwn(KNOCK, text) ? (text as Language) : 'en'
}

const windows = (): Promise<Window_[]> =>
  scope.clients.matchAll({ type: 'window', includeUncontrolled: true })

async function openApp(): Promise<void> {
  const [open] = await windows()
  await (open === undefined ? scope.clients.openWindow('/') : open.focus())
}

scope.addEventListener('install', (event) => event.waitUntil(install()))
scope.addEventListener('activate', (event) => event.waitUntil(forgetOlder()))
// Somebody has asked for the newer version (ui/update.ts).
scope.addEventListener('message', ({ data }) => {
  if (data === 'take over') void scope.skipWaiting()
})
scope.addEventListener('push', (event) => event.waitUntil(knock()))
scope.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(openApp())
})
scope.addEventListener('fetch', (event) => {
  const { method, url } = event.request
  const { origin, pathname } = new URL(url)
  if (method !== 'GET' || origin !== location.origin || pathname.startsWith('/v1/')) return
  event.respondWith(answer(event.request))
})
