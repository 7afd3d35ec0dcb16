// Builds the app and the one file that a box runs: dist/holdfast. Usage: npm run build [-- OPTIONS]; --help lists them.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import Database from 'better-sqlite3'
import { encodeRelease, type ReleaseFile } from '../protocol/release.ts'
import { isBelowFloor, NODE_FLOOR } from '../server/node-floor.ts'
import { buildApp } from './build-app.ts'
import { bundleProgram } from './release/bundle.ts'
import { containerContext } from './release/container.ts'
import { makeExecutable } from './release/executable.ts'
import { licences } from './release/licences.ts'
import { ARCHITECTURES, type Architecture, pinnedNode } from './release/node-for.ts'
import { packagesIn } from './release/packages.ts'
import { billOfMaterials } from './release/sbom.ts'

const ROOT = resolve(import.meta.dirname, '..')
const { version: VERSION } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  version: string
}

const HELP = `npm run build [-- OPTIONS]
  --out DIR    folder for the result (default: dist)
  --arch ARCH  machine that runs it: ${ARCHITECTURES.join(' or ')} (default: this one)
  --node FILE  the Node that goes inside, of that machine (default: the pinned one)
  --container  also container/, the context of the Containerfile, with the libraries of this machine
  --help       this text

Makes, each from the sources alone, so that two builds agree to the last bit:
  holdfast            the executable: server, command line, SQLite and app; needs libatomic1
  holdfast.manifest   every file with its size and SHA-256
  holdfast.cdx.json   what is inside (CycloneDX)
  LICENCES.txt        the licences of that
  app/                the app alone
`

type Wanted = { out: string; arch: Architecture; node: string; container?: boolean }

/** Returns the path of the executable. */
export async function build({ out, arch, node, container }: Wanted): Promise<string> {
  mkdirSync(out, { recursive: true })
  const app = join(out, 'app')
  const inApp = await buildApp(app)
  const { code, metafile } = await bundleProgram()
  const packages = packagesIn([metafile, ...inApp], [`node_modules/node-linux-${arch}`])
  const bill = join(out, 'holdfast.cdx.json')
  const texts = join(out, 'LICENCES.txt')
  writeFileSync(bill, billOfMaterials(VERSION, packages, carried()))
  writeFileSync(texts, licences(packages, process.arch))
  const program = join(out, 'holdfast')
  rmSync(program, { force: true })
  const more = { 'LICENCES.txt': texts, 'holdfast.cdx.json': bill }
  makeExecutable(program, arch, node, { code, app, more })
  writeFileSync(join(out, 'holdfast.manifest'), manifestOf(out, [bill, texts, program]))
  if (container === true) containerContext(program, join(out, 'container'))
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

function manifestOf(out: string, files: string[]): Uint8Array {
  const describe = (path: string): ReleaseFile => ({
    path,
    size: statSync(join(out, path)).size,
    sha256: createHash('sha256')
      .update(readFileSync(join(out, path)))
      .digest(),
  })
  const paths = [
    ...readdirSync(join(out, 'app')).map((name) => `app/${name}`),
    ...files.map((file) => basename(file)),
  ]
  const previous = new Uint8Array(32)
  return encodeRelease({ version: VERSION, previous, files: paths.toSorted().map(describe) })
}

function wanted(argv: string[]): Wanted | null {
  const { values } = parseArgs({
    args: argv,
    options: {
      out: { type: 'string' },
      arch: { type: 'string' },
      node: { type: 'string' },
      container: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help === true) return null
  const arch = ARCHITECTURES.find((one) => one === (values.arch ?? process.arch))
  if (arch === undefined) throw new Error(`--arch is ${ARCHITECTURES.join(' or ')}`)
  const node = values.node === undefined ? pinnedNode(arch) : resolve(values.node)
  const out = resolve(values.out ?? join(ROOT, 'dist'))
  return { out, arch, node, container: values.container === true }
}

async function main(argv: string[]): Promise<void> {
  const asked = wanted(argv)
  if (asked === null) return void process.stdout.write(HELP)
  if (isBelowFloor(process.versions.node))
    process.stderr.write(`This Node is older than ${NODE_FLOOR}: give a newer one with --node.\n`)
  process.stdout.write(`${await build(asked)}\n`)
}

if (import.meta.main) await main(process.argv.slice(2))
