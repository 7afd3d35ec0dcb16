// What people do in stories, in the words of the command line. Each verb catches up before it acts.
import {
  type AlertOptions,
  enqueueAlert,
  enqueueAnswerTo,
  rollCall as callRoll,
  type RollCallRow,
} from '../../client/alerts.ts'
import { addPeople, createChannel, directChannel, removePeople } from '../../client/channels.ts'
import { handHistory } from '../../client/history.ts'
import { drain, enqueue, type Sent, waiting } from '../../client/outbox.ts'
import {
  approve as approveDevice,
  invite as inviteOne,
  inviteAll,
  type Invitation,
  revoke as revokeOne,
  type Revocation,
  type Signing,
} from '../../client/people.ts'
import { cosign as cosignProposal } from '../../client/proposals.ts'
import { problemRow, readRow } from '../../client/rows.ts'
import { readyForAnswers } from '../../client/response-keys.ts'
import { upkeep } from '../../client/upkeep.ts'
import { messagesOf } from '../../client/views.ts'
import { equal } from '../../protocol/bytes.ts'
import { ensure, type ErrorCode, isErrorCode, ProtocolError } from '../../protocol/errors.ts'
import type { DeviceId, LogId, MessageId, PersonId } from '../../protocol/ids.ts'
import { CHANNEL_TYPE, KIND, ROLE, type RoleName } from '../../protocol/kinds.ts'
import { EMPTY_PROFILE, type Profile } from '../../protocol/profile.ts'
import type { Phone } from './town-phones.ts'
import type { Town } from './town.ts'

const CARDS_AT_ONCE = 64
const PHONES_AT_ONCE = 20

export const sync = (phone: Phone): Promise<void> =>
  phone.act(async (core) => {
    await drain(core)
    await upkeep(core)
  })

export async function syncAll(...phones: Phone[]): Promise<void> {
  for (const phone of phones) await sync(phone)
}

type Invitee = Partial<Profile> & { name: string }
export function invite(
  by: Phone,
  who: string | Invitee | PersonId,
  role: RoleName = 'member',
  signing: Signing = {},
): Promise<Invitation> {
  return by.act((core) => {
    if (who instanceof Uint8Array) return inviteOne(core, { person: who }, signing)
    const profile = { ...EMPTY_PROFILE, ...(typeof who === 'string' ? { name: who } : who) }
    return inviteOne(core, { profile, role: ROLE[role] }, signing)
  })
}

/** Invites and enrols in one go, for everybody whose way in is not the story. */
export async function welcome(
  town: Town,
  by: Phone,
  name: string,
  role: RoleName = 'member',
  options: Parameters<Town['enrol']>[1] = {},
): Promise<Phone> {
  return town.enrol((await invite(by, name, role)).card, options)
}

/** Many at once, as a roster is imported: cards in batches, then phones, twenty at a time. */
export async function crowd(town: Town, by: Phone, names: string[]): Promise<Phone[]> {
  const cards: string[] = []
  for (let at = 0; at < names.length; at += CARDS_AT_ONCE) {
    const part = names.slice(at, at + CARDS_AT_ONCE)
    const invitees = part.map((name) => ({
      profile: { ...EMPTY_PROFILE, name },
      role: ROLE.member,
    }))
    cards.push(...(await by.act((core) => inviteAll(core, invitees))).map(({ card }) => card))
  }
  const phones: Phone[] = []
  for (let at = 0; at < cards.length; at += PHONES_AT_ONCE) {
    const part = cards.slice(at, at + PHONES_AT_ONCE)
    phones.push(...(await Promise.all(part.map((card) => town.enrol(card)))))
  }
  return phones
}

type Named = Phone | PersonId
const personOf = (who: Named): PersonId => (who instanceof Uint8Array ? who : who.person)

export function channel(by: Phone, title: string, ...people: Named[]): Promise<LogId> {
  return by.act((core) => createChannel(core, title, CHANNEL_TYPE.group, people.map(personOf)))
}

export function audience(by: Phone, title: string, ...people: Named[]): Promise<LogId> {
  return by.act((core) => createChannel(core, title, CHANNEL_TYPE.audience, people.map(personOf)))
}

export function direct(by: Phone, other: Named): Promise<LogId> {
  return by.act((core) => directChannel(core, personOf(other)))
}

export function add(by: Phone, to: LogId, ...people: Named[]): Promise<number> {
  return by.act((core) => addPeople(core, to, people.map(personOf)))
}

export function remove(by: Phone, from: LogId, ...people: Named[]): Promise<void> {
  return by.act((core) => removePeople(core, from, people.map(personOf)))
}

/** Done means on the disk of the box; throws what the box refused it with. */
export function say(by: Phone, to: LogId, text: string): Promise<Sent> {
  return by.act(async (core) => {
    const sent = await arrived(by, await queue(by, to, text))
    await upkeep(core)
    return sent
  })
}

/** Into the outbox only. Call inside `act` or `core.run`. */
export function queue(by: Phone, to: LogId, text: string): Promise<MessageId> {
  return enqueue(by.core, to, KIND.text, { type: 'text', text, replyTo: null })
}

async function arrived(by: Phone, id: MessageId): Promise<Sent> {
  const { sent } = await drain(by.core)
  const done = sent.find((one) => equal(one.id, id))
  if (done !== undefined) return done
  const row = (await waiting(by.core)).find((one) => equal(one.row.mid, id))?.row
  throw new ProtocolError(isErrorCode(row?.failure) ? row.failure : 'box_unreachable', 'waits')
}

/** The texts that a phone itself shows of a channel, in order; what it cannot open is not there. */
export function read(phone: Phone, from: LogId): Promise<string[]> {
  return phone.core.run(async () => {
    const messages = await messagesOf(phone.core, from)
    return messages.flatMap(({ content }) => ('text' in content ? [content.text] : []))
  })
}

/** Everything that this phone could not verify. */
export async function problems(phone: Phone): Promise<string[]> {
  const rows = await phone.store.list('problems')
  return rows.map(({ value }) => {
    const { code, detail } = readRow(problemRow, value)
    return `${code}: ${detail}`
  })
}

export function alert(by: Phone, to: LogId, text: string, options?: AlertOptions): Promise<Sent> {
  return by.act(async (core) => {
    const known = core.replica.channels.get(to)
    ensure(known !== undefined, 'not_found', 'audience')
    await readyForAnswers(core, known)
    const sent = await arrived(by, await enqueueAlert(core, known, text, options))
    await upkeep(core)
    return sent
  })
}

export function answer(by: Phone, to: MessageId, choice: string, eta = 0): Promise<Sent> {
  return by.act(async (core) => {
    const sent = await arrived(by, await enqueueAnswerTo(core, to, choice, { etaMinutes: eta }))
    await upkeep(core)
    return sent
  })
}

export const rollCall = (by: Phone, of: MessageId): Promise<RollCallRow[]> =>
  by.act((core) => callRoll(core, of))

export function revoke(by: Phone, what: Revocation, signing: Signing = {}) {
  return by.act((core) => revokeOne(core, what, signing))
}

/** As `holdfast approve`: in, with the history that the approving phone can read. */
export function approve(by: Phone, device: DeviceId): Promise<number> {
  return by.act(async (core) => {
    const proposal = await approveDevice(core, device)
    return proposal === null ? handHistory(core, device) : 0
  })
}

export const cosign = (by: Phone, proposal: string): Promise<{ entries: number }> =>
  by.act((core) => cosignProposal(core, proposal))

/** For `assert.rejects`: a refusal with this code. */
export const refused = (code: ErrorCode) => ({ name: 'ProtocolError', code })
