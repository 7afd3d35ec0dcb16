// Being woken while the app is closed: permission, subscription, and the proof that a push arrives.
import { signal } from '@preact/signals'
import { PUSHED } from '../sw/signals.ts'
import { call, Refused } from './link.ts'

/** `unable`: this browser has no push, as Safari outside the home screen. */
type Standing = 'unable' | 'undecided' | 'denied' | 'on'

export const standing = signal<Standing>(look())
/** How long a push may take until it counts as lost. Milliseconds. */
const PATIENCE = 30_000

function look(): Standing {
  const able =
    'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis
  if (!able) return 'unable'
  const { permission } = Notification
  return permission === 'granted' ? 'on' : permission === 'denied' ? 'denied' : 'undecided'
}

/** Asks, subscribes, and waits for a push to arrive. Throws `Refused`: `push_denied`, `push_unable`, `push_lost`. */
export async function enable(): Promise<void> {
  if (look() === 'unable') throw new Refused({ code: 'push_unable', detail: '' })
  await Notification.requestPermission()
  standing.value = look()
  if (standing.value !== 'on') throw new Refused({ code: 'push_denied', detail: '' })
  await tell()
  await prove()
}

/** At every start: browsers give subscriptions up without a word, and the box forgets those that are gone. */
export async function renew(): Promise<void> {
  standing.value = look()
  if (standing.value === 'on') await tell()
}

export async function prove(): Promise<void> {
  const arrived = nextPush()
  await call('testPush', undefined)
  await arrived
  await call('pushArrived', undefined)
}

async function tell(): Promise<void> {
  const told = await subscription()
  const { endpoint } = told
  const [p256dh, auth] = [told.getKey('p256dh'), told.getKey('auth')]
  if (p256dh === null || auth === null) throw new Refused({ code: 'push_unable', detail: '' })
  const keys = { p256dh: new Uint8Array(p256dh), auth: new Uint8Array(auth) }
  await call('subscribe', { endpoint, ...keys })
}

/** The one there is, if it is for this box. */
async function subscription(): Promise<PushSubscription> {
  const { pushManager } = await navigator.serviceWorker.ready
  const applicationServerKey = new Uint8Array(await call('pushKey', undefined))
  const present = await pushManager.getSubscription()
  if (present !== null && isFor(present, applicationServerKey)) return present
  await present?.unsubscribe()
  try {
    return await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey })
  } catch (error) {
    throw new Refused({ code: 'push_unable', detail: String(error) })
  }
}

function isFor({ options }: PushSubscription, key: Uint8Array): boolean {
  const present = new Uint8Array(options.applicationServerKey ?? new ArrayBuffer(0))
  return present.length === key.length && present.every((byte, i) => byte === key[i])
}

/** The service worker says when one has come. */
function nextPush(): Promise<void> {
  return new Promise((resolve, reject) => {
    const ending = new AbortController()
    const late = setTimeout(() => {
      ending.abort()
      reject(new Refused({ code: 'push_lost', detail: '' }))
    }, PATIENCE)
    const hear = ({ data }: MessageEvent<unknown>): void => {
      if (data !== PUSHED) return
      clearTimeout(late)
      ending.abort()
      resolve()
    }
    navigator.serviceWorker.addEventListener('message', hear, { signal: ending.signal })
    navigator.serviceWorker.startMessages()
  })
}
