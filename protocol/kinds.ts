// What an entry is. The number is signed; a kind that is not listed is refused.
export const KIND = {
  found: 1,
  person: 2,
  card: 3,
  device: 4,
  approve: 5,
  revoke: 6,
  tick: 7,
  box: 8,
  records: 9,
  checkpoint: 10,
  absence: 11,
  restore: 12,
  running: 13,
  create: 32,
  add: 33,
  remove: 34,
  role: 35,
  policy: 36,
  respkey: 37,
  title: 38,
  announce: 48,
  extension: 49,
  text: 64,
  alert: 65,
  exercise: 66,
  control: 67,
  answer: 80,
} as const
export type Kind = (typeof KIND)[keyof typeof KIND]
export const KINDS = Object.values(KIND)

export type DirectoryKind = (typeof KIND)[
  | 'found'
  | 'person'
  | 'card'
  | 'device'
  | 'approve'
  | 'revoke'
  | 'tick'
  | 'box'
  | 'records'
  | 'checkpoint'
  | 'absence'
  | 'restore'
  | 'running']
export type OperationKind = (typeof KIND)[
  | 'create'
  | 'add'
  | 'remove'
  | 'role'
  | 'policy'
  | 'respkey'
  | 'title']
export type MessageKind = (typeof KIND)['text' | 'alert' | 'exercise' | 'control']

export const isDirectoryKind = (kind: Kind): kind is DirectoryKind => kind < 32
export const isOperationKind = (kind: Kind): kind is OperationKind => kind >= 32 && kind < 48
export const isMessageKind = (kind: Kind): kind is MessageKind => kind >= 64 && kind < 80
/** Messages that ask every person of an audience for an answer. */
export const rings = (kind: Kind): boolean => kind === KIND.alert || kind === KIND.exercise
/** Kinds after whose header sealed bytes follow. */
export const hasPayload = (kind: Kind): boolean => isMessageKind(kind) || kind === KIND.answer

export function kindName(kind: Kind): keyof typeof KIND {
  return (Object.keys(KIND) as (keyof typeof KIND)[]).find((name) => KIND[name] === kind) ?? 'text'
}

/** What the outside structures call themselves; apart from entry kinds, so that neither parses as the other. */
export const OUTSIDE = { receipt: 96, history: 97, head: 98, report: 99 } as const

/** Roles of a person in the directory; a larger number includes the rights of the smaller. */
export const ROLE = { guest: 1, member: 2, coordinator: 3, admin: 4, owner: 5 } as const
export type Role = (typeof ROLE)[keyof typeof ROLE]
export type RoleName = keyof typeof ROLE

export function roleName(role: Role): RoleName {
  return (Object.keys(ROLE) as RoleName[]).find((name) => ROLE[name] === role) ?? 'guest'
}

/** Roles of a person in a channel. */
export const CHANNEL_ROLE = { member: 1, publisher: 2, manager: 3 } as const
export type ChannelRole = (typeof CHANNEL_ROLE)[keyof typeof CHANNEL_ROLE]

export const CHANNEL_TYPE = { group: 1, direct: 2, audience: 3, response: 4 } as const
export type ChannelType = (typeof CHANNEL_TYPE)[keyof typeof CHANNEL_TYPE]
export type ChannelTypeName = keyof typeof CHANNEL_TYPE

export function channelTypeName(type: ChannelType): ChannelTypeName {
  return (
    (Object.keys(CHANNEL_TYPE) as ChannelTypeName[]).find((name) => CHANNEL_TYPE[name] === type) ??
    'group'
  )
}
