// Acts on channels: opening one, adding and removing people. Keys travel with the operation they follow
// from, all or nothing: nobody is removed and can still read the next message.
import type { Item } from '../protocol/api.ts'
import { cutText, equal } from '../protocol/bytes.ts'
import { Channel, channelIdOf } from '../protocol/channel.ts'
import { compareBytes } from '../protocol/channel-operations.ts'
import { decodeEntry, signEntry } from '../protocol/entry.ts'
import { ensure } from '../protocol/errors.ts'
import { asId, type LogId, NO_HASH, NO_ID, type PersonId } from '../protocol/ids.ts'
import {
  CHANNEL_ROLE,
  CHANNEL_TYPE,
  type ChannelRole,
  type ChannelType,
  KIND,
  ROLE,
} from '../protocol/kinds.ts'
import { MAX_SUBJECTS } from '../protocol/limits.ts'
import { encodeOperationData } from '../protocol/operation-data.ts'
import { sealTitle } from '../protocol/profile.ts'
import type { Core } from './core.ts'
import { newEpoch, streamWraps } from './epochs.ts'
import { drain, enqueue } from './outbox.ts'
import { submit } from './submit.ts'
import { append, drafting, operation, sortedPersons, staleEpochs } from './operations.ts'
import { keepKeys } from './keep-keys.ts'
import { responseKeyItem } from './response-keys.ts'
import { upkeep } from './upkeep.ts'
import { nameOf, titleOf } from './views.ts'

/** Names that fit one message; guests of a larger channel see ids for the rest. */
const MAX_NAMED = 200
const LONGEST_NAME = 120

type Plan = {
  type: ChannelType
  title: string
  people: PersonId[]
  role: ChannelRole
  response: Channel | null
}

/** Opens a channel with everybody in it and its keys sealed. */
export async function createChannel(
  core: Core,
  title: string,
  type: ChannelType,
  people: PersonId[],
  role: ChannelRole = CHANNEL_ROLE.member,
): Promise<LogId> {
  const response = type === CHANNEL_TYPE.audience ? await responseChannel(core) : null
  let made: LogId | null = null
  await submit(core, async () => {
    const draft = await draftChannel(core, { type, title, people, role, response })
    made = draft.id
    return draft.items
  })
  ensure(made !== null, 'malformed')
  const id = made as LogId
  await streamWraps(core)
  await tellGuests(core, id)
  return id
}

/** The direct channel with somebody: the one there is, or a new one. */
export async function directChannel(core: Core, other: PersonId): Promise<LogId> {
  const known = [...core.replica.channels.values()].filter(
    (channel) =>
      channel.type === CHANNEL_TYPE.direct &&
      channel.members.has(other) &&
      channel.members.has(core.replica.identity.person),
  )
  known.sort((a, b) => compareBytes(a.id, b.id))
  return known[0]?.id ?? createChannel(core, '', CHANNEL_TYPE.direct, [other])
}

/** Where answers to alerts are read: the coordinators' channel, opened with everybody who may coordinate. */
async function responseChannel(core: Core): Promise<Channel> {
  const find = (): Channel | undefined =>
    [...core.replica.channels.values()].find(
      (channel) =>
        channel.type === CHANNEL_TYPE.response && channel.members.has(core.replica.identity.person),
    )
  if (find() === undefined) {
    const { directory } = core.replica
    const coordinators = [...directory.persons.keys()].filter(
      (id) => (directory.roleNow(id) ?? 0) >= ROLE.coordinator,
    )
    await createChannel(core, 'Coordination', CHANNEL_TYPE.response, coordinators)
  }
  const found = find()
  ensure(found !== undefined, 'not_found', 'response channel')
  return found
}

