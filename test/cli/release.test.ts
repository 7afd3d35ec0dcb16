// The keys of those who may release exist on paper alone, and sign what was read from the first byte to the last.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fromHex } from '../../protocol/bytes.ts'
import { decodeSignatures, ensureSigned } from '../../protocol/release-keys.ts'
import { writeManifest } from '../../scripts/release/release-files.ts'
import { holdfast, one, refusal, tempFolder } from '../helpers/cli.ts'

test('two make their keys and sign; what was changed since is not signed', async (t) => {
  const folder = tempFolder(t)
  mkdirSync(join(folder, 'app'))
  writeFileSync(join(folder, 'app/index.html'), '<title>Holdfast</title>')
  writeManifest(folder, '1.0.0', ['app/index.html'], null)
  const pages = [await one(['release-key']), await one(['release-key'])]
  for (const page of pages) {
    const signed = await one(['release-sign', folder], { input: String(page['secret']) })
    assert.equal(signed['key'], page['key'])
  }
  const keys = pages.map(({ key }) => String(key)).toSorted()
  const signatures = decodeSignatures(readFileSync(join(folder, 'holdfast.signatures')))
  const manifest = readFileSync(join(folder, 'holdfast.manifest'))
  ensureSigned(manifest, signatures, { needed: 2, keys: keys.map(fromHex) })

  const page = await holdfast(['release-key'])
  assert.match(page.out, /HOLDFAST RELEASE KEY/)
  assert.match(page.out, /^ {2}key [0-9a-f]{64}$/m)
  const wrong = await holdfast(['release-sign', folder], { input: 'ABCD-EFGH' })
  refusal(wrong, 1, /Holdfast 1\.0\.0 is whole/)
  writeFileSync(join(folder, 'app/index.html'), '<title>Holdfist</title>')
  const input = String(pages[0]?.['secret'])
  refusal(await holdfast(['release-sign', folder], { input }), 1, /index\.html was changed/)
})
