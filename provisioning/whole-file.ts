// A file that is there as a whole or not at all, also after a power cut.
import {
  closeSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'

/** What root writes into the folder of the box belongs to the box. */
function ownAsFolder(file: number, path: string): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(dirname(path))
  fchownSync(file, uid, gid)
}

/** Replaces what was there. `mode`: who may read it. */
export function writeWhole(path: string, content: string | Uint8Array, mode: number): void {
  const fresh = `${path}.${process.pid}.new`
  try {
    const file = openSync(fresh, 'w', mode)
    try {
      ownAsFolder(file, path)
      const bytes = Buffer.from(content)
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(fresh, path)
  } finally {
    rmSync(fresh, { force: true })
  }
  syncFolder(dirname(path))
}

/** The names in it are on the disk, as the files themselves are after fsync. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  fsyncSync(folder)
  closeSync(folder)
}
