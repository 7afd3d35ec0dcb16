// A newer version that waits: somebody has to ask for it, and no window changes over while somebody writes in it
// or an alert is on its screen.
import { signal } from '@preact/signals'
import { CHANGED, LOOK, TAKE_OVER, WAITS } from '../sw/signals.ts'
import { watchGuard } from './guard-watch.ts'
import { scriptUrl } from './trusted.ts'

/** There is one, and it has every file. */
export const updateWaits = signal(false)

/** A browser looks by itself only when a window is opened. Milliseconds. */
const LOOK_EVERY = 3_600_000
/** How often a window that is in use is looked at until it can change over. Milliseconds. */
const TRY_EVERY = 1_000

/** Registers the service worker. A private window or a blocked one has none: the app does without. */
export async function watchForUpdates(): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  const { serviceWorker } = navigator
  serviceWorker.addEventListener('message', ({ data }) => {
    if (data === WAITS) updateWaits.value = true
    if (data === CHANGED) changeOver()
  })
  serviceWorker.startMessages()
  watchGuard(await serviceWorker.register(scriptUrl('serviceWorker')))
  await ask(LOOK)
  setInterval(() => void ask(LOOK).catch(() => {}), LOOK_EVERY)
}

async function ask(word: string): Promise<void> {
  const { active } = await navigator.serviceWorker.ready
  active?.postMessage(word)
}

/** All windows of the app change over. */
export function takeOver(): void {
  void ask(TAKE_OVER)
}

/** The files that this page was made of are gone: it has to go, too, as soon as nobody is disturbed. */
function changeOver(): void {
  const trying = setInterval(() => {
    if (isBusy()) return
    clearInterval(trying)
    location.reload()
  }, TRY_EVERY)
}

/** Is there an alert or a question on the screen, or something that somebody has begun to write? */
export function isBusy(): boolean {
  if (document.querySelector('dialog[open], .voice, .attachments') !== null) return true
  if (location.pathname.startsWith('/alerts')) return true
  const fields = document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>(
    'textarea:not([readonly]), input:not([type=radio], [type=checkbox], [type=search])',
  )
  return [...fields].some(({ value }) => value !== '')
}
