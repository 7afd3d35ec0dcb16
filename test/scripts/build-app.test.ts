// What a phone loads first is small: what is not needed yet is not in it.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { build } from 'esbuild'
import { errorCodes, icons, languages } from '../../scripts/app-plugins.ts'
import { ERRORS } from '../../protocol/errors.ts'
import { builtApp } from '../browser/app.ts'

const UI = join(import.meta.dirname, '../../pwa/ui')

test('no screen of the first load says what only screens say that are loaded later', async () => {
  const { outputFiles } = await build({
    entryPoints: [join(UI, 'main.tsx')],
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    outdir: 'out',
    plugins: [errorCodes, icons, languages],
    external: ['*/seldom.ts'],
  })
  const [{ text } = { text: '' }] = outputFiles
  assert.match(text, /function words\(/u)
  assert.doesNotMatch(text, /function seldomWords\(/u)
})

test('the app carries no sentence of the command line', async () => {
  const folder = await builtApp()
  const engine = readdirSync(folder).find((name) => /^engine-.*\.js$/u.test(name))
  const text = readFileSync(join(folder, engine ?? ''), 'utf8')
  for (const [code, [, sentence, todo]] of Object.entries(ERRORS)) {
    assert.ok(!text.includes(sentence), code)
    assert.ok(!text.includes(todo), code)
  }
  assert.ok(text.includes('"card_used"') || text.includes('card_used:'))
})
