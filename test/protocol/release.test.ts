// There is one way to write a release; a manifest says nothing that leads out of its folder.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { fromUtf8, utf8 } from '../../protocol/bytes.ts'
import {
  compareVersions,
  decodeRelease,
  encodeRelease,
  MAX_MANIFEST,
  type Release,
} from '../../protocol/release.ts'
import { refused } from '../helpers/seed.ts'

const sha256 = new Uint8Array(32).fill(7)
const release: Release = {
  version: '1.2.3',
  previous: new Uint8Array(32),
  files: [
    { path: 'app/index.html', size: 12, sha256 },
    { path: 'holdfast', size: 159_186_048, sha256 },
  ],
}
const written = fromUtf8(encodeRelease(release))
const read = (text: string) => decodeRelease(utf8(text))

test('a release is read as it was written', () => {
  assert.deepEqual(read(written), release)
  assert.match(
    written,
    /^holdfast release 1\nversion 1\.2\.3\nprevious 0{64}\nfile (07){32} 12 app/,
  )
})

describe('is refused', () => {
  const BAD: [what: string, text: string, code?: 'malformed' | 'unknown_version' | 'too_large'][] =
    [
      ['another form', written.replace('release 1', 'release 2'), 'unknown_version'],
      ['too long', `${written}${' '.repeat(MAX_MANIFEST)}`, 'too_large'],
      ['cut short', written.slice(0, -1)],
      ['a line more', `${written}\n`],
      ['line ends of Windows', written.replaceAll('\n', '\r\n'), 'unknown_version'],
      ['another order', written.replace('app/', 'zzz/')],
      ['one path twice', written.replace('app/index.html', 'holdfast')],
      ['a path that leads out', written.replace('app/index.html', 'app/../index.html')],
      ['an absolute path', written.replace('app/index.html', '/app/index.html')],
      ['a hidden file', written.replace('app/index.html', 'app/.index.html')],
      ['a size with a zero before it', written.replace(' 12 ', ' 012 ')],
      ['a hash in capitals', written.replace('07'.repeat(32), 'AB'.repeat(32))],
      ['no version', written.replace('version', 'release')],
      ['a version with a zero before it', written.replace('1.2.3', '1.02.3')],
      ['a version of two numbers', written.replace('1.2.3', '1.2')],
    ]
  for (const [what, text, code = 'malformed'] of BAD)
    test(what, () => refused(code, () => read(text)))

  test('and never written', () => {
    refused('malformed', () => encodeRelease({ ...release, files: release.files.toReversed() }))
    refused('malformed', () => encodeRelease({ ...release, version: '1' }))
  })
})

test('whatever is read is written again in the same way', () => {
  const edits = fc.array(fc.tuple(fc.nat(written.length - 1), fc.nat(127)), { maxLength: 3 })
  fc.assert(
    fc.property(edits, (places) => {
      const bytes = utf8(written)
      for (const [at, byte] of places) bytes[at] = byte
      let found: Release
      try {
        found = decodeRelease(bytes)
      } catch {
        return
      }
      assert.deepEqual(encodeRelease(found), bytes)
    }),
  )
})

test('versions are compared as numbers', () => {
  const inOrder = ['0.1.0', '0.2.0', '0.10.0', '1.0.0', '1.0.9', '1.0.10']
  assert.deepEqual(inOrder.toReversed().toSorted(compareVersions), inOrder)
  assert.equal(compareVersions('1.2.3', '1.2.3'), 0)
})
