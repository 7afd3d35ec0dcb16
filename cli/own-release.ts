// The release that this program is, as its device tells the organisation.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isSea } from 'node:sea'
import type { Hash } from '../protocol/ids.ts'
import type { Running } from '../protocol/profile.ts'
import { MANIFEST } from '../server/release.ts'
import { VERSION } from '../server/version.ts'

const NONE = new Uint8Array(32) as Hash

/** Zeros where no manifest lies beside the program, as when it runs from its sources. */
export const OWN_RELEASE: Running = { version: VERSION, manifest: hashBeside() }

function hashBeside(): Hash {
  const path = join(dirname(process.execPath), MANIFEST)
  if (!isSea() || !existsSync(path)) return NONE
  return new Uint8Array(createHash('sha256').update(readFileSync(path)).digest()) as Hash
}
