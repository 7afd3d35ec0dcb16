// Which app this is: the hash of its release can be compared with what the makers publish; and for administrators,
// what everybody runs.
import { Releases } from '../components/releases.tsx'
import { Head } from '../components/screen.tsx'
import { useValue } from '../link.ts'
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

/** As people read it out. */
const grouped = (hash: string): string => hash.replaceAll(/(.{8})(?=.)/g, '$1 ')

export function AboutScreen() {
  const { about } = seldomWords()
  const releases = useValue('releases', undefined)
  const stage = useValue('stage', undefined)
  // All at once: what comes later would push down what somebody reads.
  if (releases === undefined || stage === undefined)
    return <Head title={about.title()} back="/settings" />
  const { own } = releases
  const role = stage.me?.role
  return (
    <div class="column">
      <Head title={about.title()} back="/settings" />
      <p>{about.what()}</p>
      <dl class="facts">
        <dt>{about.release()}</dt>
        <dd>{RELEASE}</dd>
        <dt>{own === null ? about.version() : about.manifest()}</dt>
        <dd class="device-id">{own === null ? VERSION : grouped(own.manifest)}</dd>
        <dt>{about.licence()}</dt>
        <dd>AGPL-3.0-or-later</dd>
      </dl>
      {(role === 'owner' || role === 'admin') && <Releases />}
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
