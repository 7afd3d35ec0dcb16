// Our code and the packages in one module, as the single executable runs it.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'

const ROOT = resolve(import.meta.dirname, '../..')

/** Packages written for CommonJS ask for this; in the executable it finds what Node itself brings, and nothing else. */
const COMMONJS = `import { createRequire as requireOf } from 'node:module'
const require = requireOf(import.meta.url)`

/** How better-sqlite3 finds its binary; `carried-sqlite.ts` takes its place. */
const BINDING = /better-sqlite3[/\\]lib[/\\]binding\.js$/

const carriedSqlite: Plugin = {
  name: 'carried SQLite',
  setup(building) {
    building.onLoad({ filter: BINDING }, () => ({
      contents: readFileSync(join(import.meta.dirname, 'carried-sqlite.ts'), 'utf8'),
      loader: 'ts',
      resolveDir: import.meta.dirname,
    }))
  },
}

/** The number of the release instead of the one in package.json. */
const numbered = (version: string): Plugin => ({
  name: 'number of the release',
  setup(building) {
    building.onLoad({ filter: /server[/\\\\]version\.ts$/ }, () => ({
      contents: `export const VERSION = ${JSON.stringify(version)}`,
      loader: 'ts',
    }))
  },
})

export type Bundle = { code: string; metafile: Metafile }

/** `version`: of the release. One file: what is loaded when it is asked for stays a function that has not run until then. */
export async function bundleProgram(version: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['cli/main.ts'],
    bundle: true,
    platform: 'node',
    target: 'node26',
    format: 'esm',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    banner: { js: COMMONJS },
    logLevel: 'error',
    metafile: true,
    write: false,
    plugins: [carriedSqlite, numbered(version)],
  })
  return { code: outputFiles[0]?.text ?? '', metafile }
}
