// Being away, and being here again.
import { setAbsence } from '../../../client/absence.ts'
import { parseId, type PersonId } from '../../../protocol/ids.ts'
import type { Device } from '../device.ts'

/** `until`: milliseconds, 0: here again. For somebody else it takes an administrator. */
export async function setAway(
  { core }: Device,
  { person, until, note }: { person: string; until: number; note: string },
): Promise<void> {
  const id = parseId<PersonId>(person)
  await core.run(() => setAbsence(core, { until, note, person: id }))
}
