// What devices say they run, as it is read from the directory: a row for each word.
import type { Entry, EntryOf } from '../protocol/entry.ts'
import { asId, type DeviceId } from '../protocol/ids.ts'
import { KIND } from '../protocol/kinds.ts'
import { placeKey, runningRow, writeRow } from './rows.ts'
import { put, type Write } from './store.ts'

/** To the disk, where it is such an entry, that was accepted at place `n` of the directory. */
export function runningWrites(entry: Entry, n: number): Write[] {
  if (entry.kind !== KIND.running) return []
  const { prefix, fields } = entry as EntryOf<typeof KIND.running> & Entry
  const row = writeRow(runningRow, { refN: prefix.refN, ...fields })
  return [put('running', placeKey(asId<DeviceId>(prefix.signer), n), row)]
}
