// Saying that somebody is away, or here again.
import { bareItem } from '../protocol/api.ts'
import { signEntry } from '../protocol/entry.ts'
import { ensure } from '../protocol/errors.ts'
import type { PersonId } from '../protocol/ids.ts'
import { KIND } from '../protocol/kinds.ts'
import { type AbsenceWord, sealAbsence } from '../protocol/profile.ts'
import type { Core } from './core.ts'
import { submit } from './submit.ts'

/**
 * Until when this person is away and why, for everybody in the directory; `until` 0: here again. For somebody
 * else it takes an administrator. Throws `not_allowed` on a guest's device, which holds no directory key, and
 * `too_large` for a note of more than 200 bytes.
 */
export async function setAbsence(
  core: Core,
  { until, note, person }: AbsenceWord & { person?: PersonId },
): Promise<void> {
  const { directory, identity, pair } = core.replica
  const { dk, dkVer } = identity
  ensure(dkVer !== 0, 'not_allowed', 'guests hold no key for what the directory says')
  const of = person ?? identity.person
  const sealed = sealAbsence(dk, of, { until, note })
  await submit(core, async () => {
    const context = core.context(directory.log)
    const entry = signEntry(KIND.absence, context, { person: of, dkVer, sealed }, pair.secretKey)
    return [bareItem(entry)]
  })
}
