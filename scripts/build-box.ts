// Puts what runs on a box into one folder that needs nothing but Node: our code and the packages in a few
// files of JavaScript, SQLite's binary for this machine, and the app. `npm start` runs it.
// Usage: node scripts/build-box.ts [--out DIR] [--help]
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build as bundle } from 'esbuild'
import { buildApp } from './build-app.ts'
import { replaceFolder } from './replace-folder.ts'

const ROOT = resolve(import.meta.dirname, '..')
const SQLITE = join(ROOT, 'node_modules/better-sqlite3/prebuilds')

const HELP = `node scripts/build-box.ts [OPTIONS]
  --out DIR   folder for the result (default: dist/box); what was there is replaced
  --help      this text
`

/**
 * Packages written for CommonJS ask for these three. better-sqlite3 looks for its binary in the folder beside
 * its own, hence the name of a folder that is not there.
 */
const COMMONJS = `import { createRequire as requireOf } from 'node:module'
const require = requireOf(import.meta.url)
const __filename = import.meta.filename
const __dirname = import.meta.dirname + '/lib'`

/** Returns the path of the built command line. It stands beside `out` until it is whole: no half of it is started. */
export async function buildBox(out: string): Promise<string> {
  const fresh = `${out}.${process.pid}`
  mkdirSync(dirname(out), { recursive: true })
  try {
    await bundle({
      entryPoints: [join(ROOT, 'cli/main.ts')],
      outdir: fresh,
      bundle: true,
      splitting: true,
      platform: 'node',
      target: 'node26',
      format: 'esm',
      legalComments: 'eof',
      banner: { js: COMMONJS },
      logLevel: 'error',
    })
    writeFileSync(join(fresh, 'package.json'), '{ "type": "module" }\n')
    for (const libc of ['linux', 'linuxmusl']) copyBinary(fresh, `${libc}-${process.arch}.node`)
    await buildApp(join(fresh, 'app'))
    replaceFolder(out, fresh, 'main.js')
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
  return join(out, 'main.js')
}

function copyBinary(to: string, name: string): void {
  const from = join(SQLITE, name)
  if (existsSync(from)) cpSync(from, join(to, 'prebuilds', name))
}

async function main(argv: string[]): Promise<void> {
  const options = { out: { type: 'string' }, help: { type: 'boolean' } } as const
  const { values } = parseArgs({ args: argv, options })
  if (values.help === true) return void process.stdout.write(HELP)
  process.stdout.write(`${await buildBox(resolve(values.out ?? join(ROOT, 'dist/box')))}\n`)
}

if (import.meta.main) await main(process.argv.slice(2))
