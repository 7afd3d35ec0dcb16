// The roll call: who has answered what, who has it, who has not, whom it cannot reach.
import { useState } from 'preact/hooks'
import type { Details } from '../screens/alert.tsx'
import { dialOf } from '../telephone.ts'
import { when, words } from '../words.ts'
import { answerName } from './alert-summary.tsx'
import { AwayTag } from './away-tag.tsx'
import { Icon } from './icon.tsx'

const STATES = ['waiting', 'received', 'answered', 'unreachable'] as const
type State = (typeof STATES)[number]

export function RollCall({ alert }: { alert: Details }) {
  const [only, setOnly] = useState<State | null>(null)
  const { rollCall: text } = words()
  const { rows } = alert
  const away = rows.filter((row) => row.away !== null).length
  const count = (state: State): number => rows.filter((row) => row.state === state).length
  const shown = only === null ? rows : rows.filter(({ state }) => state === only)
  return (
    <section class="roll-call" aria-labelledby="roll-call-title">
      <h2 id="roll-call-title">{text.title({ done: count('answered'), of: rows.length })}</h2>
      <progress
        value={count('answered')}
        max={Math.max(1, rows.length)}
        aria-label={text.title({ done: count('answered'), of: rows.length })}
      />
      {away > 0 && (
        <p class="note">
          {words().people.count({ count: rows.length })}, {words().away.ofThem({ count: away })}
        </p>
      )}
      {!alert.readsAnswers && <p class="note">{text.sealed()}</p>}
      <div class="chips" role="group" aria-label={text.filter()}>
        {STATES.filter((state) => count(state) > 0).map((state) => (
          <button
            key={state}
            type="button"
            class={`chip ${state}`}
            aria-pressed={only === state}
            onClick={() => setOnly(only === state ? null : state)}
          >
            {text.states[state]({ count: count(state) })}
          </button>
        ))}
      </div>
      <ul class="rows">
        {shown.map((row) => (
          <Row key={row.who.person} row={row} />
        ))}
      </ul>
    </section>
  )
}

function Row({ row }: { row: Details['rows'][number] }) {
  const { rollCall: text } = words()
  const { who, state, answer, at, doubtful, mobile, away } = row
  const said = answer === null ? text.state[state]() : answerName(answer)
  const dial = dialOf(mobile)
  return (
    <li class={`row roll ${state}`}>
      <span class="row-text">
        <span class="row-title">{who.name}</span>
        <span class="row-note">
          {said}
          {at !== null && ` · ${when(at)}`}
        </span>
        {doubtful !== null && (
          <span class="row-note bad">{text.doubtful({ answer: doubtful })}</span>
        )}
      </span>
      {state !== 'answered' && <AwayTag away={away} />}
      {state !== 'answered' && dial !== null && (
        <a class="icon-button" href={dial} aria-label={text.call({ name: who.name })}>
          <Icon name="phone" />
        </a>
      )}
    </li>
  )
}
