// Locks the device when none of its windows has been in front of anybody for a while.
import { signal } from '@preact/signals'
import { call } from './link.ts'

export const AUTO_LOCK_MINUTES = [1, 5, 30] as const
type Minutes = (typeof AUTO_LOCK_MINUTES)[number]
const CHOICE = 'lock after'
/** When a window was last in front: windows tell each other here. */
const SEEN = 'seen'
/** How often that is written, and looked at. Milliseconds. */
const BEAT = 10_000

export const autoLock = signal<Minutes>(
  AUTO_LOCK_MINUTES.find((one) => String(one) === localStorage.getItem(CHOICE)) ?? 5,
)

export function setAutoLock(minutes: Minutes): void {
  localStorage.setItem(CHOICE, String(minutes))
  autoLock.value = minutes
}

function isLate(): boolean {
  const seen = Number(localStorage.getItem(SEEN) ?? Date.now())
  return Date.now() - seen >= autoLock.value * 60_000
}

/** Also after a time in which the platform has stopped this page: on return it is looked at first. */
export function watchForLock(): void {
  const beat = (): void => {
    if (isLate()) void call('lockNow', undefined).catch(() => {})
    // From then on somebody is there; who has been away too long has been locked out just now.
    if (document.visibilityState === 'visible') localStorage.setItem(SEEN, String(Date.now()))
  }
  // A window that has just been opened as well: the one before may have slept through the time.
  beat()
  setInterval(beat, BEAT)
  document.addEventListener('visibilitychange', beat)
}
