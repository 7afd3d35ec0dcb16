// The languages of the app. The build turns each message into a function (scripts/app-plugins.ts); en.json says
// which there are.
import type english from './en.json'
import type { Language } from './language.ts'
import type seldomEnglish from './seldom/en.json'

type Values = Record<string, string | number>
export type Compiled<T> = {
  [K in keyof T]: T[K] extends string ? (values?: Values) => string : Compiled<T[K]>
}
export type Messages = Compiled<typeof english>
/** What only screens say that are rarely opened. */
export type SeldomMessages = Compiled<typeof seldomEnglish>

/** One language is loaded, the others stay away until somebody asks for them. */
const FILES: Record<Language, () => Promise<{ default: unknown }>> = {
  en: () => import('./en.json', { with: { type: 'json' } }),
  de: () => import('./de.json', { with: { type: 'json' } }),
  fr: () => import('./fr.json', { with: { type: 'json' } }),
}

const SELDOM: typeof FILES = {
  en: () => import('./seldom/en.json', { with: { type: 'json' } }),
  de: () => import('./seldom/de.json', { with: { type: 'json' } }),
  fr: () => import('./seldom/fr.json', { with: { type: 'json' } }),
}

export async function loadMessages(language: Language): Promise<Messages> {
  return (await FILES[language]()).default as Messages
}

export async function loadSeldom(language: Language): Promise<SeldomMessages> {
  return (await SELDOM[language]()).default as SeldomMessages
}
