// A practice alert to oneself: the screen and the sound of an exercise, with one tap to answer. It is made here
// and goes nowhere; a real alert ends it at once.
import { useEffect, useState } from 'preact/hooks'
import { useValue } from '../link.ts'
import { words } from '../words.ts'
import { Takeover } from './alert-takeover.tsx'
import type { AlertCard } from './alert-summary.tsx'
import { Icon } from './icon.tsx'

type Standing = { state: 'none' } | { state: 'rings'; since: number } | Over
type Over = { state: 'answered'; seconds: number } | { state: 'aside' }

export function Practice() {
  const [standing, setStanding] = useState<Standing>({ state: 'none' })
  const { practice: text } = words()
  const begin = (): void => setStanding({ state: 'rings', since: Date.now() })
  return (
    <section aria-labelledby="practice-title">
      <h2 id="practice-title">{text.title()}</h2>
      <p>{text.what()}</p>
      <div class="actions">
        <button type="button" class="button exercise" onClick={begin}>
          <Icon name="exercise" />
          {text.begin()}
        </button>
      </div>
      {standing.state === 'answered' && (
        <p class="calm" role="status">
          <Icon name="check" />
          {text.answered({ seconds: standing.seconds })}
        </p>
      )}
      {standing.state === 'aside' && <p role="status">{text.aside()}</p>}
      {standing.state === 'rings' && <Ringing since={standing.since} over={setStanding} />}
    </section>
  )
}

function Ringing({ since, over }: { since: number; over: (how: Over) => void }) {
  const now = useValue('now', undefined)
  const me = useValue('stage', undefined)?.me
  const { practice: text } = words()
  const real = now?.alerts.some(({ asks }) => asks) ?? false
  useEffect(() => {
    if (real) over({ state: 'aside' })
  }, [real])
  if (real || me === undefined || me === null) return null
  const alert: AlertCard = {
    id: 'practice',
    channel: '',
    audience: text.audience(),
    from: me,
    at: since,
    exercise: true,
    text: text.text(),
    answers: ['safe', 'need help'],
    state: 'open',
    end: null,
    corrections: [],
    mine: null,
    asks: true,
  }
  const answer = (): Promise<void> => {
    over({ state: 'answered', seconds: Math.round((Date.now() - since) / 1000) })
    return Promise.resolve()
  }
  return <Takeover alert={alert} practice={answer} later={() => over({ state: 'aside' })} />
}
