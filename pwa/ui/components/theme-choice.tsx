import { signal } from '@preact/signals'
import { words } from '../words.ts'

const THEMES = ['system', 'light', 'dark', 'contrast'] as const
type Theme = (typeof THEMES)[number]
const CHOICE = 'theme'

const theme = signal<Theme>(THEMES.find((one) => one === localStorage.getItem(CHOICE)) ?? 'system')

/** Before anything is drawn, so that nothing flashes. */
export function applyTheme(): void {
  document.documentElement.dataset['theme'] = theme.value
}

export function ThemeChoice() {
  const { settings } = words()
  const choose = (one: Theme): void => {
    localStorage.setItem(CHOICE, one)
    theme.value = one
    applyTheme()
  }
  return (
    <fieldset class="choice-row">
      <legend>{settings.look()}</legend>
      {THEMES.map((one) => (
        <label key={one} class="chip">
          <input
            type="radio"
            name="theme"
            checked={theme.value === one}
            onChange={() => choose(one)}
          />
          <span>{settings.themes[one]()}</span>
        </label>
      ))}
    </fieldset>
  )
}
