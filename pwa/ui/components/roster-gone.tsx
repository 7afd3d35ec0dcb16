// Those who are in the directory and not in the file. Nobody is removed without being asked for.
import { useState } from 'preact/hooks'
import { call } from '../link.ts'
import { seldomWords, words } from '../words.ts'
import type { Waiting } from '../screens/import.tsx'
import { Batches } from './batches.tsx'
import { Confirm } from './confirm.tsx'
import { LongList } from './long-list.tsx'
import type { Plan } from './roster-read.tsx'

type Props = { plan: Plan; wait: (more: Waiting[]) => void }
type Person = Plan['gone'][number]

export function RosterGone({ plan: { gone, problems }, wait }: Props) {
  const [removed, setRemoved] = useState<ReadonlySet<string>>(new Set())
  const [asked, setAsked] = useState<Person[]>([])
  const [under, setUnder] = useState<Person[]>([])
  const { roster: text } = seldomWords()
  if (gone.length === 0) return null
  // Somebody whose row could not be read is not gone.
  const clean = problems.every(({ severity }) => severity !== 'error')
  const left = gone.filter(({ person, stays }) => clean && !stays && !removed.has(person))
  const remove = async ({ person, name }: Person): Promise<void> => {
    const { proposal } = await call('revoke', { what: 'person', id: person, reason: 'left' })
    if (proposal !== null) wait([{ name, proposal }])
    setRemoved((before) => new Set([...before, person]))
  }
  const go = (people: Person[]): Promise<void> =>
    people.length === 1 ? remove(people[0] as Person) : Promise.resolve(setUnder(people))
  const ask = under.length > 0 ? null : setAsked
  return (
    <section aria-labelledby="gone-title">
      <h2 id="gone-title">{text.goneTitle({ count: gone.length })}</h2>
      <p class="note">{clean ? text.goneWhat() : text.goneNotClean()}</p>
      <LongList
        items={gone}
        row={(one) => (
          <Row
            key={one.person}
            one={one}
            handled={removed.has(one.person)}
            ask={left.includes(one) ? ask : null}
          />
        )}
      />
      {left.length > 1 && ask !== null && (
        <div class="actions">
          <button type="button" class="button danger" onClick={() => ask(left)}>
            {text.removeAll({ count: left.length })}
          </button>
        </div>
      )}
      {under.length > 0 && (
        <Batches
          items={under}
          size={1}
          act={async ([one]) => (one === undefined ? undefined : remove(one))}
          start={null}
          progress={text.removed}
        />
      )}
      {asked.length > 0 && <Question people={asked} go={go} close={() => setAsked([])} />}
    </section>
  )
}

type RowProps = { one: Person; handled: boolean; ask: ((people: Person[]) => void) | null }

function Row({ one, handled, ask }: RowProps) {
  const { people } = words()
  const { roster: text } = seldomWords()
  return (
    <li class="row">
      <span class="row-text">
        <span class="row-title">{one.name}</span>
        <span class="row-note">{`${people.roles[one.role]()} · ${one.mail}`}</span>
      </span>
      {handled && <span class="tag">{text.handled()}</span>}
      {ask !== null && (
        <button type="button" class="button" onClick={() => ask([one])}>
          {people.removeYes()}
          <span class="unseen"> {one.name}</span>
        </button>
      )}
    </li>
  )
}

type Asked = { people: Person[]; go: (people: Person[]) => Promise<void>; close: () => void }

function Question({ people, go, close }: Asked) {
  const { people: text } = words()
  const { roster } = seldomWords()
  const [first] = people
  return (
    <Confirm
      title={
        people.length > 1
          ? roster.removeAllAsk({ count: people.length })
          : text.removeAsk({ name: first?.name ?? '' })
      }
      yes={text.removeYes()}
      danger
      act={() => go(people)}
      close={close}
    >
      <p>{text.removeWhat()}</p>
    </Confirm>
  )
}
