// What this box hands out, for the app and for whoever checks it from outside: the manifest that lies beside the
// program and its signatures; or, where this was built for trying out, one that says the same and nobody has signed.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isSea } from 'node:sea'
import { equal } from '../protocol/bytes.ts'
import {
  decodeRelease,
  encodeRelease,
  RELEASE_PATH,
  type ReleaseFile,
} from '../protocol/release.ts'
import { type AppFiles, plainFile } from './app-files.ts'
import { VERSION } from './version.ts'

export const MANIFEST = 'holdfast.manifest'
export const SIGNATURES = 'holdfast.signatures'
const NONE = new Uint8Array(0)
const APP = 'app'
const TYPE = 'text/plain; charset=utf-8'

/** The app with its release. `folder`: of the app; null: the program carries it. */
export function withRelease(app: AppFiles, folder: string | null): AppFiles {
  if (app.size === 0) return app
  const { manifest, signatures } = releaseOf(app, folder)
  return new Map([
    ...app,
    [RELEASE_PATH.manifest, plainFile(manifest, TYPE)],
    [RELEASE_PATH.signatures, plainFile(signatures, TYPE)],
  ])
}

function releaseOf(app: AppFiles, folder: string | null) {
  const own = listOf(app)
  const beside = besideProgram(folder)
  const manifest = beside === null ? null : readIfThere(join(beside, MANIFEST))
  if (beside === null || manifest === null || !names(manifest, own))
    return { manifest: written(own), signatures: NONE }
  return { manifest, signatures: readIfThere(join(beside, SIGNATURES)) ?? NONE }
}

function besideProgram(folder: string | null): string | null {
  if (folder !== null) return dirname(folder)
  return isSea() ? dirname(process.execPath) : null
}

const readIfThere = (path: string): Uint8Array | null =>
  existsSync(path) ? new Uint8Array(readFileSync(path)) : null

function listOf(app: AppFiles): ReleaseFile[] {
  const files = [...app].map(([path, { bytes, sha256 }]) => ({
    path: APP + path,
    size: bytes.length,
    sha256,
  }))
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

const written = (files: ReleaseFile[]): Uint8Array =>
  encodeRelease({ version: VERSION, previous: new Uint8Array(32), files })

/** Whether it is about just these files: one that lies there from an older build says nothing. */
function names(manifest: Uint8Array, own: readonly ReleaseFile[]): boolean {
  try {
    const said = new Map(decodeRelease(manifest).files.map((file) => [file.path, file]))
    return own.every(({ path, sha256 }) => equal(said.get(path)?.sha256 ?? NONE, sha256))
  } catch {
    return false
  }
}
