// Where mutations start from: the vectors that are checked in, and one entry of each kind.
import { readFileSync } from 'node:fs'
import { fromHex } from '../../protocol/bytes.ts'
import { everyEntry } from '../helpers/every-entry.ts'

type Json = string | number | boolean | null | Json[] | { [name: string]: Json }

const files = new Map<string, Json>()

function vectorFile(name: string): Json {
  const known = files.get(name)
  if (known !== undefined) return known
  const url = new URL(`../vectors/${name}.json`, import.meta.url)
  const value = JSON.parse(readFileSync(url, 'utf8')) as Json
  files.set(name, value)
  return value
}

/** Every hexadecimal value under `key`, wherever it stands in a file of vectors; `within` as a step on the way. */
export function vectorBytes(file: string, key: string, within = ''): Uint8Array[] {
  const found: Uint8Array[] = []
  const visit = (value: Json, path: string): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [name, part] of Object.entries(value)) {
      const here = `${path}/${name}`
      const wanted = name === key && here.includes(within)
      if (wanted && typeof part === 'string' && /^(?:[0-9a-f]{2})*$/.test(part))
        found.push(fromHex(part))
      else visit(part, here)
    }
  }
  visit(vectorFile(file), '')
  return found
}

/** What a verifier must refuse. */
export function badBytes(...verifiers: string[]): Uint8Array[] {
  const { cases } = vectorFile('bad') as { cases: { verifier: string; bytes: string }[] }
  return cases
    .filter(({ verifier }) => verifiers.includes(verifier))
    .map(({ bytes }) => fromHex(bytes))
}

let examples: Uint8Array[] | null = null

/** One entry of each kind, both as the vectors have it and signed just now, and entries that are refused. */
export function entrySamples(): Uint8Array[] {
  examples ??= everyEntry().examples.map(({ bytes }) => bytes)
  return [...examples, ...vectorBytes('entries', 'bytes')]
}
