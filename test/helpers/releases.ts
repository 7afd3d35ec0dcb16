// Releases as their makers build and sign them: real programs that differ in what a test is about.
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toHex } from '../../protocol/bytes.ts'
import { decodeSignatures, encodeReleaseKeys, signRelease } from '../../protocol/release-keys.ts'
import type { SignPair } from '../../protocol/sodium.ts'
import { bundleProgram } from '../../scripts/release/bundle.ts'
import { makeExecutable } from '../../scripts/release/executable.ts'
import { pinnedNode } from '../../scripts/release/node-for.ts'
import { writeManifest } from '../../scripts/release/release-files.ts'
import { findRelease } from '../../provisioning/update/found-release.ts'
import { SIGNATURES } from '../../server/release.ts'
import { seededPair } from './seed.ts'

/** Three who may release, of whom two have to sign. */
export const MAKERS = [1, 2, 3].map((n) => seededPair(`release ${n}`)) as [
  SignPair,
  SignPair,
  SignPair,
]
export const STRANGER = seededPair('release stranger')

export const RELEASE_KEYS = {
  needed: 2,
  keys: MAKERS.map(({ publicKey }) => publicKey).toSorted((a, b) => (toHex(a) < toHex(b) ? -1 : 1)),
}

export type Made = {
  version: string
  /** What is different about the program. */
  change?: (code: string) => string
  signers?: readonly SignPair[]
  /** Folder of the app; a page alone where there is none. */
  app?: string
}

/** Returns its folder, below `folder`. */
export async function makeRelease(
  folder: string,
  { version, change = (code) => code, signers = MAKERS.slice(0, 2), app }: Made,
): Promise<string> {
  const out = join(folder, `release-${version}`)
  const inside = join(out, 'app')
  mkdirSync(inside, { recursive: true })
  if (app === undefined) writeFileSync(join(inside, 'index.html'), `<title>${version}</title>`)
  else cpSync(app, inside, { recursive: true })
  const keys = join(folder, 'release-keys')
  writeFileSync(keys, encodeReleaseKeys(RELEASE_KEYS))
  const { code } = await bundleProgram(version)
  const arch = process.arch === 'arm64' ? 'arm64' : 'x64'
  makeExecutable(join(out, 'holdfast'), arch, pinnedNode(arch), {
    code: change(code),
    app: inside,
    more: { 'release-keys': keys },
  })
  writeManifest(
    out,
    version,
    ['holdfast', ...readdirSync(inside).map((name) => `app/${name}`)],
    null,
  )
  sign(out, signers)
  return out
}

export function sign(out: string, signers: readonly SignPair[]): void {
  const { manifest, signatures } = findRelease(out, null)
  let all = signatures === null ? [] : decodeSignatures(signatures)
  for (const pair of signers) {
    const bytes = signRelease(manifest, pair, all)
    writeFileSync(join(out, SIGNATURES), bytes)
    all = decodeSignatures(bytes)
  }
}
