// What the executable is made of, for those who have to answer for it (CycloneDX 1.6). It names no time and no
// machine, so that the same sources give the same bytes.
import type { Package } from './packages.ts'

export type Carried = { node: string; sqlite: string; libraries: Readonly<Record<string, string>> }

/** Parts of Node that process.versions lists without being software of their own. */
const NO_SOFTWARE = new Set(['modules', 'napi', 'cldr', 'tz', 'unicode'])

function ofRegistry({ name, version, license, integrity }: Package) {
  const content = Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex')
  return {
    type: 'library',
    'bom-ref': `pkg:npm/${name.replace('@', '%40')}@${version}`,
    name,
    version,
    hashes: [{ alg: 'SHA-512', content }],
    licenses: [{ expression: license }],
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
  }
}

const inside = (name: string, version: string) => ({
  type: 'library',
  'bom-ref': `inside:${name}@${version}`,
  name,
  version,
})

export function billOfMaterials(
  version: string,
  packages: readonly Package[],
  { node, sqlite, libraries }: Carried,
): string {
  const parts = Object.entries(libraries).filter(
    ([name]) => name !== 'node' && !NO_SOFTWARE.has(name),
  )
  const bill = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': 'holdfast',
        name: 'holdfast',
        version,
        licenses: [{ expression: 'AGPL-3.0-or-later' }],
      },
    },
    components: [
      ...packages.map(ofRegistry),
      {
        ...inside('node', node),
        type: 'platform',
        components: parts.map(([n, v]) => inside(n, v)),
      },
      inside('sqlite', sqlite),
    ],
  }
  return `${JSON.stringify(bill, null, 2)}\n`
}
