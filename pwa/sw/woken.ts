// A push has come: what is new is fetched, opened where the lock permits, and said. Whatever goes wrong, each push
// shows one notification: an iPhone ends the subscription after three without.
import type { Woken } from '../device/wake.ts'
import { engine } from './engine.ts'
import { isLanguage, type Language } from '../languages/language.ts'
import { answeredNotice, type Notice, noticeOf, plainNotice } from './notice.ts'
import { scope, type ShowOptions, windows } from './scope.ts'
import { ANSWERED, PUSHED, TAG } from './signals.ts'

/** Less than a phone gives a woken app. Milliseconds. */
const PATIENCE = 12_000
const ANSWER = 'answer/'

type Kept = { alert: string | null; choices: string[] }

export async function pushed(): Promise<void> {
  const speaking = await language()
  let work: Promise<void> = Promise.resolve()
  const first = new Promise<Notice>((resolve) => {
    work = look(speaking, resolve)
  })
  await show(await first)
  for (const window of await windows()) window.postMessage(PUSHED)
  // The receipt, and what waits: the browser must not end this before.
  await work
}

/** Gives what the engine finds, or after a while, or when anything fails, the plain notice. Never throws. */
async function look(speaking: Language, give: (notice: Notice) => void): Promise<void> {
  const plain = (): void => give(plainNotice(speaking))
  setTimeout(plain, PATIENCE)
  const found = (woken: Woken): Promise<void> => {
    give(noticeOf(woken, speaking))
    return Promise.resolve()
  }
  try {
    const { wake } = await engine()
    await wake(found)
  } catch {
    // What is new is said next time; that there is something is said now.
  }
  // Where nothing could be opened nothing was found.
  plain()
}

async function show(notice: Notice): Promise<void> {
  const { title, body, choices, alert, quiet } = notice
  const kept: Kept = { alert, choices }
  // Without a picture of our own: a browser asks the box for it first, and waits as long as a dead line lets it.
  const options: ShowOptions = {
    body,
    data: kept,
    tag: TAG,
    renotify: !quiet,
    silent: quiet,
    requireInteraction: !quiet,
  }
  const actions = choices.map((title_, i) => ({ action: `${ANSWER}${i}`, title: title_ }))
  try {
    await scope.registration.showNotification(title, { ...options, actions })
  } catch {
    // A browser that knows no actions, or not so many.
    await scope.registration.showNotification(title, options)
  }
}

/** A tap on the notification, or on one of its answers. */
export async function clicked({ data }: Notification, action: string): Promise<void> {
  const { alert, choices } = (data ?? { alert: null, choices: [] }) as Kept
  const choice = action.startsWith(ANSWER)
    ? choices[Number(action.slice(ANSWER.length))]
    : undefined
  if (alert === null || choice === undefined) return openApp(alert)
  const outcome = await answer(alert, choice)
  if (outcome === 'failed') await openApp(alert)
  await show(answeredNotice(outcome, choice, await language()))
  for (const window of await windows()) window.postMessage(ANSWERED)
}

async function answer(alert: string, choice: string): Promise<'sent' | 'waits' | 'failed'> {
  try {
    const { answerWoken } = await engine()
    return (await answerWoken(alert, choice)) ?? 'failed'
  } catch {
    return 'failed'
  }
}

async function openApp(alert: string | null): Promise<void> {
  const [open] = await windows()
  if (open !== undefined) await open.focus()
  else await scope.clients.openWindow(alert === null ? '/' : `/alerts/${alert}`)
}

/** As the page has left it here: what it keeps for itself a worker cannot read. */
async function language(): Promise<Language> {
  try {
    const kept = await (await caches.open('settings')).match('/language')
    const text = await kept?.text()
    return isLanguage(text) ? text : 'en'
  } catch {
    return 'en'
  }
}
