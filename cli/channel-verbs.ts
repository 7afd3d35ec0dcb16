// Verbs about channels: create, add, remove, role, list.
import {
  addPeople,
  createChannel,
  directChannel,
  removePeople,
  setRole,
} from '../client/channels.ts'
import type { Core } from '../client/core.ts'
import { pull } from '../client/pull.ts'
import { channels, findChannel, membersOf, nameOf, people, titleOf } from '../client/views.ts'
import type { Channel } from '../protocol/channel.ts'
import { ensure } from '../protocol/errors.ts'
import { idText, type LogId, type PersonId } from '../protocol/ids.ts'
import { CHANNEL_ROLE, CHANNEL_TYPE, type ChannelRole, channelTypeName } from '../protocol/kinds.ts'
import { findPerson, STATE, withDevice } from './device.ts'
import { quoted } from './output.ts'
import type { Arguments, Verb } from './verb.ts'

const SELECT: Verb['options'] = {
  all: { type: 'boolean', help: 'everybody in the directory except guests' },
  department: { type: 'string', value: 'NAME', help: 'everybody of a department' },
  site: { type: 'string', value: 'NAME', help: 'everybody of a site' },
}
const AS: Verb['options'] = {
  as: { type: 'string', value: 'ROLE', help: 'member, publisher or manager (default: member)' },
}

function channelRole(text: string | undefined): ChannelRole {
  const name = text ?? 'member'
  ensure(Object.hasOwn(CHANNEL_ROLE, name), 'usage', `channel role "${name}"`)
  return CHANNEL_ROLE[name as keyof typeof CHANNEL_ROLE]
}

/** The people that arguments and selectors name together. */
function selected(core: Core, args: Arguments, named: string[]): PersonId[] {
  const { department, site } = { department: args.text('department'), site: args.text('site') }
  const chosen = people(core.replica).filter(({ role, profile }) => {
    if (args.flag('all')) return role > 1
    if (department === undefined && site === undefined) return false
    return (
      (department === undefined || profile.department === department) &&
      (site === undefined || profile.site === site)
    )
  })
  return [...named.map((text) => findPerson(core, text)), ...chosen.map(({ person }) => person)]
}

function show(args: Arguments, core: Core, channel: Channel): void {
  const name = titleOf(core.replica, channel)
  const shownName = quoted(name)
  const members = membersOf(core.replica, channel).map(({ person }) => idText(person))
  const type = channelTypeName(channel.type)
  args.out.result(
    { channel: idText(channel.id), name, members, type, head: channel.head.n },
    `${idText(channel.id)}  ${type.padEnd(8)} ${shownName}  ${members.length} people`,
  )
}

function shown(core: Core, id: LogId): Channel {
  const channel = core.replica.channels.get(id)
  ensure(channel !== undefined, 'not_found', 'channel')
  return channel
}

type Act = (core: Core, args: Arguments) => Promise<void>

const create: Act = async (core, args) => {
  ensure(args.positionals.length >= 2, 'usage', 'channel create NAME [PERSON…]')
  const who = selected(core, args, args.positionals.slice(2))
  const type = args.flag('audience') ? CHANNEL_TYPE.audience : CHANNEL_TYPE.group
  const id = await createChannel(core, args.at(1), type, who, channelRole(args.text('as')))
  show(args, core, shown(core, id))
}

const direct: Act = async (core, args) => {
  ensure(args.positionals.length === 2, 'usage', 'channel direct PERSON')
  show(args, core, shown(core, await directChannel(core, findPerson(core, args.at(1)))))
}

const add: Act = async (core, args) => {
  ensure(args.positionals.length >= 2, 'usage', 'channel add CHANNEL PERSON…')
  const { id } = findChannel(core.replica, args.at(1))
  const who = selected(core, args, args.positionals.slice(2))
  ensure(who.length > 0, 'usage', 'nobody was named')
  await addPeople(core, id, who, channelRole(args.text('as')))
  show(args, core, shown(core, id))
}

const remove: Act = async (core, args) => {
  ensure(args.positionals.length >= 3, 'usage', 'channel remove CHANNEL PERSON…')
  const { id } = findChannel(core.replica, args.at(1))
  await removePeople(
    core,
    id,
    args.positionals.slice(2).map((text) => findPerson(core, text)),
  )
  show(args, core, shown(core, id))
}

const role: Act = async (core, args) => {
  ensure(args.positionals.length >= 3, 'usage', 'channel role CHANNEL PERSON… --as ROLE')
  const { id } = findChannel(core.replica, args.at(1))
  await setRole(
    core,
    id,
    args.positionals.slice(2).map((text) => findPerson(core, text)),
    channelRole(args.text('as')),
  )
  show(args, core, shown(core, id))
}

const members: Act = async (core, args) => {
  ensure(args.positionals.length === 2, 'usage', 'channel members CHANNEL')
  const channel = findChannel(core.replica, args.at(1))
  for (const member of membersOf(core.replica, channel)) {
    const [as] = Object.entries(CHANNEL_ROLE).find(([, value]) => value === member.role) ?? [
      'member',
    ]
    const name = nameOf(core.replica, member.person)
    args.out.result(
      { person: idText(member.person), name, as },
      `${idText(member.person)}  ${as.padEnd(9)} ${name}`,
    )
  }
}

const list: Act = async (core, args) => {
  for (const one of channels(core.replica)) show(args, core, one)
}

const ACTS: Record<string, Act> = { create, direct, add, remove, role, members, list }

export const channel: Verb = {
  usage: 'channel create|direct|add|remove|role|members|list … --state DIR',
  summary: 'Opens channels and says who is in them.',
  help: `
  holdfast channel create "Crisis team" ID ID…          a group
  holdfast channel create "All staff" --audience --all   an audience, which alerts go to
  holdfast channel direct PERSON                         a channel of two
  holdfast channel add CHANNEL PERSON… [--as publisher]  also people who have no device yet
  holdfast channel remove CHANNEL PERSON                 and new keys, in one step
  holdfast channel list
CHANNEL is an id or a title, PERSON an id, a name or a mail address.`,
  options: {
    ...STATE,
    ...SELECT,
    ...AS,
    audience: { type: 'boolean', help: 'with create: a channel for alerts' },
  },
  positionals: [1, 10_000],
  async run(args) {
    const act = ACTS[args.at(0)]
    ensure(
      act !== undefined,
      'usage',
      `channel ${args.at(0)}: one of ${Object.keys(ACTS).join(', ')}`,
    )
    await withDevice(args, async (core) => {
      if (args.at(0) !== 'list') await pull(core)
      await act(core, args)
    })
  },
}
