// What a box hands out, held against the release, from any machine that can reach it.
import { readFileSync } from 'node:fs'
import { ensure, ProtocolError } from '../protocol/errors.ts'
import { compareServed, fetchServed } from '../provisioning/update/served.ts'
import { findRelease, hashOf } from '../provisioning/update/found-release.ts'
import { parseOrigin } from '../server/config.ts'
import { carriedKeys } from './release-keys.ts'
import type { Arguments, Verb } from './verb.ts'

export const verify: Verb = {
  usage: 'verify URL [--release FOLDER] [--ca FILE]',
  summary:
    'Fetches the app from a box as phones and desktops do, and compares it with the release.',
  help: `
  holdfast verify https://crisis.musterstadt.example
  holdfast verify https://crisis.musterstadt.example --release /media/stick/holdfast
Run it from a machine that the box does not know, now and then, and after anything strange: a box that
hands out another app to everybody is found. One that does so to a single phone is not.`,
  options: {
    release: {
      type: 'string',
      value: 'FOLDER',
      help: 'what it should hand out (default: what is signed)',
    },
    ca: { type: 'string', value: 'FILE', help: 'also trust this authority, in PEM' },
  },
  positionals: [1, 1],
  async run(args) {
    const origin = parseOrigin(args.at(0))
    const ca = args.text('ca')
    const box = { origin, ca: ca === undefined ? null : readFileSync(ca, 'utf8') }
    const served = await fetchServed(box)
    const expected = expectedOf(args, served)
    const differences = await compareServed(box, expected.files, (done, total) =>
      args.out.progress(done, total, 'files'),
    )
    for (const { path, client, what } of differences)
      args.out.result({ path, client, what }, `${path} for ${client}: ${what}`)
    ensure(differences.length === 0, 'served_differs', `${differences.length} answers`)
    const { version, hash, files } = expected
    args.out.result(
      { version, manifest: hash, files: files.length },
      `${origin} hands out Holdfast ${version}, file for file. SHA-256 of its manifest:\n${hash}`,
    )
  },
}

type Served = Awaited<ReturnType<typeof fetchServed>>

/** Throws `served_differs`, `release_unsigned`, `release_keys_missing`. */
function expectedOf(args: Arguments, served: Served) {
  const keys = carriedKeys()
  const folder = args.text('release')
  if (folder === undefined) {
    if (keys === null) throw new ProtocolError('release_keys_missing', 'or name a --release FOLDER')
    return { ...served.signedBy(keys), hash: hashOf(served.manifest) }
  }
  const { release, manifest } = findRelease(folder, keys)
  const hash = hashOf(manifest)
  const other = hashOf(served.manifest)
  ensure(other === hash, 'served_differs', `it says it is another release: ${other}`)
  return { ...release, hash }
}
