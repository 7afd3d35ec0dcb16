// Where the releases of a box lie: each in a folder of its own, and two links that say which one runs. A link is
// replaced in one step, so that at any moment there is one whole release that a power cut comes back to.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ensure } from '../../protocol/errors.ts'
import { syncFolder, writeWhole } from '../whole-file.ts'
import { type FoundRelease, findRelease, PROGRAM } from './found-release.ts'

const RELEASES = 'releases'
const CURRENT = 'current'
const PREVIOUS = 'previous'
const PENDING = 'update.json'
const ASIDE = 'databases'
/** What is being copied; nothing is ever started from there. */
const PART = '.part'

/** An update that has begun to take effect, until somebody has seen that it works. */
export type Pending = {
  from: string
  to: string
  /** Checks of the operator's address that failed before. */
  failing: string[]
  /** The new one reads the databases in another way: they are put aside first. */
  kept: boolean
  /** It was not well, and is being taken back. */
  back: boolean
}

export class Place {
  readonly #root: string

  /** `root`: what LAYOUT.program lies in. */
  constructor(root: string) {
    this.#root = root
  }

  /** Where the databases of before are put: no other user reaches it. */
  get aside(): string {
    return join(this.#root, ASIDE)
  }

  /** Where the release lies, whether or not it is there. */
  folderOf(version: string): string {
    return join(this.#root, RELEASES, version)
  }

  programOf(version: string): string {
    return join(this.folderOf(version), PROGRAM)
  }

  /** The version that runs; null: nothing is installed. */
  installed(): string | null {
    return this.#linked(CURRENT)
  }

  /** Throws `update_place` where nothing is installed. */
  current(): FoundRelease {
    const version = this.#linked(CURRENT)
    ensure(version !== null, 'update_place', this.#root)
    return findRelease(this.folderOf(version), null)
  }

  /** An empty folder for a release that arrives. */
  openPart(version: string): string {
    const part = this.folderOf(version) + PART
    rmSync(part, { recursive: true, force: true })
    mkdirSync(part, { recursive: true, mode: 0o755 })
    return part
  }

  dropPart(version: string): void {
    rmSync(this.folderOf(version) + PART, { recursive: true, force: true })
  }

  /** What has arrived whole takes its name. */
  take(version: string): void {
    const folder = this.folderOf(version)
    rmSync(folder, { recursive: true, force: true })
    renameSync(folder + PART, folder)
    syncFolder(dirname(folder))
  }

  /** From now on, and after each start of the machine. */
  point(version: string): void {
    this.#link(CURRENT, version)
  }

  /** Whose program looks after an update that was interrupted. */
  pointPrevious(version: string): void {
    this.#link(PREVIOUS, version)
  }

  pending(): Pending | null {
    const path = join(this.#root, PENDING)
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Pending) : null
  }

  begin(pending: Pending): void {
    writeWhole(join(this.#root, PENDING), `${JSON.stringify(pending)}\n`, 0o644)
  }

  end(): void {
    rmSync(join(this.#root, PENDING), { force: true })
    syncFolder(this.#root)
  }

  /** All but the one that runs and the one before it. */
  tidy(): void {
    const stay = [this.#linked(CURRENT), this.#linked(PREVIOUS)]
    for (const name of readdirSync(join(this.#root, RELEASES)))
      if (!stay.includes(name)) rmSync(join(this.#root, RELEASES, name), { recursive: true })
  }

  #linked(name: string): string | null {
    const path = join(this.#root, name)
    return existsSync(path) ? basename(readlinkSync(path)) : null
  }

  #link(name: string, version: string): void {
    const fresh = join(this.#root, `${name}.new`)
    rmSync(fresh, { force: true })
    symlinkSync(join(RELEASES, version), fresh)
    renameSync(fresh, join(this.#root, name))
    syncFolder(this.#root)
  }
}
