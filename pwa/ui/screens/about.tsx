// Which app this is: the digest of its files can be compared with what the maker publishes.
import { Head } from '../components/screen.tsx'
import { RELEASE, VERSION } from '../trusted.ts'
import { seldomWords } from '../words.ts'

const LICENCES = [
  ['Preact, @preact/signals, preact-iso', 'MIT'],
  ['libsodium, libsodium.js', 'ISC'],
  ['idb', 'ISC'],
  ['qr', 'MIT / Apache-2.0'],
  ['uqr', 'MIT'],
  ['messageformat', 'MIT'],
  ['csv-parse', 'MIT'],
  ['PDF.js', 'Apache-2.0'],
  ['JBIG2 (PDFium), OpenJPEG', 'BSD'],
  ['Lucide', 'ISC'],
] as const

export function AboutScreen() {
  const { about } = seldomWords()
  return (
    <div class="column">
      <Head title={about.title()} back="/settings" />
      <p>{about.what()}</p>
      <dl class="facts">
        <dt>{about.release()}</dt>
        <dd>{RELEASE}</dd>
        <dt>{about.version()}</dt>
        <dd class="device-id">{VERSION}</dd>
        <dt>{about.licence()}</dt>
        <dd>AGPL-3.0-or-later</dd>
      </dl>
      <h2>{about.parts()}</h2>
      <ul>
        {LICENCES.map(([name, licence]) => (
          <li key={name}>
            {name}: {licence}
          </li>
        ))}
      </ul>
    </div>
  )
}
