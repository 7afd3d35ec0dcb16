// Cards that are out and can still be used: whose, made when and by whom, good until when.
import { type DirectoryEntry } from '../../../protocol/directory.ts'
import type { Card } from '../../../protocol/directory-state.ts'
import { decodeEntry } from '../../../protocol/entry.ts'
import { asId, type DeviceId, idText } from '../../../protocol/ids.ts'
import { type RoleName, roleName } from '../../../protocol/kinds.ts'
import type { Core } from '../../../client/core.ts'
import { entryRow, placeKey, readRow } from '../../../client/rows.ts'
import { personOfDevice, shownTime } from '../../../client/views.ts'
import type { Device } from '../device.ts'
import { byName, who, type Who } from './names.ts'

export type OpenCard = Who & {
  id: string
  role: RoleName
  /** When it was made; null: before this device's log begins. */
  made: number | null
  /** null: the root key, or a device that is not known any more. */
  by: Who | null
  until: number
  /** For somebody who has a device: what joins with it waits to be let in. */
  further: boolean
}

/** Can it still make a device, as far as this device's clock tells? */
export function isOpen(card: Card, now: number): boolean {
  return card.usedBy === null && card.until === null && card.notAfter > now
}

export async function cardsView({ core }: Device): Promise<OpenCard[]> {
  const { directory } = core.replica
  const now = core.clock.now()
  const open = [...directory.cards.values()].filter(
    (card) => isOpen(card, now) && directory.roleNow(card.person) !== null,
  )
  const cards = await Promise.all(open.map((card) => openCard(core, card)))
  return cards.toSorted(byName)
}

async function openCard(core: Core, card: Card): Promise<OpenCard> {
  const by = personOfDevice(core.replica, asId<DeviceId>(card.by))
  return {
    ...who(core, card.person),
    id: idText(card.id),
    role: roleName(card.role),
    made: await madeAt(core, card),
    by: by === null ? null : who(core, by),
    until: shownTime(card.notAfter),
    further: core.replica.directory.activeDevices(card.person).length > 0,
  }
}

/** An entry never changes: it is read once. */
const times = new WeakMap<Card, number>()

async function madeAt(core: Core, card: Card): Promise<number | null> {
  const known = times.get(card)
  if (known !== undefined) return known
  const row = await core.store.get('entries', placeKey(core.replica.directory.log, card.n))
  if (row === null) return null
  const { prefix } = decodeEntry(readRow(entryRow, row).bytes) as DirectoryEntry
  times.set(card, shownTime(prefix.t))
  return shownTime(prefix.t)
}
