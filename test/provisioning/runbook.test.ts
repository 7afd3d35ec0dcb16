// What the runbook says has to exist: each section that a finding names, each verb and option that it types.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
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
