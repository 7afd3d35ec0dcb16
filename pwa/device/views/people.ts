// The directory as people read it.
import { idText, type PersonId, parseId } from '../../../protocol/ids.ts'
import { ROLE, type RoleName, roleName } from '../../../protocol/kinds.ts'
import { absenceOf, people as everybody, type PersonView } from '../../../client/views.ts'
import type { Core } from '../../../client/core.ts'
import type { Profile } from '../../../protocol/profile.ts'
import type { Device } from '../device.ts'
import { byName, who, type Who } from './names.ts'

export type PersonCard = Who & {
  role: RoleName
  profile: Profile
  devices: number
  /** Devices that wait for somebody to let them in. */
  waiting: string[]
  /** A card that has not been used and still can be. */
  card: boolean
  away: PersonView['away']
}

export function peopleView({ core }: Device): PersonCard[] {
  return everybody(core.replica)
    .map((view) => cardOf(core, view))
    .toSorted(byName)
}

function cardOf(core: Core, { person, role, profile, devices, waiting }: PersonView): PersonCard {
  const cards = core.replica.directory.persons.get(person)?.cards ?? []
  const now = core.clock.now()
  const open = cards.some((id) => {
    const card = core.replica.directory.cards.get(id)
    return card !== undefined && card.usedBy === null && card.until === null && card.notAfter > now
  })
  return {
    ...who(core, person),
    role: roleName(role),
    profile,
    devices: devices.length,
    waiting: waiting.map(idText),
    card: open,
    away: absenceOf(core.replica, person, now),
  }
}

export type DeviceCard = { id: string; here: boolean; state: 'active' | 'waiting' | 'removed' }
export type PersonDetails = PersonCard & {
  list: DeviceCard[]
  /** What the person who looks may do. */
  mayInvite: boolean
  mayRevoke: boolean
  mayAway: boolean
  /** Two of them sign what is dangerous: then it comes back as a proposal. */
  takesTwo: boolean
  lastOwner: boolean
}

export function personView(
  { core }: Device,
  { person: text }: { person: string },
): PersonDetails | null {
  const id = parseId<PersonId>(text)
  const view = everybody(core.replica).find(({ person: one }) => idText(one) === text)
  if (view === undefined) return null
  const { directory, identity } = core.replica
  const mine = directory.roleNow(identity.person) ?? 0
  const owners = everybody(core.replica).filter(({ role }) => role === ROLE.owner)
  const devices = directory.persons.get(id)?.devices ?? []
  return {
    ...cardOf(core, view),
    list: devices.map((device) => {
      const known = directory.devices.get(device)
      const state = known?.until !== null ? 'removed' : known.from === null ? 'waiting' : 'active'
      return { id: idText(device), here: idText(device) === idText(identity.device), state }
    }),
    mayInvite: mine >= ROLE.admin || idText(identity.person) === text,
    mayRevoke: mine >= ROLE.admin,
    mayAway: view.role > ROLE.guest && (mine >= ROLE.admin || idText(identity.person) === text),
    takesTwo: view.role >= ROLE.admin && directory.trustedCount() >= 2,
    lastOwner: view.role === ROLE.owner && owners.length === 1,
  }
}
