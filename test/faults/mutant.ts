// Controls: the same test on a program that is broken on purpose must fail. The source in the tree stays
// as it is; the process reads it otherwise.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { environmentWithout, type Removal } from '../../scripts/mutation/run-without.ts'

const ROOT = join(import.meta.dirname, '../..')

/** `text` of a source file and what stands there instead; it must occur exactly once. */
export function edit(file: string, text: string, replacement: string): Removal {
  const source = readFileSync(join(ROOT, file), 'utf8')
  const start = source.indexOf(text)
  assert.ok(start >= 0 && !source.includes(text, start + 1), `once in ${file}: ${text}`)
  return { file, start, end: start + text.length, replacement }
}

/** What a process needs in its environment to run with these edits. */
export function edited(...edits: Removal[]): Record<string, string> {
  const { NODE_OPTIONS = '', WITHOUT_CHECK = '' } = environmentWithout(edits)
  return { NODE_OPTIONS, WITHOUT_CHECK }
}
