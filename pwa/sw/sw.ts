// The service worker: the app opens without the box, a push is shown, and what waits is sent. It keeps the files of
// one release; a newer one waits until no window uses the old one any more, so that no alert and no draft is
// interrupted.
import { bringEngine, engine } from './engine.ts'
import { scope } from './scope.ts'
import { OUTBOX, TAKE_OVER } from './signals.ts'
import { clicked, pushed } from './woken.ts'

/** Filled in by the build. */
declare const FILES: string[]
declare const VERSION: string

const APP = 'app '
const CACHE = APP + VERSION

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

/** Every place in the app is the same page; what is no place in it is a file. */
async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE)
  const file = await cache.match(request)
  const known = file ?? (request.mode === 'navigate' ? await cache.match('/') : undefined)
  return known ?? fetch(request)
}

/** The browser tries again later where this throws. */
async function sendOutbox(): Promise<void> {
  const { sendWaiting } = await engine()
  if (!(await sendWaiting())) throw new Error('some of it waits')
}

scope.addEventListener('install', (event) => {
  bringEngine()
  event.waitUntil(install())
})
scope.addEventListener('activate', (event) => event.waitUntil(forgetOlder()))
scope.addEventListener('message', ({ data }) => {
  if (data === TAKE_OVER) void scope.skipWaiting()
})
scope.addEventListener('push', (event) => event.waitUntil(pushed()))
scope.addEventListener('sync', (event) => {
  if (event.tag === OUTBOX) event.waitUntil(sendOutbox())
})
scope.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(clicked(event.notification, event.action))
})
scope.addEventListener('fetch', (event) => {
  const { method, url } = event.request
  const { origin, pathname } = new URL(url)
  if (method !== 'GET' || origin !== location.origin || pathname.startsWith('/v1/')) return
  event.respondWith(answer(event.request))
})
