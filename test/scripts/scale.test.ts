// That the measurements of scale run and say what they are asked; their full sizes are npm run scale.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const SCRIPT = join(import.meta.dirname, '../../scripts/scale.ts')

test('each promise of size is measured, in small', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-scale-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const proof = join(folder, 'lines.jsonl')
  const env = { ...process.env, HOLDFAST_PROOF: proof }
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT, '--quick'], {
    env,
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  const lines = readFileSync(proof, 'utf8').trim().split('\n')
  const found = lines.map((line) => JSON.parse(line) as { id: string; met: boolean })
  assert.deepEqual(
    found.map(({ id, met }) => `${id} ${met}`),
    ['S1 true', 'S2 true', 'S3 true', 'S4 true', 'S5 true'],
  )
})
