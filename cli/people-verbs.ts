// Verbs about devices and people: joining, inviting, approving, revoking.
import { join as joinBox } from '../client/enrol.ts'
import { handHistory } from '../client/history.ts'
import { SqliteStore } from '../client/node/sqlite-store.ts'
import {
  approve as approveDevice,
  changePerson,
  invite as inviteOne,
  revoke as revokeOne,
  type Revocation,
} from '../client/people.ts'
import { cosign as cosignProposal } from '../client/proposals.ts'
import { pull } from '../client/pull.ts'
import { nameOf, people as everybody, profileOf } from '../client/views.ts'
import type { Core } from '../client/core.ts'
import { equal } from '../protocol/bytes.ts'
import { ensure } from '../protocol/errors.ts'
import { asId, type DeviceId, idText, parseId } from '../protocol/ids.ts'
import { REASON } from '../protocol/entry-fields.ts'
import { ROLE, type Role, roleName } from '../protocol/kinds.ts'
import { EMPTY_PROFILE } from '../protocol/profile.ts'
import { awayJson, awayText } from './away-verb.ts'
import { findPerson, openDevice, ROOT, rootPair, STATE, stateFolder, withDevice } from './device.ts'
import { cardText } from './paper.ts'
import type { Arguments, Verb } from './verb.ts'

export function readRole(text: string): Role {
  ensure(
    Object.hasOwn(ROLE, text),
    'usage',
    `role "${text}": one of ${Object.keys(ROLE).join(', ')}`,
  )
  return ROLE[text as keyof typeof ROLE]
}

const BOX: Verb['options'] = {
  box: { type: 'string', value: 'URL', help: 'address of the box (or HOLDFAST_BOX)' },
}

export const join: Verb = {
  usage: 'join CARD --box URL --state DIR',
  summary: 'Enrols this headless device with a card.',
  help: `
The card is forgiving: case, spaces and dashes do not matter, O is 0, I and L are 1. The first owner's
device also prints the root key: write it on paper and lock it away; it is shown once.
  holdfast join ABCD-EFGH-... --box http://127.0.0.1:8470 --state ./anna`,
  options: { ...STATE, ...BOX },
  positionals: [1, 1],
  async run(args) {
    const box = args.text('box') ?? process.env['HOLDFAST_BOX']
    ensure(
      box !== undefined && /^https?:\/\//.test(box) && URL.canParse(box),
      'usage',
      'which box? --box URL, such as http://127.0.0.1:8470',
    )
    const store = new SqliteStore(stateFolder(args))
    try {
      const { core, rootPaper } = await joinBox({ store }, args.at(0), new URL(box).origin)
      const { person, device, org, orgName } = core.replica.identity
      const root = rootPaper === null ? {} : { root: rootPaper }
      const waits = core.replica.device?.from === null
      const result = {
        person: idText(person),
        device: idText(device),
        org: idText(org),
        ...root,
        waiting: waits,
      }
      args.out.result(result, joinedText(core, orgName, rootPaper))
      if (waits)
        args.out.note(
          `This device waits: on another device of the same person run  holdfast approve ${idText(device)}`,
        )
    } finally {
      await store.close()
    }
  },
}

function joinedText(core: Core, orgName: string, rootPaper: string | null): string {
  const name = nameOf(core.replica, core.replica.identity.person)
  const lines = [`Joined ${orgName} as ${name}.`]
  if (rootPaper !== null) {
    lines.push(
      '',
      '  Root key, shown once. Write it on paper and lock it away, apart from the box:',
      '',
      `    ${rootPaper}`,
      '',
    )
  }
  return lines.join('\n')
}

export const whoami: Verb = {
  usage: 'whoami --state DIR',
  summary: 'Says who this device is.',
  help: 'Works without the box: it answers from what this device has verified.',
  options: STATE,
  positionals: [0, 0],
  async run(args) {
    await openDevice(args, async ({ replica }) => {
      const { person, device, org, orgName } = replica.identity
      const role = replica.directory.roleNow(person)
      const name = nameOf(replica, person)
      const result = {
        person: idText(person),
        device: idText(device),
        role: role === null ? null : roleName(role),
        org: idText(org),
        name,
      }
      args.out.result(
        { ...result, active: replica.active },
        `${name}, ${role === null ? 'left' : roleName(role)} of ${orgName}\nperson ${result.person}\ndevice ${result.device}`,
      )
    })
  },
}

