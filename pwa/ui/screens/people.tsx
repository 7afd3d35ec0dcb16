// The directory: the list, and beside it, or instead of it on a phone, the person that is open.
import { useState } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import type { View } from '../../device/wire.ts'
import { AwayTag } from '../components/away-tag.tsx'
import { Icon } from '../components/icon.tsx'
import { later } from '../components/later.tsx'
import { matches } from '../components/picker.tsx'
import { Head } from '../components/screen.tsx'
import { useValue } from '../link.ts'
import { words } from '../words.ts'

const Person = later(async () => (await import('../seldom.ts')).Person)

type Card = View<'people'>[number]

export function PeopleScreen() {
  const open = useRoute().params['person'] ?? null
  return (
    <div class={open === null ? 'panes' : 'panes opened'}>
      <List open={open} />
      {open === null ? (
        <p class="pane-hint">{words().people.choose()}</p>
      ) : (
        <Person key={open} id={open} />
      )}
    </div>
  )
}

function List({ open }: { open: string | null }) {
  const [filter, setFilter] = useState('')
  const all = useValue('people', undefined) ?? []
  const role = useValue('stage', undefined)?.me?.role
  const { people: text } = words()
  const invites = role === 'owner' || role === 'admin'
  return (
    <section class="pane-list" aria-label={text.title()}>
      <Head
        title={text.title()}
        beside={open !== null}
        note={text.count({ count: all.length })}
        actions={
          invites && (
            <a class="icon-button" href="/people/new" aria-label={text.invite()}>
              <Icon name="plus" />
            </a>
          )
        }
      />
      <div class="filter">
        <input
          type="search"
          autocomplete="off"
          value={filter}
          placeholder={text.search()}
          aria-label={text.search()}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
      </div>
      {invites && (
        <div class="list-ways">
          <a href="/people/import">{text.fromList()}</a>
          <a href="/people/cards">{text.openCards()}</a>
        </div>
      )}
      <ul class="rows">
        {all
          .filter((one) => matches(one, filter))
          .map((one) => (
            <Row key={one.person} person={one} here={one.person === open} />
          ))}
      </ul>
    </section>
  )
}

function Row({ person, here }: { person: Card; here: boolean }) {
  const { people: text } = words()
  const note = [text.roles[person.role](), person.profile.department].filter((one) => one !== '')
  return (
    <li>
      <a href={`/people/${person.person}`} class="row" aria-current={here ? 'page' : undefined}>
        <span class="row-text">
          <span class="row-title">
            {person.mine ? text.you({ name: person.name }) : person.name}
          </span>
          <span class="row-note">{note.join(' · ')}</span>
        </span>
        <AwayTag away={person.away} />
        <Compared state={person.compared} />
        {person.devices === 0 && (
          <span class="tag">{person.card ? text.cardOpen() : text.noDevice()}</span>
        )}
      </a>
    </li>
  )
}

function Compared({ state }: { state: Card['compared'] }) {
  const { compared } = words().people
  if (state === 'never') return null
  if (state === 'changed') return <span class="tag warn">{compared.changed()}</span>
  return (
    <span class="compared" title={compared.matched()}>
      <Icon name="shield" />
      <span class="unseen">{compared.matched()}</span>
    </span>
  )
}
