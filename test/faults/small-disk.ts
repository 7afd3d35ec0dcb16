// A file system of its own for one folder, that can be filled, and made read-only where it is a real disk.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

export type SmallDisk = {
  folder: string
  /** Takes all space but `left` bytes. */
  fill(left: number): void
  /** Gives it back. */
  empty(): void
  unmount(): void
}

const BALLAST = 'ballast'

/** Null where this user may not mount. `bytes` is the size of the whole. */
export function mountSmall(folder: string, bytes: number): SmallDisk | null {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const options = `size=${bytes},mode=700`
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).status !== 0) return null
  return {
    folder,
    fill(left) {
      const { bavail, bsize } = statfsSync(folder)
      const bytes = Buffer.alloc(Math.max(0, bavail * bsize - left))
      try {
        writeFileSync(join(folder, BALLAST), bytes, { flag: 'a' })
      } catch (error) {
        // Somebody else was faster with the last of it.
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
      }
    },
    empty: () => rmSync(join(folder, BALLAST), { force: true }),
    unmount: () => void spawnSync('umount', ['-l', folder]),
  }
}

export type FailingDisk = {
  folder: string
  /** An error of the disk, after which Linux takes no more writes. */
  fail(): void
  unmount(): void
}

/** A real file system in a file, mounted as on a server: read-only after an error. Null where that may not be. */
export function mountFailing(folder: string): FailingDisk | null {
  const image = `${folder}.image`
  mkdirSync(folder, { recursive: true })
  const run = (...[command = '', ...args]: string[]): string | null => {
    const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' })
    return status === 0 ? stdout.trim() : null
  }
  writeFileSync(image, '')
  truncateSync(image, 48 * 1024 * 1024)
  const made = run('mkfs.ext4', '-q', '-F', image) !== null
  if (!made || run('mount', '-o', 'loop,errors=remount-ro', image, folder) === null) return null
  const device = basename(run('findmnt', '-n', '-o', 'SOURCE', folder) ?? '')
  return {
    folder,
    fail: () => writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, 'a test'),
    unmount: () => void run('umount', '-l', folder),
  }
}
