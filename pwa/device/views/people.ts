// The directory as people read it.
import { idText, type PersonId, parseId } from '../../../protocol/ids.ts'
import { ROLE, type RoleName, roleName } from '../../../protocol/kinds.ts'
import { absenceOf, people as everybody, type PersonView } from '../../../client/views.ts'
import type { Core } from '../../../client/core.ts'
import type { Profile } from '../../../protocol/profile.ts'
import type { Device } from '../device.ts'
import { isOpen } from './cards.ts'
import { byName, who, type Who } from './names.ts'
import { type ComparedState, comparedStates } from './verification.ts'

export type PersonCard = Who & {
  role: RoleName
  profile: Profile
  devices: number
  /** Devices that wait for somebody to let them in. */
  waiting: string[]
  /** A card that has not been used and still can be. */
  card: boolean
  away: PersonView['away']
  /** Whether somebody has compared this person's devices here, and whether that still holds. */
  compared: ComparedState
}
type States = Map<string, ComparedState>

export async function peopleView({ core }: Device): Promise<PersonCard[]> {
  const states = await comparedStates(core)
  return everybody(core.replica)
    .map((view) => cardOf(core, view, states))
    .toSorted(byName)
}

function cardOf(
  core: Core,
  { person, role, profile, devices, waiting }: PersonView,
  states: States,
): PersonCard {
  const cards = core.replica.directory.persons.get(person)?.cards ?? []
  const now = core.clock.now()
  const open = cards.some((id) => {
    const card = core.replica.directory.cards.get(id)
    return card !== undefined && isOpen(card, now)
  })
  return {
    ...who(core, person),
    role: roleName(role),
    profile,
    devices: devices.length,
    waiting: waiting.map(idText),
    card: open,
    away: absenceOf(core.replica, person, now),
    compared: states.get(idText(person)) ?? 'never',
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
  /** There are two administrators who can sign. */
  twoSign: boolean
  lastOwner: boolean
}

export async function personView(
  { core }: Device,
  { person: text }: { person: string },
): Promise<PersonDetails | null> {
  const id = parseId<PersonId>(text)
  const view = everybody(core.replica).find(({ person: one }) => idText(one) === text)
  if (view === undefined) return null
  const { directory, identity } = core.replica
  const mine = directory.roleNow(identity.person) ?? 0
  const twoSign = directory.trustedCount() >= 2
  const devices = directory.persons.get(id)?.devices ?? []
  return {
    ...cardOf(core, view, await comparedStates(core)),
    list: devices.map((device) => {
      const known = directory.devices.get(device)
      const state = known?.until !== null ? 'removed' : known.from === null ? 'waiting' : 'active'
      return { id: idText(device), here: idText(device) === idText(identity.device), state }
    }),
    mayInvite: mine >= ROLE.admin || idText(identity.person) === text,
    mayRevoke: mine >= ROLE.admin,
    mayAway: view.role > ROLE.guest && (mine >= ROLE.admin || idText(identity.person) === text),
    takesTwo: view.role >= ROLE.admin && twoSign,
    twoSign,
    // As the box judges it: an owner who has not joined yet is none to rely on.
    lastOwner: view.role === ROLE.owner && !directory.hasOtherOwner(id),
  }
}
