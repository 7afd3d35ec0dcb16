// What a notification says: as much as this device can know at the moment, never who has written what in a
// conversation. In the language of the screen.
import type { Woken } from '../device/wake.ts'
import type { Language } from '../languages/language.ts'
import { NOTICES } from '../languages/notices.ts'

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

const NAME = 'Holdfast'
const EMPTY = { choices: [], alert: null, quiet: false }
/** As much as a locked phone shows; the rest is in the app. Characters. */
const LONGEST = 300

/** The one that needs to know nothing. */
export function plainNotice(language: Language): Notice {
  return { ...EMPTY, title: NAME, body: NOTICES[language].something() }
}

/** Of what was found. An alert that nobody has looked at here goes before everything else. */
export function noticeOf(
  { org, alert, unanswered, unread, muted }: Woken,
  language: Language,
): Notice {
  const words = NOTICES[language]
  const count = unread.reduce((sum, one) => sum + one.count, 0)
  if (alert !== null) {
    const { exercise, from, text, answers, id } = alert
    const title = `${exercise ? words.exercise() : words.live()} · ${org}`
    const body = from === '' ? text : `${from}: ${text}`
    return { ...EMPTY, title, body: body.slice(0, LONGEST), choices: answers, alert: id }
  }
  const title = `${NAME} · ${org}`
  const waits = unanswered === 0 ? [] : [words.unanswered({ count: unanswered })]
  const titles = unread.map((one) => one.title).join(', ')
  const said = count === 0 ? [] : [`${words.messages({ count })}: ${titles}`.slice(0, LONGEST)]
  const body = [...waits, ...said].join(' · ')
  if (count === 0 && muted > 0) {
    const quiet = { ...EMPTY, title, quiet: true }
    return { ...quiet, body: [...waits, words.muted()].join(' · ') }
  }
  return body === '' ? plainNotice(language) : { ...EMPTY, title, body }
}

/** What became of an answer. */
export function answeredNotice(
  outcome: 'sent' | 'waits' | 'failed',
  choice: string,
  language: Language,
): Notice {
  const words = NOTICES[language]
  const bodies = { sent: words.answered, waits: words.waits, failed: words.failed }
  return { ...EMPTY, title: NAME, body: bodies[outcome]({ choice }) }
}
