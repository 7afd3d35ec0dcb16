// Looking for words in everything that this device holds; it asks nobody.
import { signal } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import { ChannelHits, MessageHit, PeopleHits } from '../components/search-hits.tsx'
import { Head } from '../components/screen.tsx'
import { Problem } from '../components/problem.tsx'
import { useValue } from '../link.ts'
import { type Found, useSearch } from '../searching.ts'
import { words } from '../words.ts'

/** Whoever comes back from a hit finds the others again. */
const text = signal('')
const only = signal<string | null>(null)
const PAGE = 50

export function SearchScreen() {
  const { search: said } = words()
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  return (
    <div class="column">
      <Head title={said.title()} back="/channels" />
      <search class="search-form">
        <input
          ref={field}
          type="search"
          autocomplete="off"
          value={text.value}
          placeholder={said.hint()}
          aria-label={said.hint()}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
        <Where />
      </search>
      {text.value.trim() === '' ? (
        <p class="note">{said.scope()}</p>
      ) : (
        <Results key={JSON.stringify([only.value])} />
      )}
    </div>
  )
}

function Where() {
  const channels = useValue('channels', undefined) ?? []
  const { search: said } = words()
  return (
    <select
      aria-label={said.where()}
      value={only.value ?? ''}
      onChange={(event) => (only.value = event.currentTarget.value || null)}
    >
      <option value="">{said.everywhere()}</option>
      {channels.map(({ id, title }) => (
        <option key={id} value={id}>
          {title}
        </option>
      ))}
    </select>
  )
}

function Results() {
  const [wanted, setWanted] = useState(PAGE)
  const { found, refused } = useSearch(text.value, only.value, wanted)
  const { search: said } = words()
  if (refused !== null) return <Problem code={refused.code} detail={refused.detail} />
  if (found === null) return <p class="note">{said.looking()}</p>
  const hits = found.hits.slice(0, wanted)
  return (
    <>
      {found.people.length > 0 && <PeopleHits people={found.people} />}
      {found.channels.length > 0 && <ChannelHits channels={found.channels} />}
      <p class="note" role="status">
        {summary(found, wanted)}
      </p>
      <ul class="rows">
        {hits.map((hit) => (
          <MessageHit key={`${hit.channel}/${hit.id}`} hit={hit} />
        ))}
      </ul>
      {found.hits.length >= wanted && (
        <button type="button" class="button" onClick={() => setWanted(wanted + PAGE)}>
          {said.more()}
        </button>
      )}
    </>
  )
}

function summary({ hits, people, channels, over }: Found, wanted: number): string {
  const { search: said } = words()
  if (!over && hits.length < wanted) return said.looking()
  if (hits.length >= wanted) return said.first({ count: wanted })
  return hits.length + people.length + channels.length === 0
    ? said.nothing()
    : said.count({ count: hits.length })
}
