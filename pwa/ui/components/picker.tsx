// Choosing people: a filter, and a list to tick.
import { useState } from 'preact/hooks'
import type { View } from '../../device/wire.ts'
import { words } from '../words.ts'

type Person = View<'people'>[number]
type Props = { people: Person[]; chosen: string[]; choose: (chosen: string[]) => void }

export function Picker({ people, chosen, choose }: Props) {
  const [filter, setFilter] = useState('')
  const { picker } = words()
  const shown = people.filter((one) => matches(one, filter))
  const toggle = (person: string): void =>
    choose(chosen.includes(person) ? chosen.filter((one) => one !== person) : [...chosen, person])
  const whole = shown.length > 0 && shown.every(({ person }) => chosen.includes(person))
  const toggleAll = (): void => {
    const rest = chosen.filter((one) => !shown.some(({ person }) => person === one))
    choose(whole ? rest : [...rest, ...shown.map(({ person }) => person)])
  }
  return (
    <fieldset class="picker">
      <legend>{picker.title({ count: chosen.length })}</legend>
      <input
        type="search"
        autocomplete="off"
        value={filter}
        placeholder={picker.search()}
        aria-label={picker.search()}
        onInput={(event) => setFilter(event.currentTarget.value)}
      />
      <label class="check">
        <input type="checkbox" checked={whole} onChange={toggleAll} />
        <span>{picker.all({ count: shown.length })}</span>
      </label>
      <div class="picker-list">
        {shown.map((one) => (
          <label key={one.person} class="check">
            <input
              type="checkbox"
              checked={chosen.includes(one.person)}
              onChange={() => toggle(one.person)}
            />
            <span>
              {one.name}
              {one.profile.department !== '' && <span class="note"> {one.profile.department}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

/** Whatever part of the name, the department or the place somebody remembers. */
export function matches({ name, profile }: Person, filter: string): boolean {
  const wanted = filter.trim().toLocaleLowerCase()
  const text = [name, profile.department, profile.site, profile.title].join(' ')
  return text.toLocaleLowerCase().includes(wanted)
}
