// One file with Node, our code, SQLite and the app inside (https://nodejs.org/api/single-executable-applications.html).
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Architecture } from './node-for.ts'

const ROOT = resolve(import.meta.dirname, '../..')
/** Named from their own folder: the path of the program is written into it. */
const MAIN = 'main.mjs'
const SETTINGS = 'sea.json'
/** V8 draws numbers while it compiles: with these two builds agree. It takes the cache whatever they were. */
const SAME_CACHE = '--random-seed=1'
const SQLITE = join(ROOT, 'node_modules/better-sqlite3/prebuilds')

export type Contents = {
  code: string
  /** Folder of the built app. */
  app: string
  /** Further files by the name under which the program finds them. */
  more: Readonly<Record<string, string>>
}

/** Writes it to `out`. `node`: that of the machine it is for. */
export function makeExecutable(
  out: string,
  arch: Architecture,
  node: string,
  { code, app, more }: Contents,
): void {
  const work = `${out}.work`
  mkdirSync(work, { recursive: true })
  try {
    writeFileSync(join(work, MAIN), code)
    const assets: Record<string, string> = {
      'better_sqlite3.node': join(SQLITE, `linux-${arch}.node`),
      ...more,
    }
    for (const name of readdirSync(app)) assets[`app/${name}`] = join(app, name)
    writeFileSync(
      join(work, SETTINGS),
      JSON.stringify({
        main: MAIN,
        mainFormat: 'module',
        output: out,
        executable: node,
        disableExperimentalSEAWarning: true,
        // Another machine's would be worth nothing there, and Node warns that it may crash.
        useCodeCache: arch === process.arch,
        execArgv: ['--disable-proto=delete', '--no-warnings'],
        // Nobody who may set the environment of the service may make another program of it.
        execArgvExtension: 'none',
        assets,
      }),
    )
    const { stderr } = spawnSync(process.execPath, [SAME_CACHE, '--build-sea', SETTINGS], {
      cwd: work,
      encoding: 'utf8',
    })
    if (!existsSync(out)) throw new Error(`the executable could not be made: ${stderr}`)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
