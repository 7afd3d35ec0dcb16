// What goes on, or has to end, while nobody looks: what waits is sent by the service worker where the browser can,
// and a notification goes once its reason is on the screen.
import { useEffect } from 'preact/hooks'
import { ANSWERED, OUTBOX } from '../sw/signals.ts'
import { call, useValue } from './link.ts'

/** Background Sync, https://wicg.github.io/background-sync/spec/: Chromium alone has it. */
type Syncing = ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } }

export function useBackground(): void {
  const now = useValue('now', undefined)
  const channels = useValue('channels', undefined)
  const waits = (now?.waiting ?? 0) > 0
  useEffect(() => {
    if (waits) void askToSend().catch(() => {})
  }, [waits])
  const asked = now?.alerts.some(({ asks }) => asks) ?? true
  const unread = channels?.some((one) => one.counted > 0) ?? true
  useEffect(() => {
    if (!asked && !unread) void closeNotifications().catch(() => {})
  }, [asked, unread])
}

/** The service worker has stored something: what is on the screen is old. */
if ('serviceWorker' in navigator)
  navigator.serviceWorker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (data === ANSWERED) void call('hurry', undefined).catch(() => {})
  })

async function askToSend(): Promise<void> {
  const registration: Syncing = await navigator.serviceWorker.ready
  await registration.sync?.register(OUTBOX)
}

async function closeNotifications(): Promise<void> {
  const registration = await navigator.serviceWorker.ready
  for (const one of await registration.getNotifications()) one.close()
}
