// Who may sign what: one table, read alike by the box and by every device.
import {
  KIND,
  type MessageKind,
  CHANNEL_ROLE,
  CHANNEL_TYPE,
  type ChannelRole,
  type ChannelType,
  ROLE,
  type Role,
} from './kinds.ts'

/** What somebody does to the directory, told finely enough to decide who may. */
export type DirectoryAct =
  | 'person.staff'
  | 'person.trusted'
  | 'card.staff'
  | 'card.trusted'
  | 'card.own'
  | 'approve.own'
  | 'approve.other'
  | 'revoke.own'
  | 'revoke.device'
  | 'revoke.staff'
  | 'revoke.trusted'
  | 'tick'
  | 'checkpoint'
  | 'box'
  | 'absence.own'
  | 'absence.other'
  | 'restore'
  | 'running'

type DirectoryRule = {
  /** The least directory role of the signer's person. */
  least: Role
  /** A second administrator has to sign too, as soon as there are two. */
  second: boolean
  /** The root key on paper may sign alone, or as the second. */
  root: boolean
}

/** "Trusted" are administrators and owners: whoever touches their standing needs a second signature. */
export const DIRECTORY_RULES: Record<DirectoryAct, DirectoryRule> = {
  'person.staff': { least: ROLE.admin, second: false, root: false },
  'person.trusted': { least: ROLE.admin, second: true, root: true },
  'card.staff': { least: ROLE.admin, second: false, root: false },
  'card.trusted': { least: ROLE.admin, second: true, root: true },
  'card.own': { least: ROLE.guest, second: false, root: false },
  'approve.own': { least: ROLE.guest, second: false, root: false },
  'approve.other': { least: ROLE.admin, second: true, root: true },
  'revoke.own': { least: ROLE.guest, second: false, root: false },
  'revoke.device': { least: ROLE.admin, second: false, root: true },
  'revoke.staff': { least: ROLE.admin, second: false, root: false },
  'revoke.trusted': { least: ROLE.admin, second: true, root: true },
  tick: { least: ROLE.admin, second: false, root: false },
  checkpoint: { least: ROLE.admin, second: false, root: false },
  box: { least: ROLE.admin, second: true, root: true },
  'absence.own': { least: ROLE.member, second: false, root: false },
  'absence.other': { least: ROLE.admin, second: false, root: false },
  restore: { least: ROLE.admin, second: true, root: true },
  running: { least: ROLE.member, second: false, root: false },
}

/** What somebody does in a channel. `leave` is removing oneself. */
export type ChannelAct =
  | 'add'
  | 'remove'
  | 'leave'
  | 'role'
  | 'policy'
  | 'title'
  | 'respkey'
  | 'announce'
  | 'extension'
  | 'text'
  | 'alert'
  | 'control'

export function actOfMessage(kind: MessageKind): ChannelAct {
  if (kind === KIND.text) return 'text'
  return kind === KIND.control ? 'control' : 'alert'
}

type ChannelRule = {
  /** The least role in the channel. */
  channel: ChannelRole
  /** Or, as a member of the channel, the least role in the directory; null: no such way. */
  directory: Role | null
}

const { member, publisher, manager } = CHANNEL_ROLE
const everyone: ChannelRule = { channel: member, directory: null }
const publishers: ChannelRule = { channel: publisher, directory: ROLE.coordinator }
const managers: ChannelRule = { channel: manager, directory: null }

const conversation: Record<ChannelAct, ChannelRule | null> = {
  add: managers,
  remove: managers,
  leave: everyone,
  role: managers,
  policy: managers,
  title: managers,
  respkey: null,
  announce: everyone,
  extension: everyone,
  text: everyone,
  // Only an audience rings: nobody raises an alert in a group they have opened themselves.
  alert: null,
  control: everyone,
}

/** null: nobody may, in this type of channel. */
export const CHANNEL_RULES: Record<ChannelType, Record<ChannelAct, ChannelRule | null>> = {
  [CHANNEL_TYPE.group]: conversation,
  // Who coordinates changes with the roles in the directory: administrators keep this channel in step.
  [CHANNEL_TYPE.response]: {
    ...conversation,
    add: { channel: manager, directory: ROLE.admin },
    remove: { channel: manager, directory: ROLE.admin },
  },
  [CHANNEL_TYPE.direct]: {
    ...conversation,
    add: null,
    remove: null,
    leave: null,
    role: null,
    policy: null,
    title: null,
  },
  [CHANNEL_TYPE.audience]: {
    ...conversation,
    respkey: publishers,
    announce: publishers,
    text: publishers,
    alert: publishers,
    control: publishers,
  },
}

/** Who may open a channel of a type, by role in the directory. */
export const CREATE_RULES: Record<ChannelType, Role> = {
  [CHANNEL_TYPE.group]: ROLE.member,
  [CHANNEL_TYPE.direct]: ROLE.member,
  [CHANNEL_TYPE.audience]: ROLE.coordinator,
  [CHANNEL_TYPE.response]: ROLE.coordinator,
}

export function mayInChannel(
  type: ChannelType,
  act: ChannelAct,
  channelRole: ChannelRole,
  role: Role,
): boolean {
  const rule = CHANNEL_RULES[type][act]
  if (rule === null) return false
  return channelRole >= rule.channel || (rule.directory !== null && role >= rule.directory)
}
