// Putting a built folder in the place of an older one.
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** One step away from the old and one to the new; who builds at the same time builds the same. */
export function replaceFolder(out: string, fresh: string, main: string): void {
  const old = `${fresh}.old`
  try {
    if (existsSync(out)) renameSync(out, old)
    renameSync(fresh, out)
  } catch (error) {
    if (!existsSync(join(out, main))) throw error
  } finally {
    rmSync(old, { recursive: true, force: true })
  }
}
