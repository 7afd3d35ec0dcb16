// What a notification says: as much as this device can know at the moment, never who has written what in a
// conversation. In the language of the screen.
import type { Woken } from '../device/wake.ts'

export type Language = 'en' | 'de' | 'fr'
export type Notice = {
  title: string
  body: string
  /** Answers that can be given from here. */
  choices: string[]
  /** The alert they belong to, or null. */
  alert: string | null
  /** It shows, and makes no sound. */
  quiet: boolean
}

type Words = {
  something: string
  live: string
  exercise: string
  messages: (count: number) => string
  unanswered: (count: number) => string
  muted: string
  answered: (choice: string) => string
  waits: (choice: string) => string
  failed: string
}

const WORDS: Record<Language, Words> = {
  en: {
    something: 'There is something new. Open to see whether it is an alert.',
    live: 'ALERT',
    exercise: 'EXERCISE',
    messages: (count) => (count === 1 ? '1 new message' : `${count} new messages`),
    unanswered: (count) =>
      count === 1 ? '1 alert waits for your answer' : `${count} alerts wait for your answer`,
    muted: 'New messages in muted conversations',
    answered: (choice) => `Your answer is on the box: ${choice}`,
    waits: (choice) => `Your answer waits on this device: ${choice}`,
    failed: 'Your answer was not taken. Open the app to answer.',
  },
  de: {
    something: 'Es gibt etwas Neues. Öffnen, um zu sehen, ob es ein Alarm ist.',
    live: 'ALARM',
    exercise: 'ÜBUNG',
    messages: (count) => (count === 1 ? '1 neue Nachricht' : `${count} neue Nachrichten`),
    unanswered: (count) =>
      count === 1 ? '1 Alarm wartet auf Ihre Antwort' : `${count} Alarme warten auf Ihre Antwort`,
    muted: 'Neue Nachrichten in stummen Gesprächen',
    answered: (choice) => `Ihre Antwort ist auf der Box: ${choice}`,
    waits: (choice) => `Ihre Antwort wartet auf diesem Gerät: ${choice}`,
    failed: 'Ihre Antwort wurde nicht angenommen. Zum Antworten die App öffnen.',
  },
  fr: {
    something: 'Il y a du nouveau. Ouvrir pour voir si c’est une alerte.',
    live: 'ALERTE',
    exercise: 'EXERCICE',
    messages: (count) => (count === 1 ? '1 nouveau message' : `${count} nouveaux messages`),
    unanswered: (count) =>
      count === 1 ? '1 alerte attend votre réponse' : `${count} alertes attendent votre réponse`,
    muted: 'Nouveaux messages dans des conversations muettes',
    answered: (choice) => `Votre réponse est sur la box : ${choice}`,
    waits: (choice) => `Votre réponse attend sur cet appareil : ${choice}`,
    failed: 'Votre réponse n’a pas été prise. Ouvrir l’application pour répondre.',
  },
}
const NAME = 'Holdfast'
const EMPTY = { choices: [], alert: null, quiet: false }
/** As much as a locked phone shows; the rest is in the app. Characters. */
const LONGEST = 300

export const isLanguage = (text: string): text is Language => Object.hasOwn(WORDS, text)

/** The one that needs to know nothing. */
export function plainNotice(language: Language): Notice {
  return { ...EMPTY, title: NAME, body: WORDS[language].something }
}

/** Of what was found. An alert that nobody has looked at here goes before everything else. */
export function noticeOf(
  { org, alert, unanswered, unread, muted }: Woken,
  language: Language,
): Notice {
  const words = WORDS[language]
  const count = unread.reduce((sum, one) => sum + one.count, 0)
  if (alert !== null) {
    const { exercise, from, text, answers, id } = alert
    const title = `${exercise ? words.exercise : words.live} · ${org}`
    const body = from === '' ? text : `${from}: ${text}`
    return { ...EMPTY, title, body: body.slice(0, LONGEST), choices: answers, alert: id }
  }
  const title = `${NAME} · ${org}`
  const waits = unanswered === 0 ? [] : [words.unanswered(unanswered)]
  const titles = unread.map((one) => one.title).join(', ')
  const said = count === 0 ? [] : [`${words.messages(count)}: ${titles}`.slice(0, LONGEST)]
  const body = [...waits, ...said].join(' · ')
  if (count === 0 && muted > 0) {
    const quiet = { ...EMPTY, title, quiet: true }
    return { ...quiet, body: [...waits, words.muted].join(' · ') }
  }
  return body === '' ? plainNotice(language) : { ...EMPTY, title, body }
}

/** What became of an answer. */
export function answeredNotice(
  outcome: 'sent' | 'waits' | 'failed',
  choice: string,
  language: Language,
): Notice {
  const words = WORDS[language]
  const bodies = { sent: words.answered(choice), waits: words.waits(choice), failed: words.failed }
  return { ...EMPTY, title: NAME, body: bodies[outcome] }
}
