// What people should hear of the directory: somebody they write with speaks from a further device. Whoever
// can make cards could otherwise become somebody else unseen.
import { equal } from '../protocol/bytes.ts'
import type { DirectoryEntry } from '../protocol/directory.ts'
import type { Device } from '../protocol/directory-state.ts'
import { decodeHeader } from '../protocol/entry.ts'
import { type DeviceId, type PersonId } from '../protocol/ids.ts'
import { KIND } from '../protocol/kinds.ts'
import { hashId } from '../protocol/labels.ts'
import type { Core } from './core.ts'
import type { Replica } from './replica.ts'
import { entryRow, placeKey, readRow } from './rows.ts'

export type NoticeView = {
  type: 'notice'
  n: number
  person: PersonId
  device: DeviceId
  /** Not approved yet: shown only to the person whose device it is. */
  waiting: boolean
}

/** Does the directory entry that was just accepted concern this person or somebody they share a channel with? */
export function isNotice(replica: Replica, entry: DirectoryEntry): boolean {
  const device = deviceOf(replica, entry)
  // While it joins, everything is new to a device.
  if (device === null || replica.identity.state === 0) return false
  if (equal(device.id, replica.identity.device)) return false
  const known = replica.directory.persons.get(device.person)?.devices ?? []
  if (known.length < 2) return false
  const mine = replica.identity.person
  if (equal(device.person, mine)) return true
  const shared = [...replica.channels.values()].some(
    (channel) => channel.members.has(device.person) && channel.members.has(mine),
  )
  return shared && device.from !== null
}

/** The device that an entry lets in or announces. */
function deviceOf(replica: Replica, entry: DirectoryEntry): Device | null {
  if (entry.kind === KIND.device)
    return replica.directory.devices.get(hashId<DeviceId>('dev', entry.fields.signPk)) ?? null
  if (entry.kind !== KIND.approve) return null
  return replica.directory.devices.get(entry.fields.device) ?? null
}

/** The notice at a place of the directory, as of now; null when there is none. */
export async function noticeAt(core: Core, n: number): Promise<NoticeView | null> {
  const { replica, store } = core
  const stored = await store.get('entries', placeKey(replica.directory.log, n))
  if (stored === null) return null
  const entry = decodeHeader(readRow(entryRow, stored).bytes) as DirectoryEntry
  const device = deviceOf(replica, entry)
  if (device === null) return null
  const { id, person, from } = device
  return { type: 'notice', n, person, device: id, waiting: from === null }
}
