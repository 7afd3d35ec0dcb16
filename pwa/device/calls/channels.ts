// Opening conversations, and who is in them. These need the box: keys travel with them.
import { addPeople, createChannel, directChannel, removePeople } from '../../../client/channels.ts'
import { people as everybody } from '../../../client/views.ts'
import { idText, type LogId, parseId, type PersonId } from '../../../protocol/ids.ts'
import { CHANNEL_TYPE, ROLE } from '../../../protocol/kinds.ts'
import type { Device } from '../device.ts'

const idsOf = (people: string[]): PersonId[] => people.map((one) => parseId<PersonId>(one))

export async function openChannel(
  { core }: Device,
  { title, people, audience }: { title: string; people: string[]; audience: boolean },
): Promise<{ id: string }> {
  const type = audience ? CHANNEL_TYPE.audience : CHANNEL_TYPE.group
  return { id: idText(await core.run(() => createChannel(core, title, type, idsOf(people)))) }
}

/** An audience of everybody, guests left out: they are in for one matter. */
export async function openAudienceOfAll(
  { core }: Device,
  { title }: { title: string },
): Promise<{ id: string }> {
  const all = everybody(core.replica).filter(({ role }) => role > ROLE.guest)
  const people = all.map(({ person }) => person)
  const id = await core.run(() => createChannel(core, title, CHANNEL_TYPE.audience, people))
  return { id: idText(id) }
}

export async function openDirect(
  { core }: Device,
  { person }: { person: string },
): Promise<{ id: string }> {
  return { id: idText(await core.run(() => directChannel(core, parseId<PersonId>(person)))) }
}

type Members = { channel: string; people: string[] }

export async function addMembers({ core }: Device, { channel, people }: Members): Promise<void> {
  await core.run(() => addPeople(core, parseId<LogId>(channel), idsOf(people)))
}

export async function removeMembers({ core }: Device, { channel, people }: Members): Promise<void> {
  await core.run(() => removePeople(core, parseId<LogId>(channel), idsOf(people)))
}
