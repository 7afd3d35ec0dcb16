/**
 * Writes test/vectors, for second implementations to test against; `--check` holds what is checked in
 * against protocol/ and exits 1 where the two disagree. Sealing draws random numbers, so made anew the
 * files differ each time: they are verified, opened and compared with what they say, never re-sealed.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { VECTOR_FILES } from './vectors/all.ts'
import type { JsonObject, VectorFile } from './vectors/json.ts'

const folder = resolve(import.meta.dirname, '..', 'test', 'vectors')
const pathOf = (file: VectorFile): string => join(folder, `${file.name}.json`)

function write(file: VectorFile): void {
  const whole = { about: file.about, ...file.make() }
  file.check(JSON.parse(JSON.stringify(whole)) as JsonObject)
  writeFileSync(pathOf(file), `${JSON.stringify(whole, null, 1)}\n`)
  console.log(`${file.name}.json written`)
}

function check(file: VectorFile): boolean {
  try {
    file.check(JSON.parse(readFileSync(pathOf(file), 'utf8')) as JsonObject)
    return true
  } catch (error) {
    console.error(`${file.name}.json: ${error instanceof Error ? error.message : String(error)}`)
    return false
  }
}

function main(args: readonly string[]): number {
  const [option, ...more] = args
  if (more.length > 0 || (option !== undefined && option !== '--check')) {
    console.error('Usage: node scripts/make-vectors.ts [--check]')
    return 2
  }
  if (option === undefined) {
    for (const file of VECTOR_FILES) write(file)
    return 0
  }
  const passed = VECTOR_FILES.map(check)
  return passed.every(Boolean) ? 0 : 1
}

process.exitCode = main(process.argv.slice(2))
