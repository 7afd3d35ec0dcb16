// The manifest of what was built, as those who may release sign it.
import { createHash } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeRelease, type ReleaseFile } from '../../protocol/release.ts'
import { MANIFEST, SIGNATURES } from '../../server/release.ts'

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

/** `paths`: below `out`; `previous`: the manifest of the release before, if there is one. What signed an older build goes. */
export function writeManifest(
  out: string,
  version: string,
  paths: readonly string[],
  previous: Uint8Array | null,
): void {
  const files = paths.toSorted().map((path): ReleaseFile => {
    const bytes = readFileSync(join(out, path))
    return { path, size: bytes.length, sha256: sha256(bytes) }
  })
  const before = previous === null ? new Uint8Array(32) : sha256(previous)
  rmSync(join(out, SIGNATURES), { force: true })
  writeFileSync(join(out, MANIFEST), encodeRelease({ version, previous: before, files }))
}
