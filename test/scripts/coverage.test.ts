import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { LEFT } from '../../scripts/coverage/left.ts'
import { readLcov } from '../../scripts/coverage/lcov.ts'

test('the branches of a report are counted file by file', () => {
  const report = `TN:
SF:protocol/a.ts
BRDA:3,0,0,5
BRDA:4,1,0,0
BRDA:9,2,0,0
end_of_record
SF:client/b.ts
BRDA:1,0,0,1
DA:1,0
end_of_record
`
  assert.deepEqual(readLcov(report), [
    { file: 'protocol/a.ts', branches: 3, untaken: [4, 9] },
    { file: 'client/b.ts', branches: 1, untaken: [] },
  ])
})

test('what is left with a reason is still there', () => {
  for (const { file, text } of LEFT) {
    const lines = readFileSync(join(import.meta.dirname, '../..', file), 'utf8').split('\n')
    assert.ok(
      lines.some((line) => line.trim() === text),
      `${file}: ${text}`,
    )
  }
})
