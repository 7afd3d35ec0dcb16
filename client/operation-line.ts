// Who came and went, as a conversation shows it.
import { decodeEntry } from '../protocol/entry.ts'
import { ensure } from '../protocol/errors.ts'
import { asId, type DeviceId, type LogId, type PersonId } from '../protocol/ids.ts'
import { KIND } from '../protocol/kinds.ts'
import type { Core } from './core.ts'
import { entryRow, placeKey, readRow } from './rows.ts'
import { personOfDevice, shownTime } from './views.ts'

export type OperationLine = {
  event: 'created' | 'added' | 'removed' | 'titled'
  by: PersonId | null
  people: PersonId[]
  at: number
}

const EVENTS = new Map<number, OperationLine['event']>([
  [KIND.create, 'created'],
  [KIND.add, 'added'],
  [KIND.remove, 'removed'],
  [KIND.title, 'titled'],
])

/** The operation at a place of a channel. Throws `not_found` where there is none that people see. */
export async function openOperation(core: Core, log: LogId, n: number): Promise<OperationLine> {
  const stored = await core.store.get('entries', placeKey(log, n))
  ensure(stored !== null, 'not_found', 'operation')
  const { kind, prefix, fields } = decodeEntry(readRow(entryRow, stored).bytes)
  const event = EVENTS.get(kind)
  ensure(event !== undefined && 'subjects' in fields, 'not_found', 'operation')
  const by = personOfDevice(core.replica, asId<DeviceId>(prefix.signer))
  return { event, by, people: fields.subjects, at: shownTime(prefix.t) }
}
