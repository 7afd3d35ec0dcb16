// Cards from a roster: what is in the file, how it differs from the directory, and then cards and changes.
import { useState } from 'preact/hooks'
import type { CallResult } from '../../device/wire.ts'
import { CardSheet } from '../components/card-sheet.tsx'
import { FileDrop } from '../components/file-drop.tsx'
import { leave } from '../components/leave-guard.tsx'
import { Problem, Trouble } from '../components/problem.tsx'
import { Proposal } from '../components/proposal.tsx'
import { RosterChanges } from '../components/roster-changes.tsx'
import { RosterFresh } from '../components/roster-fresh.tsx'
import { RosterGone } from '../components/roster-gone.tsx'
import { RosterRead, type Plan } from '../components/roster-read.tsx'
import { asRefused } from '../components/act.tsx'
import { Head } from '../components/screen.tsx'
import { call, type CardMade, type Refused } from '../link.ts'
import { seldomWords } from '../words.ts'

type Seen =
  | { state: 'none' }
  | { state: 'reading' }
  | { state: 'read'; name: string; plan: Plan; key: number }
  | { state: 'not read'; sentence: string }
  | { state: 'refused'; error: Refused }
export type Waiting = { name: string; proposal: string }

type NotRead = Extract<CallResult<'readRoster'>, { refused: unknown }>['refused']

/** Why the whole file cannot be read, in the language of the screen. */
const sentenceOf = ({ code, values }: NotRead): string => seldomWords().roster.files[code](values)

export function ImportScreen() {
  const [seen, setSeen] = useState<Seen>({ state: 'none' })
  const { roster: text } = seldomWords()
  const read = async (file: File): Promise<void> => {
    setSeen({ state: 'reading' })
    try {
      const plan = await call('readRoster', { file })
      if ('refused' in plan) setSeen({ state: 'not read', sentence: sentenceOf(plan.refused) })
      else setSeen({ state: 'read', name: file.name, plan, key: Date.now() })
    } catch (error) {
      setSeen({ state: 'refused', error: asRefused(error) })
    }
  }
  return (
    <div class="column">
      <Head title={text.title()} back="/people" />
      <FileDrop
        label={seen.state === 'read' ? text.another() : text.choose()}
        hint={text.hint()}
        accept=".csv,.txt,text/csv,text/plain"
        found={(file) => leave(() => void read(file))}
      />
      {seen.state === 'reading' && <p role="status">{text.reading()}</p>}
      {seen.state === 'not read' && <Trouble>{seen.sentence}</Trouble>}
      {seen.state === 'refused' && <Problem code={seen.error.code} detail={seen.error.detail} />}
      {seen.state === 'read' && <Import key={seen.key} name={seen.name} plan={seen.plan} />}
    </div>
  )
}

function Import({ name, plan }: { name: string; plan: Plan }) {
  const [cards, setCards] = useState<CardMade[]>([])
  const [waiting, setWaiting] = useState<Waiting[]>([])
  const [making, setMaking] = useState(false)
  const wait = (more: Waiting[]): void => setWaiting((before) => [...before, ...more])
  const keep = (made: CardMade[]): void => {
    setCards((before) => [...before, ...made])
    wait(made.flatMap((one) => (one.proposal === null ? [] : [{ ...one, proposal: one.proposal }])))
  }
  return (
    <>
      <RosterRead name={name} plan={plan} />
      <RosterFresh plan={plan} keep={keep} running={setMaking} />
      <RosterChanges plan={plan} wait={wait} />
      <RosterGone plan={plan} wait={wait} />
      {waiting.map((one) => (
        <section key={one.proposal} aria-label={one.name}>
          <h3>{one.name}</h3>
          <Proposal text={one.proposal} />
        </section>
      ))}
      {(cards.length > 0 || making) && <CardSheet cards={cards} growing={making} />}
    </>
  )
}
