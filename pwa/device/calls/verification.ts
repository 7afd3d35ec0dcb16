// Somebody has met a person and compared what both phones show.
import {
  compareCode,
  type Comparison,
  encodeCompared,
  printOf,
} from '../../../client/verification.ts'
import { put } from '../../../client/store.ts'
import { equal } from '../../../protocol/bytes.ts'
import { parseId, type PersonId } from '../../../protocol/ids.ts'
import type { Device } from '../device.ts'
import { comparedKey } from '../local.ts'

/**
 * `code`: as scanned from the other phone, or as this one shows it when somebody says that the words are the
 * same. A match is kept; of oneself there is nothing to keep.
 */
export async function compare(
  { core, changed }: Device,
  { person: text, code }: { person: string; code: string },
): Promise<Comparison> {
  const person = parseId<PersonId>(text)
  const print = printOf(core.replica, person)
  const result = print === null ? 'mismatch' : compareCode(code, person, print)
  if (result !== 'match' || print === null || equal(person, core.replica.identity.person))
    return result
  const row = encodeCompared({ print, at: core.clock.now() })
  await core.store.commit([put('local', comparedKey(person), row)])
  changed()
  return result
}
