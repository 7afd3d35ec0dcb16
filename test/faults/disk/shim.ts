// The shim of shim.c: built by the test that needs it, put in front of a process by its environment, and
// told which calls should fail while the process runs.
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  mkdtempSync,
  openSync,
  readSync,
  realpathSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Cleaner, cleanUp } from '../../helpers/cleanup.ts'

const missing = spawnSync('gcc', ['--version']).error !== undefined
/** Why the tests with the shim are left out; under CI they fail instead. */
export const skipWithoutCompiler =
  missing && process.env['CI'] !== 'true'
    ? 'gcc is not installed: apt-get install gcc libc6-dev'
    : false

export type Errno = 'EIO' | 'EROFS' | 'ENOSPC'
/** The process ends in the middle of a change, or right before a sync of a write-ahead log; from 1. */
type Death = { change?: number; logSync?: number }
type Where = 'everywhere' | 'wal' | 'database'

/** The fields of `struct control`, in order. */
const FIELDS = [
  'syncErrno',
  'syncCount',
  'syncPass',
  'syncWhat',
  'writeErrno',
  'writeCount',
  'openErrno',
  'failed',
] as const
const WHERE = { everywhere: 0, wal: 1, database: 2 }
const ALWAYS = 2 ** 31 - 1

export class Shim {
  readonly #library: string
  readonly #folder: string
  readonly #file: number
  #journals = 0

  constructor(t: Cleaner) {
    this.#folder = mkdtempSync(join(tmpdir(), 'holdfast-shim-'))
    this.#library = join(this.#folder, 'shim.so')
    const source = join(import.meta.dirname, 'shim.c')
    const built = spawnSync('gcc', ['-O2', '-shared', '-fPIC', '-o', this.#library, source], {
      encoding: 'utf8',
    })
    if (built.status !== 0) throw new Error(`gcc: ${built.error?.message ?? built.stderr}`)
    this.#file = openSync(join(this.#folder, 'control'), 'w+')
    writeSync(this.#file, Buffer.alloc(4096))
    cleanUp(t, () => {
      closeSync(this.#file)
      rmSync(this.#folder, { recursive: true })
    })
  }

  /** For a process whose files below `root` are watched. The journal is a new one each time. */
  environment(root: string, death: Death = {}): { env: Record<string, string>; journal: string } {
    this.#journals += 1
    const journal = join(this.#folder, `journal-${this.#journals}`)
    const env = {
      LD_PRELOAD: this.#library,
      SHIM_ROOT: realpathSync(root),
      SHIM_JOURNAL: journal,
      SHIM_CONTROL: join(this.#folder, 'control'),
      SHIM_DIE_AT: String(death.change ?? 0),
      SHIM_DIE_AT_SYNC: String(death.logSync ?? 0),
    }
    return { env, journal }
  }

  /** The next `count` syncs fail, after `pass` good ones. */
  failSyncs(errno: Errno, where: Where, count = ALWAYS, pass = 0): void {
    this.#set('syncErrno', constants.errno[errno])
    this.#set('syncWhat', WHERE[where])
    this.#set('syncPass', pass)
    this.#set('syncCount', count)
  }

  /** Every write, and every opening for writing, fails. */
  failWrites(errno: Errno): void {
    this.#set('writeErrno', constants.errno[errno])
    this.#set('openErrno', constants.errno[errno])
    this.#set('writeCount', ALWAYS)
  }

  mend(): void {
    for (const field of ['syncCount', 'writeCount', 'openErrno'] as const) this.#set(field, 0)
  }

  /** How many calls have failed so far. */
  get failed(): number {
    const bytes = Buffer.alloc(4)
    readSync(this.#file, bytes, 0, 4, 4 * FIELDS.indexOf('failed'))
    return bytes.readInt32LE()
  }

  #set(field: (typeof FIELDS)[number], value: number): void {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32LE(value)
    writeSync(this.#file, bytes, 0, 4, 4 * FIELDS.indexOf(field))
  }
}