export const invite: Verb = {
  usage: 'invite --name NAME --role ROLE --state DIR | invite --person ID --state DIR',
  summary: 'Makes a card for somebody.',
  help: `
Roles: owner, admin, coordinator, member, guest. Cards of members live 90 days, of coordinators and above
7 days. A newer card replaces an unused older one. When there are two administrators, inviting a third
takes both: the answer then holds a proposal that the other one signs with  holdfast cosign.
  holdfast invite --name "Erika Beispiel" --role member --state ./owner
  holdfast invite --person ID --state ./owner       a new card for somebody who exists`,
  options: {
    ...STATE,
    ...ROOT,
    name: { type: 'string', value: 'NAME', help: 'display name' },
    role: { type: 'string', value: 'ROLE', help: 'role (default: member)' },
    mail: { type: 'string', value: 'MAIL', help: 'mail address, sealed like the name' },
    mobile: { type: 'string', value: 'NUMBER', help: 'mobile number, sealed like the name' },
    person: { type: 'string', value: 'ID', help: 'somebody who exists' },
  },
  positionals: [0, 0],
  async run(args) {
    await withDevice(args, async (core) => {
      await pull(core)
      const existing = args.text('person')
      const name =
        existing === undefined
          ? args.need('name', 'the name')
          : nameOf(core.replica, findPerson(core, existing))
      const profile = {
        ...EMPTY_PROFILE,
        name,
        mail: args.text('mail') ?? '',
        mobile: args.text('mobile') ?? '',
      }
      const who =
        existing === undefined
          ? { profile, role: readRole(args.text('role') ?? 'member') }
          : { person: findPerson(core, existing) }
      const { person, card, proposal } = await inviteOne(core, who, rootPair(args))
      const result = { person: idText(person), card, ...(proposal === null ? {} : { proposal }) }
      args.out.result(result, cardText(card, core.line.url.origin, name))
      if (proposal !== null) sayProposal(args, proposal)
    })
  },
}

export function sayProposal(args: Arguments, proposal: string): void {
  args.out.note(
    `This takes a second administrator. Until then it has no effect. On their device:\n  holdfast cosign ${proposal}`,
  )
}

export const cosign: Verb = {
  usage: 'cosign PROPOSAL --state DIR',
  summary: 'Adds the second signature to what another administrator proposes.',
  help: 'Look at who hands you the proposal: your signature stands in the directory for good.',
  options: STATE,
  positionals: [1, 1],
  async run(args) {
    await withDevice(args, async (core) => {
      await pull(core)
      const done = await cosignProposal(core, args.at(0))
      args.out.result(done, `Signed and sent: ${done.entries} entries.`)
    })
  },
}

export const role: Verb = {
  usage: 'role PERSON ROLE --state DIR',
  summary: "Changes somebody's role.",
  help: 'Roles: owner, admin, coordinator, member, guest. Granting or taking admin takes two administrators.',
  options: { ...STATE, ...ROOT },
  positionals: [2, 2],
  async run(args) {
    await withDevice(args, async (core) => {
      await pull(core)
      const person = findPerson(core, args.at(0))
      const proposal = await changePerson(
        core,
        person,
        readRole(args.at(1)),
        profileOf(core.replica, person),
        rootPair(args),
      )
      args.out.result(
        { person: idText(person), role: args.at(1), ...(proposal === null ? {} : { proposal }) },
        `${nameOf(core.replica, person)} is ${args.at(1)} now.`,
      )
      if (proposal !== null) sayProposal(args, proposal)
    })
  },
}

