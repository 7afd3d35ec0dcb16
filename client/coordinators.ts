// The response channel follows the directory: whoever becomes a coordinator reads the answers from then
// on, whoever no longer is one does not.
import type { Item } from '../protocol/api.ts'
import { equal } from '../protocol/bytes.ts'
import type { Channel } from '../protocol/channel.ts'
import type { PersonId } from '../protocol/ids.ts'
import { CHANNEL_ROLE, CHANNEL_TYPE, KIND, ROLE } from '../protocol/kinds.ts'
import { MAX_GROUP_PERSONS, MAX_SUBJECTS } from '../protocol/limits.ts'
import { mayInChannel } from '../protocol/permissions.ts'
import type { Core } from './core.ts'
import { newEpoch } from './epochs.ts'
import { append, drafting, operation, staleEpochs } from './operations.ts'
import { submit } from './submit.ts'

/** Done by whoever manages the channel, or administrates and is in it. */
export async function keepCoordinators(core: Core): Promise<void> {
  for (const channel of core.replica.channels.values()) {
    if (channel.type !== CHANNEL_TYPE.response || !mayAdd(core, channel)) continue
    await submit(core, () => drafting(channel, () => changes(core, channel)))
  }
}

function mayAdd(core: Core, channel: Channel): boolean {
  const { person } = core.replica.identity
  const member = channel.members.get(person)
  const role = core.replica.directory.roleNow(person)
  return (
    member !== undefined && role !== null && mayInChannel(channel.type, 'add', member.role, role)
  )
}

async function changes(core: Core, channel: Channel): Promise<Item[]> {
  const { directory, identity } = core.replica
  const coordinates = (person: PersonId): boolean =>
    (directory.roleNow(person) ?? 0) >= ROLE.coordinator
  // One's own demotion is for others to carry out.
  const leaving = [...channel.members.keys()].filter(
    (person) => !coordinates(person) && !equal(person, identity.person),
  )
  const coming = [...directory.persons.keys()].filter(
    (person) => coordinates(person) && !channel.members.has(person),
  )
  const items: Item[] = []
  for (const [kind, people] of [
    [KIND.remove, leaving],
    [KIND.add, coming],
  ] as const) {
    const room = Math.min(
      MAX_SUBJECTS,
      kind === KIND.add ? MAX_GROUP_PERSONS - channel.members.size : MAX_SUBJECTS,
    )
    if (people.length === 0 || room === 0) continue
    items.push(
      append(channel, operation(core, channel, kind, people.slice(0, room), CHANNEL_ROLE.member)),
    )
  }
  if (items.length === 0) return []
  // Answers' keys derive from generation 0: whoever comes needs a new epoch, as whoever goes makes one due.
  const epochs = await staleEpochs(core, channel)
  if (epochs.length === 0) epochs.push(await newEpoch(core, channel, 0, core.context(channel.id)))
  return [...items, ...epochs]
}
