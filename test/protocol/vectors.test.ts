import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { VECTOR_FILES } from '../../scripts/vectors/all.ts'
import type { Json, JsonObject } from '../../scripts/vectors/json.ts'

const folder = new URL('../vectors/', import.meta.url)
const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as JsonObject

/** Copies of a file, each with the last digit of one hexadecimal value changed. */
function* spoilt(file: JsonObject, every: number): Generator<[where: string, JsonObject]> {
  const places: string[][] = []
  const visit = (value: Json | undefined, path: string[]): void => {
    if (typeof value === 'string' && /^(?:[0-9a-f]{2})+$/.test(value)) places.push(path)
    else if (typeof value === 'object' && value !== null) {
      for (const [name, part] of Object.entries(value)) visit(part, [...path, name])
    }
  }
  visit(file, [])
  for (let i = 0; i < places.length; i += every) {
    const path = places[i] as string[]
    const copy = structuredClone(file)
    let parent = copy
    for (const name of path.slice(0, -1)) parent = parent[name] as JsonObject
    const last = path.at(-1) as string
    const value = parent[last] as string
    parent[last] = value.slice(0, -1) + (value.endsWith('0') ? '1' : '0')
    yield [path.join('.'), copy]
  }
}

describe('the checked-in vectors agree with protocol/', () => {
  for (const file of VECTOR_FILES) test(file.name, () => file.check(read(file.name)))
})

describe('a vector that does not agree is noticed', () => {
  for (const file of VECTOR_FILES.filter(({ name }) => name !== 'bad')) {
    test(file.name, () => {
      const original = read(file.name)
      const count = [...spoilt(original, 1)].length
      for (const [where, copy] of spoilt(original, Math.ceil(count / 40))) {
        assert.throws(() => file.check(copy), Error, where)
      }
    })
  }

  test('bad', () => {
    const [bad] = VECTOR_FILES.filter(({ name }) => name === 'bad')
    const original = read('bad')
    for (const [i] of (original['cases'] as JsonObject[]).entries()) {
      if (i % 25 !== 0) continue
      const copy = structuredClone(original)
      const spoiltCase = (copy['cases'] as JsonObject[])[i] as JsonObject
      spoiltCase['code'] = spoiltCase['code'] === 'malformed' ? 'too_large' : 'malformed'
      assert.throws(() => bad?.check(copy), Error, `case ${i}`)
    }
  })
})

test('every file of vectors is checked by somebody', () => {
  const files = readdirSync(folder).map((name) => name.replace('.json', ''))
  const known = [...VECTOR_FILES.map(({ name }) => name), 'xwing']
  assert.deepEqual(files.toSorted(), known.toSorted())
})
