// What a notification says. Apart from what the screens say: a service worker can load nothing later, so it carries
// every language.
import de from './notice/de.json' with { type: 'json' }
import en from './notice/en.json' with { type: 'json' }
import fr from './notice/fr.json' with { type: 'json' }
import type { Language } from './language.ts'
import type { Compiled } from './messages.ts'

const SOURCES: Record<Language, typeof en> = { en, de, fr }

/** The build has made functions of them. */
export const NOTICES = SOURCES as unknown as Record<Language, Compiled<typeof en>>
