import { type Language, LANGUAGES } from '../../languages/messages.ts'
import { choose, language, words } from '../words.ts'

/** Each in its own words: whoever cannot read the screen finds theirs. */
const NAMES: Record<Language, string> = { en: 'English', de: 'Deutsch', fr: 'Français' }

export function LanguageChoice() {
  return (
    <fieldset class="choice-row">
      <legend>{words().settings.language()}</legend>
      {LANGUAGES.map((one) => (
        <label key={one} class="chip" lang={one}>
          <input
            type="radio"
            name="language"
            checked={language.value === one}
            onChange={() => void choose(one)}
          />
          <span>{NAMES[one]}</span>
        </label>
      ))}
    </fieldset>
  )
}
