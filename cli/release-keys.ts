// Whose releases this program takes: the build has put their keys inside.
import { ensure } from '../protocol/errors.ts'
import { decodeReleaseKeys, type ReleaseKeys } from '../protocol/release-keys.ts'
import { builtIn } from '../server/built-in.ts'

/** Null: it was built for trying out. */
export function carriedKeys(): ReleaseKeys | null {
  const bytes = builtIn('release-keys').get('')
  return bytes === undefined ? null : decodeReleaseKeys(bytes)
}

/** Throws `release_keys_missing`. */
export function neededKeys(): ReleaseKeys {
  const keys = carriedKeys()
  ensure(keys !== null, 'release_keys_missing')
  return keys
}
