// What this program is, and what is inside it.
import { ProtocolError } from '../protocol/errors.ts'
import { builtIn } from '../server/built-in.ts'
import { isBelowFloor, NODE_FLOOR } from '../server/node-floor.ts'
import { MIGRATIONS } from '../server/store/migrations.ts'
import { VERSION } from '../server/version.ts'
import type { Arguments, Verb } from './verb.ts'

/** Under which `npm run build` puts them into the executable. */
const CARRIED = { licences: 'LICENCES.txt', sbom: 'holdfast.cdx.json' } as const

export const version: Verb = {
  usage: 'version [--licences | --sbom]',
  summary: 'Which version this is, and on which Node.',
  help: `
  holdfast version --licences > LICENCES.txt
  holdfast version --sbom > holdfast.cdx.json    # what is inside, as CycloneDX`,
  options: {
    licences: { type: 'boolean', help: 'the licences of everything inside' },
    sbom: { type: 'boolean', help: 'the bill of materials' },
  },
  positionals: [0, 0],
  async run(args) {
    for (const name of ['licences', 'sbom'] as const)
      if (args.flag(name)) return void process.stdout.write(carried(CARRIED[name]))
    sayVersion(args)
  },
}

function sayVersion({ out }: Arguments): void {
  const node = process.versions.node
  out.result(
    { version: VERSION, node, floor: NODE_FLOOR, arch: process.arch, schema: MIGRATIONS.length },
    `Holdfast ${VERSION} on Node ${node} (${process.arch})`,
  )
  if (isBelowFloor(node)) out.note(oldNode(node))
}

export const oldNode = (node: string): string =>
  `Node ${node} is older than ${NODE_FLOOR}, which mends known weaknesses: get a newer Holdfast.`

/** Throws `not_carried` where this is no executable: the sources have these files of their own. */
function carried(name: string): Uint8Array {
  const bytes = builtIn(name).get('')
  if (bytes === undefined) throw new ProtocolError('not_carried', name)
  return bytes
}
