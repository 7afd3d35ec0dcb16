// Linux makes a file system read-only when its disk fails: nothing can be written any more, and everything
// can still be read. The box goes on with that, and finds out by itself when it is over.
import { closeSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const PROBE = 'box.probe'

export class ReadOnly {
  readonly #probe: string
  #known = false

  constructor(data: string) {
    this.#probe = join(data, PROBE)
  }

  /** True since a write failed for this reason, until the file system takes one again. */
  get now(): boolean {
    return this.#known && this.look()
  }

  /** Tries to make a file. Any other reason why that fails is none of this. */
  look(): boolean {
    try {
      closeSync(openSync(this.#probe, 'w', 0o600))
      rmSync(this.#probe)
      this.#known = false
    } catch (error) {
      this.#known = error instanceof Error && 'code' in error && error.code === 'EROFS'
    }
    return this.#known
  }
}
