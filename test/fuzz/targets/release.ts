// The manifest of a release, which comes from a stick that anybody may have had in their hands.
import { equal, utf8 } from '../../../protocol/bytes.ts'
import { decodeRelease, encodeRelease } from '../../../protocol/release.ts'
import { attempt, must, type Target } from '../../../scripts/fuzz/target.ts'

const sha256 = new Uint8Array(32).fill(0xab)
const files = ['LICENCES.txt', 'app/index.html', 'app/sw.js', 'holdfast-linux-x64'].map((path) => ({
  path,
  size: 1234,
  sha256,
}))
const sample = encodeRelease({ version: '1.20.3', previous: sha256, files })
const empty = utf8(`holdfast release 1\nversion 0.0.0\nprevious ${'0'.repeat(64)}\n`)

export const release: Target = {
  name: 'release',
  about: 'decodeRelease: what an update says it is made of',
  sources: ['protocol/release.ts'],
  longest: 70_000,
  batch: 200,
  runs: 2000,
  open: () => ({
    samples: [sample, empty],
    run(input) {
      const found = attempt(() => decodeRelease(input))
      if (found === null) return
      must(equal(encodeRelease(found.value), input), 'there is one way to write it')
      must(
        found.value.files.every(({ path }) => !/\.\.|^\/|\/\//.test(path)),
        'no path leads out',
      )
    },
  }),
}
