// The language of the screen: its messages, and how it writes times and numbers.
import { signal } from '@preact/signals'
import { isLanguage, type Language } from '../languages/language.ts'
import {
  loadMessages,
  loadSeldom,
  type Messages,
  type SeldomMessages,
} from '../languages/messages.ts'

const CHOICE = 'language'
const messages = signal<Messages | null>(null)
const seldom = signal<SeldomMessages | null>(null)
export const language = signal<Language>(chosen())

/** What somebody has chosen, else the first language of the browser that we speak, else English. */
function chosen(): Language {
  const wanted = [localStorage.getItem(CHOICE), ...navigator.languages]
  return wanted.map((one) => one?.slice(0, 2)).find((one) => isLanguage(one)) ?? 'en'
}

/** Resolves when the messages are there; nothing is shown before, so that nothing jumps. */
export async function speak(next: Language): Promise<void> {
  const more = seldom.value === null ? null : await loadSeldom(next)
  messages.value = await loadMessages(next)
  if (more !== null) seldom.value = more
  language.value = next
  document.documentElement.lang = next
  // The service worker speaks it too.
  void caches
    ?.open('settings')
    .then((cache) => cache.put('/language', new Response(next)))
    .catch(() => {})
}

export async function choose(next: Language): Promise<void> {
  localStorage.setItem(CHOICE, next)
  await speak(next)
}

/** Resolves when what is rarely opened can speak too. */
export async function speakSeldom(): Promise<void> {
  seldom.value ??= await loadSeldom(language.value)
}

/** Call only where `speak` has resolved, as everywhere below the app. */
export function words(): Messages {
  if (messages.value === null) throw new Error('the language has not been loaded')
  return messages.value
}

/** Call only in what seldom.ts brings. */
export function seldomWords(): SeldomMessages {
  if (seldom.value === null) throw new Error('the language has not been loaded')
  return seldom.value
}

/** How each language writes dates: English as in Europe, with 24 hours. */
const LOCALES: Record<Language, string> = { en: 'en-GB', de: 'de', fr: 'fr' }

type Style = Intl.DateTimeFormatOptions
const formats = new Map<string, Intl.DateTimeFormat>()

function format(at: number, style: Style): string {
  const key = language.value + JSON.stringify(style)
  const known = formats.get(key) ?? new Intl.DateTimeFormat(LOCALES[language.value], style)
  formats.set(key, known)
  return known.format(at)
}

export const time = (at: number): string => format(at, { hour: '2-digit', minute: '2-digit' })
export const day = (at: number): string =>
  format(at, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
export const date = (at: number): string =>
  format(at, { day: 'numeric', month: 'short', year: 'numeric' })
export const moment = (at: number): string =>
  format(at, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })

export const isSameDay = (a: number, b: number): boolean =>
  new Date(a).toDateString() === new Date(b).toDateString()

/** As short as it stays clear: the time of today, the date of everything else. */
export function when(at: number, now = Date.now()): string {
  return isSameDay(at, now) ? time(at) : format(at, { day: 'numeric', month: 'short' })
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const

export function size(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(3, Math.floor(Math.log10(bytes) / 3))
  const unit = UNITS[step] as string
  const style = { style: 'unit', unit, maximumFractionDigits: step > 1 ? 1 : 0 } as const
  return new Intl.NumberFormat(LOCALES[language.value], style).format(bytes / 1000 ** step)
}
