// A file system of its own for one folder, that can be filled, and made read-only where it is a real disk.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

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
      writeFileSync(join(folder, BALLAST), bytes, { flag: 'a' })
    },
    empty: () => rmSync(join(folder, BALLAST), { force: true }),
    unmount: () => void spawnSync('umount', [folder]),
  }
}
