// On a person's page: until when they are away, and the way to say it.
import { useState } from 'preact/hooks'
import { MAX_NOTE } from '../../../protocol/limits.ts'
import { call } from '../link.ts'
import { words } from '../words.ts'
import { Act } from './act.tsx'
import { lastDay } from './away-tag.tsx'
import { Icon } from './icon.tsx'
import type { Details } from './person.tsx'

const CHOICES = [
  ['today', 0],
  ['tomorrow', 1],
  ['week', 7],
] as const

export function Away({ person }: { person: Details }) {
  const { away: text } = words()
  const { away, mayAway } = person
  if (away === null && !mayAway) return null
  return (
    <section aria-labelledby="away-title">
      <h2 id="away-title">{text.title()}</h2>
      {away !== null && (
        <p class="away" role="status">
          <Icon name="clock" />
          <span>{text.until({ time: lastDay(away.until) })}</span>
          {away.note !== '' && <span class="note">{away.note}</span>}
        </p>
      )}
      {away !== null && mayAway && <Back person={person} />}
      {away === null && mayAway && <Leave person={person} />}
    </section>
  )
}

function Back({ person }: { person: Details }) {
  const { away: text } = words()
  const back = () => call('setAway', { person: person.person, until: 0, note: '' })
  return (
    <div class="actions">
      <Act act={back}>{person.mine ? text.backMine() : text.back({ name: person.name })}</Act>
    </div>
  )
}

function Leave({ person }: { person: Details }) {
  const [open, setOpen] = useState(false)
  const { away: text } = words()
  if (open) return <Form person={person} />
  return (
    <div class="actions">
      <button type="button" class="button" onClick={() => setOpen(true)}>
        {person.mine ? text.leaveMine() : text.leave({ name: person.name })}
      </button>
    </div>
  )
}

function Form({ person }: { person: Details }) {
  const [last, setLast] = useState('')
  const [note, setNote] = useState('')
  const { away: text } = words()
  const say = (): Promise<unknown> =>
    call('setAway', { person: person.person, until: endOf(last), note: note.trim() })
  // Bytes, as the protocol counts them: nothing is refused after typing.
  const long = new TextEncoder().encode(note.trim()).length > MAX_NOTE
  return (
    <>
      <p class="note">{text.what()}</p>
      <div class="chips" role="group" aria-label={text.lastDay()}>
        {CHOICES.map(([name, days]) => (
          <button
            key={name}
            type="button"
            class="chip"
            aria-pressed={last === dayIn(days)}
            onClick={() => setLast(dayIn(days))}
          >
            {text[name]()}
          </button>
        ))}
      </div>
      <label class="field">
        <span>{text.lastDay()}</span>
        <input
          type="date"
          min={dayIn(0)}
          value={last}
          onInput={(event) => setLast(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>{text.note()}</span>
        <input
          autocomplete="off"
          value={note}
          placeholder={text.noteHint()}
          onInput={(event) => setNote(event.currentTarget.value)}
        />
        {long && <span class="note">{text.noteLong()}</span>}
      </label>
      <div class="actions">
        <Act kind="main" act={say} disabled={last === '' || last < dayIn(0) || long}>
          {person.mine ? text.say() : text.sayOther({ name: person.name })}
        </Act>
      </div>
    </>
  )
}

/** The day so many days from today, as a date field has it, by the calendar of this device. */
function dayIn(days: number): string {
  const at = new Date()
  at.setDate(at.getDate() + days)
  const two = (number: number): string => String(number).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}

/** The last minute of that day: whoever is away on it is back on the next. */
const endOf = (day: string): number => new Date(`${day}T23:59:00`).getTime()
