// Names and roles as screens show them. Ids travel as text: what a page does with one is to send it back.
import { equal } from '../../../protocol/bytes.ts'
import { idText, type PersonId } from '../../../protocol/ids.ts'
import { type ChannelRole, CHANNEL_ROLE, type RoleName, roleName } from '../../../protocol/kinds.ts'
import { nameOf } from '../../../client/views.ts'
import type { Core } from '../../../client/core.ts'

export type Who = { person: string; name: string; mine: boolean }

export function who({ replica }: Core, person: PersonId | null): Who {
  if (person === null) return { person: '', name: '', mine: false }
  const mine = equal(person, replica.identity.person)
  return { person: idText(person), name: nameOf(replica, person), mine }
}

export function roleOf({ replica }: Core, person: PersonId): RoleName | null {
  const role = replica.directory.roleNow(person)
  return role === null ? null : roleName(role)
}

export type ChannelRoleName = keyof typeof CHANNEL_ROLE

export function channelRoleName(role: ChannelRole): ChannelRoleName {
  const names = Object.keys(CHANNEL_ROLE) as ChannelRoleName[]
  return names.find((name) => CHANNEL_ROLE[name] === role) ?? 'member'
}

export const byName = (a: { name: string }, b: { name: string }): number =>
  a.name.localeCompare(b.name)
