// Part of the single executable, in the place of better-sqlite3's own search for its binary. A library can only be
// loaded from a file: it is written where programs may run, loaded, and gone from the folder at once.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getRawAsset } from 'node:sea'
import { ProtocolError } from '../../protocol/errors.ts'

const NAME = 'better_sqlite3.node'

let addon: object | null = null

/** As better-sqlite3 calls it. Throws `sqlite_unloaded` where no folder will do. */
export const getBinding = (): object => (addon ??= load())

/** Hardened machines forbid programs in /tmp; systemd names a folder of the service, and memory is nearly always there. */
function places(): string[] {
  const own = (process.env['STATE_DIRECTORY'] ?? '').split(':')
  return [tmpdir(), ...own, '/dev/shm', '.'].filter((place) => place !== '')
}

function load(): object {
  const refusals: string[] = []
  for (const place of places()) {
    try {
      return loadFrom(place)
    } catch (error) {
      refusals.push(error instanceof Error ? error.message : String(error))
    }
  }
  throw new ProtocolError('sqlite_unloaded', refusals.join('; '))
}

function loadFrom(place: string): object {
  const folder = mkdtempSync(join(place, '.holdfast-'))
  try {
    const file = join(folder, NAME)
    writeFileSync(file, new Uint8Array(getRawAsset(NAME)), { mode: 0o500 })
    const library = { exports: {} }
    process.dlopen(library, file)
    return library.exports
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
