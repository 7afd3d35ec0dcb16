// Whoever is new shall be reached by alerts to everybody: audiences that hold everybody take them in.
import { addPeople, setRole } from '../../client/channels.ts'
import type { Core } from '../../client/core.ts'
import { equal } from '../../protocol/bytes.ts'
import { people as everybody } from '../../client/views.ts'
import type { Channel } from '../../protocol/channel.ts'
import type { LogId, PersonId } from '../../protocol/ids.ts'
import { CHANNEL_ROLE, CHANNEL_TYPE, type ChannelRole, ROLE } from '../../protocol/kinds.ts'

/** Guests are in for one matter, and not among everybody. */
const staff = (core: Core) => everybody(core.replica).filter(({ role }) => role > ROLE.guest)

/** Those that this person may add to. Asked for before somebody comes: after that none holds everybody. */
export function wholeAudiences(core: Core): LogId[] {
  const all = staff(core)
  const { channels, identity } = core.replica
  return [...channels.values()]
    .filter(
      (channel) =>
        channel.type === CHANNEL_TYPE.audience &&
        channel.allows('add', identity.person) &&
        all.every(({ person }) => channel.members.has(person)),
    )
    .map(({ id }) => id)
}

/** Takes in everybody who is missing, those who coordinate so that they may alert. Done again it does the rest. */
export async function takeIn(core: Core, audiences: LogId[]): Promise<void> {
  for (const id of audiences) {
    for (const [people, as] of missingFrom(core, id))
      if (people.length > 0) await addPeople(core, id, people, as)
    const raised = stillReaders(core, core.replica.channels.get(id))
    if (raised.length > 0) await setRole(core, id, raised, CHANNEL_ROLE.publisher)
  }
}

/** Who may alert because of their role in the organisation. */
export function leaders(core: Core): PersonId[] {
  return staff(core)
    .filter(({ role }) => role >= ROLE.coordinator)
    .map(({ person }) => person)
}

/** Whoever led before and does not any more reads from here on, as far as this person may say so. */
export async function stepDown(core: Core, before: PersonId[]): Promise<void> {
  const now = leaders(core)
  const left = before.filter((person) => !now.some((one) => equal(one, person)))
  if (left.length === 0) return
  for (const channel of core.replica.channels.values()) {
    if (channel.type !== CHANNEL_TYPE.audience) continue
    if (!channel.allows('role', core.replica.identity.person)) continue
    const lowered = left.filter(
      (person) => (channel.members.get(person)?.role ?? 0) > CHANNEL_ROLE.member,
    )
    if (lowered.length > 0) await setRole(core, channel.id, lowered, CHANNEL_ROLE.member)
  }
}

function missingFrom(core: Core, id: LogId): [PersonId[], ChannelRole][] {
  const channel = core.replica.channels.get(id)
  const missing = staff(core).filter(({ person }) => channel?.members.has(person) === false)
  const by = (leads: boolean): PersonId[] =>
    missing.filter(({ role }) => role >= ROLE.coordinator === leads).map(({ person }) => person)
  return [
    [by(false), CHANNEL_ROLE.member],
    [by(true), CHANNEL_ROLE.publisher],
  ]
}

/** Those who coordinate by now and may not alert here yet. */
function stillReaders(core: Core, channel: Channel | undefined): PersonId[] {
  if (channel?.allows('role', core.replica.identity.person) !== true) return []
  return staff(core)
    .filter(({ role }) => role >= ROLE.coordinator)
    .filter(({ person }) => channel.members.get(person)?.role === CHANNEL_ROLE.member)
    .map(({ person }) => person)
}
