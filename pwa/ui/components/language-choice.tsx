import { type Language, LANGUAGES } from '../../languages/language.ts'
import { useId } from 'preact/hooks'
import { choose, language, words } from '../words.ts'

/** Each in its own words: whoever cannot read the screen finds theirs. */
const NAMES: Record<Language, string> = { en: 'English', de: 'Deutsch', fr: 'Français' }

type Props = { title: string; chosen: Language; choose: (language: Language) => void }

export function LanguageChips({ title, chosen, choose: take }: Props) {
  const id = useId()
  return (
    <fieldset class="choice-row">
      <legend>{title}</legend>
      {LANGUAGES.map((one) => (
        <label key={one} class="chip" lang={one}>
          <input type="radio" name={id} checked={chosen === one} onChange={() => take(one)} />
          <span>{NAMES[one]}</span>
        </label>
      ))}
    </fieldset>
  )
}

/** The language of the screen. */
export function LanguageChoice() {
  return (
    <LanguageChips
      title={words().settings.language()}
      chosen={language.value}
      choose={(one) => void choose(one)}
    />
  )
}