async function draftChannel(core: Core, plan: Plan): Promise<{ id: LogId; items: Item[] }> {
  const { directory, identity } = core.replica
  const direct = plan.type === CHANNEL_TYPE.direct
  const founders = direct ? [...plan.people, identity.person] : [identity.person]
  const create = createEntry(core, plan, sortedPersons(founders))
  const id = channelIdOf(decodeEntry(create))
  const draft = new Channel(id, directory, () => undefined)
  const items = [append(draft, create)]
  const others = sortedPersons(plan.people).filter((person) => !draft.members.has(person))
  // Whoever may alert has to hold the keys of all segments, which publishers do.
  const alerting = (person: PersonId): boolean =>
    plan.type === CHANNEL_TYPE.audience && (directory.roleNow(person) ?? 0) >= ROLE.coordinator
  const role = (person: PersonId): ChannelRole =>
    alerting(person) ? higherRole(plan.role, CHANNEL_ROLE.publisher) : plan.role
  for (const as of new Set(others.map(role))) {
    const people = others.filter((person) => role(person) === as)
    for (let at = 0; at < people.length; at += MAX_SUBJECTS) {
      const part = people.slice(at, at + MAX_SUBJECTS)
      items.push(append(draft, operation(core, draft, KIND.add, part, as)))
    }
  }
  if (plan.response !== null)
    items.push(append(draft, responseKeyItem(core, draft, plan.response).entry))
  for (const seg of draft.segments.keys())
    items.push(await newEpoch(core, draft, seg, core.context(id)))
  return { id, items }
}

const higherRole = (a: ChannelRole, b: ChannelRole): ChannelRole => (a > b ? a : b)

function createEntry(core: Core, plan: Plan, subjects: PersonId[]): Uint8Array {
  const { directory, identity, pair } = core.replica
  const title =
    plan.title === '' ? new Uint8Array(0) : sealTitle(identity.dk, identity.org, plan.title)
  const data = encodeOperationData({
    kind: 'create',
    type: plan.type,
    recorded: 0,
    dkVer: identity.dkVer,
    title,
  })
  const context = { ...core.context(asId<LogId>(NO_ID)), refN: 0, refH: NO_HASH }
  const place = { dirN: directory.head.n, dirH: directory.head.h }
  const fields = { membN: 1, membPrev: NO_HASH, ...place, role: plan.role, subjects, data }
  return signEntry(KIND.create, context, fields, pair.secretKey)
}

/** Adds people who are not in yet, and gives keys to their devices. */
export async function addPeople(
  core: Core,
  id: LogId,
  people: PersonId[],
  role: ChannelRole = CHANNEL_ROLE.member,
): Promise<number> {
  const channel = channelOf(core, id)
  let added = 0
  await submit(core, async () => {
    const missing = sortedPersons(people).filter((person) => !channel.members.has(person))
    added = missing.length
    return drafting(channel, async () => {
      const items: Item[] = []
      for (let at = 0; at < missing.length; at += MAX_SUBJECTS) {
        items.push(
          append(
            channel,
            operation(core, channel, KIND.add, missing.slice(at, at + MAX_SUBJECTS), role),
          ),
        )
      }
      return items
    })
  })
  await keepKeys(core, channelOf(core, id), 'quiet')
  await upkeep(core)
  await tellGuests(core, id)
  return added
}

/** Guests hold no directory key: what the channel and its people are called travels inside it. */
async function tellGuests(core: Core, id: LogId): Promise<void> {
  const channel = channelOf(core, id)
  const members = [...channel.members.keys()]
  const isGuest = (person: PersonId): boolean =>
    core.replica.directory.roleNow(person) === ROLE.guest
  if (!members.some(isGuest) || core.replica.identity.dkVer === 0) return
  const people = members
    .slice(0, MAX_NAMED)
    .map((person) => ({ person, name: cutText(nameOf(core.replica, person), LONGEST_NAME) }))
  await enqueue(core, id, KIND.control, {
    type: 'names',
    title: titleOf(core.replica, channel),
    people,
  })
  await drain(core)
}

/** Removes people and makes the keys that they do not get, in one step. */
export async function removePeople(core: Core, id: LogId, people: PersonId[]): Promise<void> {
  await submit(core, async () => {
    const channel = channelOf(core, id)
    return drafting(channel, async () => {
      const item = append(
        channel,
        operation(core, channel, KIND.remove, people, CHANNEL_ROLE.member),
      )
      const left = people.some((person) => equal(person, core.replica.identity.person))
      return [item, ...(left ? [] : await staleEpochs(core, channel))]
    })
  })
  await streamWraps(core)
  await upkeep(core)
}

export async function setRole(
  core: Core,
  id: LogId,
  people: PersonId[],
  role: ChannelRole,
): Promise<void> {
  await submit(core, async () => {
    const channel = channelOf(core, id)
    return drafting(channel, async () => [
      append(channel, operation(core, channel, KIND.role, people, role)),
    ])
  })
  await upkeep(core)
}

function channelOf(core: Core, id: LogId): Channel {
  const channel = core.replica.channels.get(id)
  ensure(channel !== undefined, 'not_found', 'channel')
  return channel
}
