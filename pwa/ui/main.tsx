// How the app begins: language, then the screens. The service worker comes last, it must not delay anybody.
import { render } from 'preact'
import { App } from './app.tsx'
import { watchForLock } from './auto-lock.ts'
import { applyTheme } from './components/theme-choice.tsx'
import { keepFocus } from './focus.ts'
import { call } from './link.ts'
import { watchForUpdates } from './update.ts'
import { language, speak } from './words.ts'

/** Back on a network or back in front of somebody: a pause that an earlier failure has earned is over. */
function hurry(): void {
  if (document.visibilityState === 'visible') void call('hurry', undefined).catch(() => {})
}

addEventListener('online', hurry)
document.addEventListener('visibilitychange', hurry)

applyTheme()
watchForLock()
keepFocus()
await speak(language.value)
render(<App />, document.querySelector('#app') as HTMLElement)

void watchForUpdates().catch(() => {})
