// For administrators: what the devices of the organisation run, so that the odd one out is seen.
import { useValue } from '../link.ts'
import type { ReleaseRow } from '../../device/views/releases.ts'
import { seldomWords } from '../words.ts'
import { Icon } from './icon.tsx'

/** Names in one row; more would hide the next row. */
const NAMED = 12

export function Releases() {
  const seen = useValue('releases', undefined)
  const { about } = seldomWords()
  if (seen === undefined || seen.rows.length === 0) return null
  return (
    <section aria-labelledby="releases-title">
      <h2 id="releases-title">{about.releases()}</h2>
      <p class="note">{about.releasesNote()}</p>
      <ul class="names">
        {seen.rows.map((row) => (
          <li key={row.version + row.manifest} class={row.standing === 'other' ? 'bad' : ''}>
            {row.standing === 'other' && <Icon name="warning" />}
            <Row row={row} />
          </li>
        ))}
      </ul>
      {seen.silent > 0 && <p class="note">{about.silent({ count: seen.silent })}</p>}
    </section>
  )
}

function Row({ row }: { row: ReleaseRow }) {
  const { about } = seldomWords()
  const { version, manifest, devices, standing, here, people } = row
  const names = people.slice(0, NAMED).map(({ name }) => name)
  const more = people.length - names.length
  return (
    <div>
      <strong>{version}</strong>{' '}
      <span class="device-id">{manifest === '' ? about.unsigned() : shortened(manifest)}</span>
      <br />
      {about.devices({ count: devices })}
      {here && ` · ${about.here()}`}
      {standing === 'old' && ` · ${about.old()}`}
      {standing === 'other' && ` · ${about.other()}`}
      {standing !== 'usual' && (
        <p class="note">
          {names.join(', ')}
          {more > 0 && ` ${about.more({ count: more })}`}
        </p>
      )}
    </div>
  )
}

/** Enough to compare by eye; the whole one of this device stands above. */
const shortened = (hash: string): string => `${hash.slice(0, 8)} ${hash.slice(8, 16)}`
