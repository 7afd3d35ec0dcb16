// Being woken while the app is closed: permission, subscription, and the proof that a push arrives.
import { signal } from '@preact/signals'
import { PUSHED } from '../sw/signals.ts'
import { call, Refused } from './link.ts'

/** `unable`: this browser has no push, as Safari outside the home screen. */
type Standing = 'unable' | 'undecided' | 'denied' | 'on'

export const standing = signal<Standing>(look())
/** How long a push may take until it counts as lost. Milliseconds. */
const PATIENCE = 30_000
/** How long a browser may take to give a subscription up. Milliseconds. */
const FAREWELL = 3_000

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

/** What notifications have said goes from the list of the phone. */
export async function clearNotices(): Promise<void> {
  if (look() === 'unable') return
  const worker = await navigator.serviceWorker.getRegistration()
  for (const notice of (await worker?.getNotifications()) ?? []) notice.close()
}

/**
 * Nothing rings here any more. The box need not be told, nor be there: the push service will answer that the
 * subscription is gone. What a browser fails to do holds nothing up.
 */
export async function fallSilent(): Promise<void> {
  if (look() === 'unable') return
  const leave = async (): Promise<void> => {
    await clearNotices()
    const worker = await navigator.serviceWorker.getRegistration()
    await (await worker?.pushManager.getSubscription())?.unsubscribe()
  }
  await Promise.race([leave(), late(FAREWELL)]).catch(() => {})
}

const late = (milliseconds: number): Promise<never> =>
  new Promise((_, reject) => setTimeout(() => reject(new Error('too late')), milliseconds))

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
    // A browser that cannot reach its service goes on trying for minutes.
    const asked = pushManager.subscribe({ userVisibleOnly: true, applicationServerKey })
    return await Promise.race([asked, late(PATIENCE)])
  } catch (error) {
    throw new Refused({ code: 'push_unable', detail: String(error) })
  }
}

function isFor({ options }: PushSubscription, key: Uint8Array): boolean {
  const present = new Uint8Array(options.applicationServerKey ?? new ArrayBuffer(0))
  return present.length === key.length && present.every((byte, i) => byte === key[i])
}

function nextPush(): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      end()
      reject(new Refused({ code: 'push_lost', detail: '' }))
    }, PATIENCE)
    const end = whenPushed(() => {
      clearTimeout(timer)
      end()
      resolve()
    })
  })
}

/** The service worker says when one has come; what is returned ends that. */
export function whenPushed(heard: () => void): () => void {
  if (!('serviceWorker' in navigator)) return () => {}
  const { serviceWorker } = navigator
  const listening = new AbortController()
  const hear = ({ data }: MessageEvent<unknown>): void => {
    if (data === PUSHED) heard()
  }
  serviceWorker.addEventListener('message', hear, { signal: listening.signal })
  serviceWorker.startMessages()
  return () => listening.abort()
}
