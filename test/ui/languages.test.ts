// Every language says everything, with the same values in it: a screen that lacks a word is blank at the worst time.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { LANGUAGES } from '../../pwa/languages/language.ts'

const FOLDER = join(import.meta.dirname, '../../pwa/languages')
type Words = { [name: string]: Words | string }

/** Each message by its path, with the names of the values that it takes. */
function messages(words: Words, path = ''): [string, string[]][] {
  return Object.entries(words).flatMap(([name, value]): [string, string[]][] => {
    const at = `${path}/${name}`
    if (typeof value !== 'string') return messages(value, at)
    assert.notEqual(value.trim(), '', at)
    // What follows the name of a number's form is a text, not a value.
    const values = [...value.matchAll(/(?<![,}] (?:=\d+|one|other) )\{(\w+)[,}]/gu)].map(
      ([, one]) => String(one),
    )
    return [[at, [...new Set(values)].toSorted()]]
  })
}

const read = (part: string, language: string): Map<string, string[]> =>
  new Map(
    messages(JSON.parse(readFileSync(join(FOLDER, part, `${language}.json`), 'utf8')) as Words),
  )

describe('the languages of the app', () => {
  for (const part of ['.', 'seldom', 'notice'])
    for (const language of LANGUAGES)
      test(`${language} is complete (${part})`, () => {
        assert.deepEqual(read(part, language), read(part, 'en'))
      })
})
