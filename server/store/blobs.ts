// The sealed bytes of files, one file on disk each, beside the database of their organisation.
import { constants, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { open, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { ProtocolError } from '../../protocol/errors.ts'

export class Blobs {
  readonly #folder: string
  readonly #busy = new Map<string, Promise<unknown>>()

  constructor(folder: string) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  }

  #path(id: number): string {
    return join(this.#folder, String(id))
  }

  /** Runs `work` while nothing else works on this part: two bodies must not reach the disk mixed. */
  async alone<T>(id: number, part: number, work: () => Promise<T>): Promise<T> {
    const key = `${id}/${part}`
    while (this.#busy.has(key)) await this.#busy.get(key)
    const working = work()
    const done = working.catch(() => {}).then(() => this.#busy.delete(key))
    this.#busy.set(key, done)
    return working
  }

  /** On disk when it resolves. Throws `disk_full`. */
  async write(id: number, at: number, bytes: Uint8Array): Promise<void> {
    try {
      const path = this.#path(id)
      const fresh = !existsSync(path)
      const file = await open(path, constants.O_CREAT | constants.O_WRONLY, 0o600)
      try {
        await file.write(bytes, 0, bytes.length, at)
        await file.datasync()
      } finally {
        await file.close()
      }
      if (fresh) await this.#syncFolder()
    } catch (error) {
      throw known(error)
    }
  }

  /** A new file is not there after a power cut before its folder is on disk too. */
  async #syncFolder(): Promise<void> {
    const folder = await open(this.#folder, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  }

  /** Throws `database_damaged` when the disk holds less than was stored. */
  async read(id: number, at: number, length: number): Promise<Uint8Array> {
    const file = await open(this.#path(id), 'r').catch(damaged)
    try {
      const bytes = new Uint8Array(length)
      const { bytesRead } = await file.read(bytes, 0, length, at)
      if (bytesRead !== length) damaged(new Error('short'))
      return bytes
    } finally {
      await file.close()
    }
  }

  async drop(id: number): Promise<void> {
    await rm(this.#path(id), { force: true })
  }

  /** Bytes on disk that no row names any more: of a drop that was cut short. */
  dropAllBut(ids: Set<number>): void {
    for (const name of readdirSync(this.#folder)) {
      if (!ids.has(Number(name))) rmSync(join(this.#folder, name), { force: true })
    }
  }

  /** Bytes that may still be written to the disk. */
  async free(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#folder)
    return bavail * bsize
  }
}

function damaged(cause: unknown): never {
  throw new ProtocolError('database_damaged', 'file', { cause })
}

function known(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? new ProtocolError('disk_full', 'file', { cause: error })
    : error
}
