// What the runbook says has to exist: each section that a finding names, each verb and option that it types, and a test
// in which it is done.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { holdfast } from '../helpers/cli.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const RUNBOOK = readFileSync(join(ROOT, 'RUNBOOK.md'), 'utf8')
const SECTIONS = [...RUNBOOK.matchAll(/^## (.*)$/gm)].map(([, name = '']) => name.toLowerCase())

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(ROOT, folder, name), 'utf8'))
}

test('every section that the box points to is there', () => {
  const text = ['server', 'provisioning', 'cli'].flatMap(sources).join('\n')
  const named = [...text.matchAll(/"([a-z ]+)" in RUNBOOK\.md/g)].map(([, name = '']) => name)
  assert.ok(named.length >= 5)
  for (const name of named)
    assert.ok(
      SECTIONS.some((section) => section.includes(name)),
      name,
    )
})

test('every verb and option that it types is one', async () => {
  const typed = [...RUNBOOK.matchAll(/`(holdfast [a-z][^`]*)`/g)].map(([, line = '']) => line)
  assert.ok(typed.length >= 8)
  const helps = new Map<string, string>()
  for (const line of typed) {
    const [, verb = '', ...rest] = line.split(' ')
    const help = helps.get(verb) ?? (await holdfast([verb, '--help'])).out
    helps.set(verb, help)
    assert.match(help, new RegExp(`^holdfast ${verb}`), line)
    for (const option of rest.filter((word) => word.startsWith('--')))
      assert.match(help, new RegExp(`^  ${option}\\b`, 'm'), line)
  }
})

/** Where what a section says is done, for real: on a box, on its disk, or on its phones. */
const DONE_IN: Record<string, string[]> = {
  'full disk': ['faults/f04-disk-full.test.ts'],
  'read-only disk': ['faults/f05-read-only.test.ts'],
  'expired certificate': ['browser/expired-certificate.test.ts', 'server/tls.test.ts'],
  'wrong time': ['faults/f06-clock.test.ts'],
  'damaged database': ['stories/mended.test.ts', 'provisioning/mend.test.ts'],
  'stolen box, broken box': ['stories/restored.test.ts', 'provisioning/backup.test.ts'],
  'after a restore': ['stories/restored.test.ts', 'browser/restored.test.ts'],
  update: ['provisioning/update.test.ts', 'stories/from-a-disk.test.ts'],
  'failed update': ['provisioning/update.test.ts'],
  'changed app': ['cli/verify.test.ts', 'browser/signed-app.test.ts'],
  'two boxes with one identity': ['stories/two-boxes.test.ts'],
  'lost first card': ['stories/runbook-people.test.ts'],
  'lost root card': ['stories/runbook-people.test.ts'],
  'last owner gone': ['stories/runbook-people.test.ts'],
  'move to a new name': ['stories/runbook-people.test.ts', 'server/also.test.ts'],
  'lost backup page': ['provisioning/backup.test.ts'],
  'full stick': ['provisioning/backup.test.ts'],
}

test('every section is done by a test', () => {
  assert.deepEqual(Object.keys(DONE_IN).toSorted(), SECTIONS.toSorted())
  for (const file of Object.values(DONE_IN).flat())
    assert.ok(existsSync(join(ROOT, 'test', file)), file)
})
