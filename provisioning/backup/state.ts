// What the last backup came to, for those who ask how the box is.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from '../whole-file.ts'

const FILE = 'backup.json'

/** Times in milliseconds. `good`: the last one that worked; `error`: what the last attempt failed with. */
export type BackupState = {
  tried: number
  error: string | null
  good: { at: number; file: string; bytes: number; entries: number } | null
}

/** A state that cannot be read is none: the next backup writes another. */
export function readState(data: string): BackupState | null {
  const path = join(data, FILE)
  if (!existsSync(path)) return null
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as BackupState
  } catch {
    return null
  }
}

export function writeState(data: string, state: BackupState): void {
  writeWhole(join(data, FILE), `${JSON.stringify(state)}\n`, 0o600)
}
