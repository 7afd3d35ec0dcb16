// Builds the app and the one file that a box runs: dist/holdfast. Usage: npm run build [-- OPTIONS]; --help lists them.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import Database from 'better-sqlite3'
import { decodeReleaseKeys } from '../protocol/release-keys.ts'
import { isBelowFloor, NODE_FLOOR } from '../server/node-floor.ts'
import { buildApp } from './build-app.ts'
import { bundleProgram } from './release/bundle.ts'
import { containerContext } from './release/container.ts'
import { makeExecutable } from './release/executable.ts'
import { licences } from './release/licences.ts'
import { ARCHITECTURES, type Architecture, pinnedNode } from './release/node-for.ts'
import { packagesIn } from './release/packages.ts'
import { writeManifest } from './release/release-files.ts'
import { billOfMaterials } from './release/sbom.ts'

const ROOT = resolve(import.meta.dirname, '..')
const { version: VERSION } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  version: string
}

const HELP = `npm run build [-- OPTIONS]
  --out DIR    folder for the result (default: dist)
  --arch ARCH  machine that runs it: ${ARCHITECTURES.join(' or ')} (default: this one)
  --node FILE  the Node that goes inside, of that machine (default: the pinned one)
  --release-keys FILE
               whose releases this one will take: lines as holdfast release-key prints them (default: none,
               for trying out: it takes no update, and the app runs what the box hands out)
  --release X.Y.Z
               number of the release (default: that of package.json)
  --previous FILE
               manifest of the release before this one
  --container  also container/, the context of the Containerfile, with the libraries of this machine
  --help       this text

Makes, each from the sources alone, so that two builds agree to the last bit:
  holdfast            the executable: server, command line, SQLite and app; needs libatomic1
  holdfast.manifest   every file with its size and SHA-256
  holdfast.cdx.json   what is inside (CycloneDX)
  LICENCES.txt        the licences of that
  app/                the app alone
Then two of those who may release sign it: dist/holdfast release-sign dist
`

type Wanted = {
  out: string
  arch: Architecture
  node: string
  container?: boolean
  /** X.Y.Z. */
  version?: string
  /** File of the release keys; null: for trying out. */
  keys?: string | null
  /** Manifest of the release before. */
  previous?: Uint8Array | null
}

/** Returns the path of the executable. */
export async function build({
  out,
  arch,
  node,
  container = false,
  version = VERSION,
  keys = null,
  previous = null,
}: Wanted): Promise<string> {
  mkdirSync(out, { recursive: true })
  const app = join(out, 'app')
  const inApp = await buildApp(app, {
    version,
    keys: keys === null ? null : decodeReleaseKeys(readFileSync(keys)),
  })
  const { code, metafile } = await bundleProgram(version)
  const packages = packagesIn([metafile, ...inApp], [`node_modules/node-linux-${arch}`])
  const bill = join(out, 'holdfast.cdx.json')
  const texts = join(out, 'LICENCES.txt')
  writeFileSync(bill, billOfMaterials(version, packages, carried()))
  writeFileSync(texts, licences(packages, process.arch))
  const program = join(out, 'holdfast')
  rmSync(program, { force: true })
  const known = keys === null ? {} : { 'release-keys': resolve(keys) }
  const papers = { 'LICENCES.txt': texts, 'holdfast.cdx.json': bill }
  const more = { ...papers, 'RUNBOOK.md': join(ROOT, 'RUNBOOK.md'), ...known }
  makeExecutable(program, arch, node, { code, app, more })
  const inside = readdirSync(app).map((name) => `app/${name}`)
  const files = [bill, texts, program].map((file) => basename(file))
  writeManifest(out, version, [...inside, ...files], previous)
  if (container) containerContext(program, join(out, 'container'))
  return program
}

function carried() {
  const sqlite = new Database(':memory:').prepare('SELECT sqlite_version()').pluck().get() as string
  return {
    node: process.versions.node,
    sqlite,
    libraries: process.versions as Record<string, string>,
  }
}

function wanted(argv: string[]): Wanted | null {
  const { values } = parseArgs({
    args: argv,
    options: {
      out: { type: 'string' },
      arch: { type: 'string' },
      node: { type: 'string' },
      'release-keys': { type: 'string' },
      release: { type: 'string' },
      previous: { type: 'string' },
      container: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help === true) return null
  const arch = ARCHITECTURES.find((one) => one === (values.arch ?? process.arch))
  if (arch === undefined) throw new Error(`--arch is ${ARCHITECTURES.join(' or ')}`)
  const node = values.node === undefined ? pinnedNode(arch) : resolve(values.node)
  const out = resolve(values.out ?? join(ROOT, 'dist'))
  return {
    out,
    arch,
    node,
    container: values.container === true,
    version: values.release ?? VERSION,
    keys: values['release-keys'] ?? null,
    previous: values.previous === undefined ? null : readFileSync(values.previous),
  }
}

async function main(argv: string[]): Promise<void> {
  const asked = wanted(argv)
  if (asked === null) return void process.stdout.write(HELP)
  if (isBelowFloor(process.versions.node))
    process.stderr.write(`This Node is older than ${NODE_FLOOR}: give a newer one with --node.\n`)
  process.stdout.write(`${await build(asked)}\n`)
}

if (import.meta.main) await main(process.argv.slice(2))
