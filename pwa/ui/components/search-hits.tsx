// What a search has found. The words are marked by elements: nothing is read as markup.
import { messagePath } from '../going.ts'
import type { Found, Hit } from '../searching.ts'
import { when, words } from '../words.ts'
import { Icon } from './icon.tsx'

type Part = Hit['text'][number]

export function Marked({ parts }: { parts: Part[] }) {
  return <>{parts.map(({ text, marked }, i) => (marked ? <mark key={i}>{text}</mark> : text))}</>
}

export function MessageHit({ hit }: { hit: Hit }) {
  const { alert } = words()
  const icon = hit.type === 'alert' ? 'siren' : hit.type === 'file' ? 'file' : 'message'
  return (
    <li>
      <a class="row hit" href={messagePath(hit.channel, hit.id)}>
        <span class={hit.type === 'alert' ? 'badge audience' : 'badge'}>
          <Icon name={icon} />
        </span>
        <span class="row-text">
          <span class="row-note">
            {hit.type === 'alert' && <span class="unseen">{alert.title()} </span>}
            {hit.from.name} · {hit.title}
          </span>
          {hit.name.length > 0 && (
            <span class="row-title">
              <Marked parts={hit.name} />
            </span>
          )}
          <span>
            <Marked parts={hit.text} />
          </span>
        </span>
        <span class="row-end">
          <time dateTime={new Date(hit.at).toISOString()}>{when(hit.at)}</time>
        </span>
      </a>
    </li>
  )
}

export function PeopleHits({ people }: { people: Found['people'] }) {
  return (
    <section aria-label={words().search.people()}>
      <h2>{words().search.people()}</h2>
      <ul class="rows">
        {people.map(({ person, title, note }) => (
          <li key={person}>
            <a class="row" href={`/people/${person}`}>
              <span class="row-text">
                <span class="row-title">
                  <Marked parts={title} />
                </span>
                <span class="row-note">
                  <Marked parts={note} />
                </span>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}

export function ChannelHits({ channels }: { channels: Found['channels'] }) {
  return (
    <section aria-label={words().search.channels()}>
      <h2>{words().search.channels()}</h2>
      <ul class="rows">
        {channels.map(({ id, title }) => (
          <li key={id}>
            <a class="row" href={`/channels/${id}`}>
              <span class="row-title">
                <Marked parts={title} />
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}
