// The guard of the app, the one file that is the same in every release: it keeps what is signed, answers with that
// alone, and runs nothing else. What a push or a tap on a notification does stands in the release (waker.ts).
import { bring, forgetOlder, keptAnswer, scriptOf, takeOver, waits } from './kept-release.ts'
import { scope, windows } from './scope.ts'
import { CHANGED, LOOK, OUTBOX, TAG, TAKE_OVER, WAITS } from './signals.ts'
import type { Waker } from './waker.ts'

declare let holdfastWaker: Waker

const policy = globalThis.trustedTypes?.createPolicy('holdfast', { createScript: (text) => text })
let loading = new Map<string, Promise<void>>()

/** Only scripts of a release that was signed get here: a service worker may import nothing once it is installed. */
async function run(name: string): Promise<void> {
  const text = await scriptOf(name)
  // oxlint-disable-next-line no-eval -- indirect: it runs like a script of its own
  ;(0, eval)(policy?.createScript(text) ?? text)
}

function load(name: string): Promise<void> {
  const known = loading.get(name) ?? run(name)
  loading.set(name, known)
  known.catch(() => loading.delete(name))
  return known
}
Object.assign(globalThis, { holdfastLoad: load })

async function waker(): Promise<Waker> {
  await load('waker')
  return holdfastWaker
}

/** Whatever goes wrong, each push shows something: an iPhone ends the subscription after three without. */
async function pushed(): Promise<void> {
  try {
    await (await waker()).pushed()
  } catch {
    const body = 'Open Holdfast. · Holdfast öffnen. · Ouvrez Holdfast.'
    await scope.registration.showNotification('Holdfast', { body, tag: TAG })
  }
}

async function clicked(notification: Notification, action: string): Promise<void> {
  try {
    await (await waker()).clicked(notification, action)
  } catch {
    await scope.clients.openWindow('/')
  }
}

/** The browser tries again later where this throws. */
const sendOutbox = async (): Promise<void> => (await waker()).sendOutbox()

async function tell(word: string): Promise<void> {
  for (const window of await windows()) window.postMessage(word)
}

/** `asked`: whoever wants to know when it is done. */
async function look(asked: readonly MessagePort[]): Promise<void> {
  // What has waited for a day waits for no answer of the box either.
  if ((await waits()) === 'long') await changeOver()
  try {
    await bring()
  } catch {
    // Out of reach, or nothing that is signed: what is kept stays.
  }
  if ((await waits()) !== 'no') await tell(WAITS)
  for (const port of asked) port.postMessage(LOOK)
}

async function changeOver(): Promise<void> {
  if (!(await takeOver())) return
  loading = new Map()
  await tell(CHANGED)
}

async function answer(request: Request): Promise<Response> {
  if (request.mode === 'navigate' && (await windows()).length === 0) {
    await changeOver()
    await forgetOlder()
  }
  return (await keptAnswer(request)) ?? fetch(request)
}

scope.addEventListener('install', (event) => {
  // What it keeps is the same for every guard: nothing speaks for waiting.
  event.waitUntil(bring().then(() => scope.skipWaiting()))
})
scope.addEventListener('message', (event) => {
  if (event.data === TAKE_OVER) event.waitUntil(changeOver())
  if (event.data === LOOK) event.waitUntil(look(event.ports))
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
  const { method, mode, url } = event.request
  const { origin, pathname } = new URL(url)
  if (origin !== location.origin) return
  // A page is the app, whatever its address and however it is asked for: the box shows none of its own here.
  const page = mode === 'navigate'
  const ofBox = pathname.startsWith('/v1/') || pathname.startsWith('/release/')
  if (!page && (method !== 'GET' || ofBox)) return
  event.respondWith(answer(event.request))
})
