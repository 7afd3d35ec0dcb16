// Members follow the directory: whoever has left the organisation leaves its channels, and the response
// channel holds whoever coordinates.
import type { Item } from '../protocol/api.ts'
import { equal } from '../protocol/bytes.ts'
import type { Channel } from '../protocol/channel.ts'
import type { LogId, PersonId } from '../protocol/ids.ts'
import { CHANNEL_ROLE, CHANNEL_TYPE, KIND, ROLE } from '../protocol/kinds.ts'
import { MAX_GROUP_PERSONS, MAX_SUBJECTS } from '../protocol/limits.ts'
import type { Core } from './core.ts'
import { newEpoch } from './epochs.ts'
import { append, drafting, operation, staleEpochs } from './operations.ts'
import { quietly, submit } from './submit.ts'

/** Done by whoever may. Returns the channels that got new keys with it. */
export async function keepMembers(core: Core): Promise<LogId[]> {
  const changed: LogId[] = []
  for (const channel of core.replica.channels.values()) {
    if (!channel.allows('remove', core.replica.identity.person)) continue
    await quietly(async () => {
      const places = await submit(core, () => drafting(channel, () => changes(core, channel)))
      if (places.length > 0) changed.push(channel.id)
    })
  }
  return changed
}

async function changes(core: Core, channel: Channel): Promise<Item[]> {
  const { directory, identity } = core.replica
  const least = channel.type === CHANNEL_TYPE.response ? ROLE.coordinator : ROLE.guest
  const belongs = (person: PersonId): boolean => (directory.roleNow(person) ?? 0) >= least
  // One's own demotion is for others to carry out.
  const leaving = [...channel.members.keys()].filter(
    (person) => !belongs(person) && !equal(person, identity.person),
  )
  const coming = comingTo(core, channel, belongs)
  const items: Item[] = []
  for (const [kind, people] of [
    [KIND.remove, leaving.slice(0, MAX_SUBJECTS)],
    [KIND.add, coming],
  ] as const) {
    if (people.length === 0) continue
    items.push(append(channel, operation(core, channel, kind, people, CHANNEL_ROLE.member)))
  }
  if (items.length === 0) return []
  const epochs = await staleEpochs(core, channel)
  // Answers' keys derive from generation 0: whoever comes needs a new epoch, as whoever goes makes one due.
  if (epochs.length === 0) epochs.push(await newEpoch(core, channel, 0, core.context(channel.id)))
  return [...items, ...epochs]
}

/** Only the response channel takes people in by itself. */
function comingTo(
  core: Core,
  channel: Channel,
  belongs: (person: PersonId) => boolean,
): PersonId[] {
  if (channel.type !== CHANNEL_TYPE.response) return []
  const room = Math.min(MAX_SUBJECTS, MAX_GROUP_PERSONS - channel.members.size)
  return [...core.replica.directory.persons.keys()]
    .filter((person) => belongs(person) && !channel.members.has(person))
    .slice(0, room)
}
