// The second reader: protocol/ written once more in Python from PROTOCOL.md alone. `npm run second-reader`
// has it judge 10,000 random objects; here all vectors and a few hundred.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, describe, test } from 'node:test'

const root = resolve(import.meta.dirname, '../..')
const python = '/usr/bin/python3'
const reader = join(import.meta.dirname, 'run.py')
const folder = mkdtempSync(join(tmpdir(), 'second-reader-'))
after(() => rmSync(folder, { recursive: true }))

const missing = spawnSync(python, ['-c', 'import nacl.bindings']).status !== 0
const skip =
  missing && process.env['CI'] !== 'true'
    ? 'PyNaCl is not installed: apt-get install python3-nacl'
    : false

/** What the reader says of a file of objects; it reads all vectors first. */
function judged(...lines: string[]): { status: number | null; said: string } {
  const file = join(folder, 'objects.jsonl')
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''))
  const { status, stdout, stderr } = spawnSync(python, [reader, file], { encoding: 'utf8' })
  return { status, said: stdout + stderr }
}

function objects(count: number, seed: string): string[] {
  const file = join(folder, 'made.jsonl')
  const args = ['scripts/second-reader.ts', '--count', `${count}`, '--seed', seed, '--write', file]
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return readFileSync(file, 'utf8').trimEnd().split('\n')
}

describe('the second reader', { skip }, () => {
  test('agrees with all vectors and with random objects', () => {
    const { status, said } = judged(...objects(300, 'Stadtwerke Musterstadt'))
    assert.match(said, /^second reader: 300 of 300 objects and all \d+ vectors agree$/m, said)
    assert.equal(status, 0)
  })

  test('says which object it judges otherwise', () => {
    const [first] = objects(50, 'one').map((line) => JSON.parse(line) as { number: number })
    const { status, said } = judged(JSON.stringify({ ...first, expected: { refuse: 'no_key' } }))
    assert.match(said, /^disagreement about object 1, /m)
    assert.match(said, /0 of 1 objects/)
    assert.equal(status, 1)
  })

  test('the same seed makes the same objects', () => {
    assert.deepEqual(objects(60, 'same'), objects(60, 'same'))
    assert.notDeepEqual(objects(60, 'same'), objects(60, 'other'))
  })
})
