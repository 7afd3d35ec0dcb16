// Who may release and what they have signed: the one is in the build, the other comes from a stick.
import { equal, utf8 } from '../../../protocol/bytes.ts'
import {
  decodeReleaseKeys,
  decodeSignatures,
  encodeReleaseKeys,
  ensureSigned,
  signRelease,
} from '../../../protocol/release-keys.ts'
import { attempt, must, type Target } from '../../../scripts/fuzz/target.ts'
import { seededPair } from '../../helpers/seed.ts'

const manifest = utf8('holdfast release 1\n')
const [one, two] = [seededPair('release 1'), seededPair('release 2')]
const signed = signRelease(manifest, one, decodeSignatures(signRelease(manifest, two, [])))
const keys = { needed: 1, keys: [one.publicKey] }

export const releaseKeys: Target = {
  name: 'release-keys',
  about: 'decodeReleaseKeys, decodeSignatures: whose release it is',
  sources: ['protocol/release-keys.ts'],
  longest: 5000,
  batch: 200,
  runs: 2000,
  open: () => ({
    samples: [encodeReleaseKeys(keys), signed, utf8('holdfast signatures 1\n')],
    run(input) {
      const known = attempt(() => decodeReleaseKeys(input))
      if (known !== null)
        must(equal(encodeReleaseKeys(known.value), input), 'there is one way to write it')
      const found = attempt(() => decodeSignatures(input))
      if (found === null) return
      const counts = attempt(() => ensureSigned(manifest, found.value, keys))
      const own = found.value.some(({ key }) => equal(key, one.publicKey))
      must(counts === null || own, 'nobody else signs')
    },
  }),
}
