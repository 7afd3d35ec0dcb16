// For those who make releases: their keys, on paper alone, and their signatures.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { toHex } from '../protocol/bytes.ts'
import { fromPaper, toPaper } from '../protocol/card-text.ts'
import { decodeSignatures, signRelease } from '../protocol/release-keys.ts'
import { randomBytes, SEED_BYTES, signPairFromSeed, wipe } from '../protocol/sodium.ts'
import { ensureWhole, findRelease, hashOf, sizeOf } from '../provisioning/update/found-release.ts'
import { writeWhole } from '../provisioning/whole-file.ts'
import { SIGNATURES } from '../server/release.ts'
import { askSecret } from './ask.ts'
import { qr } from './paper.ts'
import type { Arguments, Verb } from './verb.ts'

const MIB = 1024 * 1024
const READABLE = 0o644

export const releaseKey: Verb = {
  usage: 'release-key',
  summary: 'Makes the key of somebody who may release, on paper alone.',
  help: `
On a machine without network, once for each of three people:
  holdfast release-key | lp
The lines "key …" of all three go into the file that a build takes with --release-keys.`,
  options: {},
  positionals: [0, 0],
  async run(args) {
    const seed = randomBytes(SEED_BYTES)
    const key = toHex(signPairFromSeed(seed).publicKey)
    const secret = toPaper(seed)
    wipe(seed)
    args.out.result({ key, secret }, page(key, secret))
  },
}

const page = (key: string, secret: string): string => `
  HOLDFAST RELEASE KEY                                 keep it apart from the other two

  Two of three such pages make a release. Nobody who has one alone can.

    ${secret}

${qr(secret)}

  What everybody may know of it:

  key ${key}
`

export const releaseSign: Verb = {
  usage: 'release-sign FOLDER',
  summary: 'Signs a release with the key on a page, after reading every file of it.',
  help: `
On a machine without network, with what somebody has built and carried there:
  holdfast release-sign /media/stick/holdfast
Compare the hash with your own build first: what you sign runs on every box. It asks for the characters
of your page; a script gives them on standard input.`,
  options: {},
  positionals: [1, 1],
  async run(args) {
    const found = findRelease(args.at(0), null)
    let done = 0
    const total = Math.round(sizeOf(found) / MIB)
    ensureWhole(found, (bytes) =>
      args.out.progress(Math.round((done += bytes) / MIB), total, 'MiB'),
    )
    const { version, files } = found.release
    const hash = hashOf(found.manifest)
    args.out.note(
      `Holdfast ${version} is whole (files: ${files.length}). SHA-256 of its manifest:\n${hash}`,
    )
    const key = await sign(args, found.folder, found.manifest)
    args.out.result({ version, manifest: hash, key }, `Signed with ${key}.`)
  },
}

/** Returns the public key. */
async function sign(args: Arguments, folder: string, manifest: Uint8Array): Promise<string> {
  const seed = fromPaper(await askSecret(args, 'The characters of your page: '), SEED_BYTES)
  const pair = signPairFromSeed(seed)
  const path = join(folder, SIGNATURES)
  const others = existsSync(path) ? decodeSignatures(readFileSync(path)) : []
  writeWhole(path, signRelease(manifest, pair, others), READABLE)
  wipe(seed)
  wipe(pair.secretKey)
  return toHex(pair.publicKey)
}
