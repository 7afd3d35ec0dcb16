// Space kept aside for the day on which the disk is full: a file that is emptied then, so that alerts,
// keys and administration go on. Ordinary messages wait until there is room for the file again.
import { randomBytes } from 'node:crypto'
import { closeSync, ftruncateSync, openSync, statfsSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { RESERVE_BYTES, RESERVE_MARGIN } from '../limits.ts'

const FILE = 'box.reserve'
const CHUNK = 1024 * 1024

export class Reserve {
  readonly #data: string
  readonly #path: string
  #held: boolean
  #scarce: boolean

  /** An emptied file from before means that the disk was full when the box stopped. */
  constructor(data: string) {
    this.#data = data
    this.#path = join(data, FILE)
    const size = this.#size()
    this.#held = size === RESERVE_BYTES
    this.#scarce = size !== null && !this.#held && !this.keep()
  }

  get held(): boolean {
    return this.#held
  }

  /** True while only what is urgent may be written. Looks whether there is room again. */
  get scarce(): boolean {
    return this.#scarce && !this.keep()
  }

  /** Makes the file where it is missing and there is room for it and a little more. True when it is there. */
  keep(): boolean {
    if (!this.#held && this.#room() >= RESERVE_BYTES + RESERVE_MARGIN) this.#held = this.#fill()
    if (this.#held) this.#scarce = false
    return this.#held
  }

  /** The disk is full: gives the space back. */
  free(): void {
    if (!this.#held) return
    this.#held = false
    this.#scarce = true
    this.#change('r+', (file) => ftruncateSync(file))
  }

  #size(): number | null {
    return statSync(this.#path, { throwIfNoEntry: false })?.size ?? null
  }

  #room(): number {
    const { bavail, bsize } = statfsSync(this.#data)
    return bavail * bsize
  }

  /** Random, because a file system may hold zeros without taking space for them. */
  #fill(): boolean {
    const chunk = randomBytes(CHUNK)
    const filled = this.#change('w', (file) => {
      for (let at = 0; at < RESERVE_BYTES; at += CHUNK) writeSync(file, chunk)
    })
    // Others were faster: what there is belongs to the entries.
    if (!filled) this.#change('r+', (file) => ftruncateSync(file))
    return filled
  }

  /** False when the file system refuses: the box has to go on without a reserve. */
  #change(flag: 'w' | 'r+', work: (file: number) => void): boolean {
    try {
      const file = openSync(this.#path, flag, 0o600)
      try {
        work(file)
      } finally {
        closeSync(file)
      }
      return true
    } catch {
      return false
    }
  }
}
