// Which packages are in what was built: read from what the bundler really took, not from what is installed.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Metafile } from 'esbuild'

const ROOT = resolve(import.meta.dirname, '../..')
const INSIDE = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//

export type Package = {
  name: string
  version: string
  /** SPDX expression, as the package says it. */
  license: string
  /** Of the archive it was installed from, as in the lock file: `sha512-…`. */
  integrity: string
  folder: string
}

type Lock = { packages: Record<string, { version: string; integrity?: string }> }

/** Sorted by name. Throws for a package without a licence: nobody may hand it on. */
export function packagesIn(
  metafiles: readonly Metafile[],
  more: readonly string[] = [],
): Package[] {
  const folders = new Set(more)
  for (const { inputs } of metafiles)
    for (const path of Object.keys(inputs)) {
      const folder = INSIDE.exec(path)?.[0].slice(0, -1)
      if (folder !== undefined) folders.add(folder)
    }
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock
  return [...folders].toSorted().map((folder) => describe(folder, lock))
}

function describe(folder: string, lock: Lock): Package {
  const path = join(ROOT, folder, 'package.json')
  const locked = lock.packages[folder]
  const said = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as { license?: string })
    : { license: 'MIT' }
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)
  if (locked?.integrity === undefined || said.license === undefined)
    throw new Error(`${folder}: not in the lock file, or without a licence`)
  const { version, integrity } = locked
  return { name, version, license: said.license, integrity, folder }
}

/** The text of its licence; empty where the package comes without one. */
export function licenceText({ folder }: Package): string {
  const path = join(ROOT, folder)
  const name = existsSync(path)
    ? readdirSync(path).find((one) => /^licen[cs]e/i.test(one))
    : undefined
  return name === undefined ? '' : readFileSync(join(path, name), 'utf8').trim()
}
