// A file that is there as a whole or not at all, also after a power cut.
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Replaces what was there. `mode`: who may read it. */
export function writeWhole(path: string, content: string | Uint8Array, mode: number): void {
  const fresh = `${path}.${process.pid}.new`
  try {
    const file = openSync(fresh, 'w', mode)
    try {
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
  const folder = openSync(dirname(path), 'r')
  fsyncSync(folder)
  closeSync(folder)
}