export const approve: Verb = {
  usage: 'approve DEVICE --state DIR',
  summary: 'Lets a further device of this person in, and hands it the history.',
  help: `
A second device joins with a card of the same person and waits. On the first device:
  holdfast invite --person ME --state ./phone       a card for oneself
  holdfast approve DEVICE --state ./phone           after the second device has joined`,
  options: { ...STATE, ...ROOT },
  positionals: [1, 1],
  async run(args) {
    await withDevice(args, async (core) => {
      await pull(core)
      const device = parseId<DeviceId>(args.at(0))
      const known = core.replica.directory.devices.get(device)
      ensure(known !== undefined, 'not_found', 'device')
      const proposal =
        known.from === null ? await approveDevice(core, device, rootPair(args)) : null
      const own = equal(known.person, core.replica.identity.person)
      const keys = own && proposal === null ? await handHistory(core, device) : 0
      args.out.result(
        { device: idText(device), keys, ...(proposal === null ? {} : { proposal }) },
        `Approved; ${keys} keys handed over.`,
      )
      if (proposal !== null) sayProposal(args, proposal)
    })
  },
}

export const people: Verb = {
  usage: 'people --state DIR',
  summary: 'Lists the verified directory.',
  help: 'Everybody who has not left, with their devices. Works from what this device holds; sync first for the newest.',
  options: STATE,
  positionals: [0, 0],
  async run(args) {
    await openDevice(args, async ({ replica, clock }) => {
      for (const one of everybody(replica, clock.now())) {
        const { person, name, profile, role: has, devices, waiting, away } = one
        const { mail, mobile, department, site, title } = profile
        const result = {
          person: idText(person),
          name,
          role: roleName(has),
          devices: devices.map(idText),
          waiting: waiting.map(idText),
          away: awayJson(away),
        }
        args.out.result(
          { ...result, mail, mobile, department, site, title },
          `${result.person}  ${roleName(has).padEnd(11)} ${name}  ${devices.length} device(s)${away === null ? '' : `, ${awayText(away)}`}`,
        )
      }
    })
  },
}

export const revoke: Verb = {
  usage: 'revoke PERSON|DEVICE --state DIR',
  summary: 'Removes a person or a device everywhere.',
  help: `
Every channel that this device is in gets new keys at once; other channels get theirs from whoever is
online there. Removing an administrator or owner takes two administrators; the last owner stays.
  holdfast revoke "Erika Beispiel" --reason left --state ./owner`,
  options: {
    ...STATE,
    ...ROOT,
    reason: {
      type: 'string',
      value: 'REASON',
      help: `${Object.keys(REASON).join(', ')} (default: other)`,
    },
    'void-from': {
      type: 'string',
      value: 'N',
      help: 'also void what the signer signed from directory index N on',
    },
  },
  positionals: [1, 1],
  async run(args) {
    await withDevice(args, async (core) => {
      await pull(core)
      const target = revocation(core, args)
      const { proposal, rekeyed } = await revokeOne(core, target, rootPair(args))
      const result = {
        revoked: idText(target.subject),
        rekeyed,
        ...(proposal === null ? {} : { proposal }),
      }
      args.out.result(
        result,
        proposal === null ? `Removed. ${rekeyed} channel(s) have new keys.` : 'Not removed yet.',
      )
      if (proposal !== null) sayProposal(args, proposal)
    })
  },
}

function revocation(core: Core, args: Arguments): Revocation {
  const reason = args.text('reason') ?? 'other'
  ensure(Object.hasOwn(REASON, reason), 'usage', `reason "${reason}"`)
  const voidFrom = Number(args.text('void-from') ?? 0)
  ensure(Number.isSafeInteger(voidFrom) && voidFrom >= 0, 'usage', '--void-from wants an index')
  const rest = { reason: reason as keyof typeof REASON, voidFrom }
  const { devices, cards } = core.replica.directory
  if (/^[0-9a-f]{32}$/.test(args.at(0))) {
    const id = parseId<DeviceId>(args.at(0))
    if (devices.has(id)) return { what: 'device', subject: id, ...rest }
    if (cards.has(asId(id))) return { what: 'card', subject: id, ...rest }
  }
  return { what: 'person', subject: findPerson(core, args.at(0)), ...rest }
}
