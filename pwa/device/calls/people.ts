// Cards, devices and roles.
import { handHistory, handToColleague } from '../../../client/history.ts'
import { refusalOf } from '../../../client/refusal.ts'
import * as acts from '../../../client/people.ts'
import * as proposals from '../../../client/proposals.ts'
import { sayRestored as confirmRestored } from '../../../client/restored.ts'
import { nameOf, people as everybody } from '../../../client/views.ts'
import { drop } from '../../../client/store.ts'
import { equal } from '../../../protocol/bytes.ts'
import {
  type AnyId,
  asId,
  type CardId,
  type DeviceId,
  idText,
  type LogId,
  parseId,
  type PersonId,
} from '../../../protocol/ids.ts'
import { ROLE, type RoleName, roleName } from '../../../protocol/kinds.ts'
import { EMPTY_PROFILE, type Profile } from '../../../protocol/profile.ts'
import type { Core } from '../../../client/core.ts'
import { leaders, stepDown, takeIn, wholeAudiences } from '../audiences.ts'
import type { Device } from '../device.ts'
import { ROOT_PAPER, WELCOME } from '../local.ts'

export type Card = {
  person: string
  name: string
  card: string
  box: string
  org: string
  /** What a second administrator has to sign before the card is good; null: it is good. */
  proposal: string | null
}

/** Is this a card that somebody can join with? Throws why not. */
export function checkCard(device: Device, { card }: { card: string }): Promise<void> {
  return device.checkCard(card)
}

/** Enrols this browser with a card. */
export function join(device: Device, { card }: { card: string }): Promise<{ waits: boolean }> {
  return device.join(card)
}

/** The first owner has the root key on paper: this device forgets it. */
export async function rootIsOnPaper({ core }: Device): Promise<void> {
  await core.store.commit([drop('local', ROOT_PAPER)])
}

/** What a second administrator has to sign; null: it is done. The box is believed again when it counts. */
export function sayRestored({ core }: Device): Promise<string | null> {
  return core.run(() => confirmRestored(core))
}

/** The first steps are done. */
export async function welcomed({ core }: Device): Promise<void> {
  await core.store.commit([drop('local', WELCOME)])
}

export async function invite(
  { core }: Device,
  { profile, role }: { profile: Partial<Profile> & { name: string }; role: RoleName },
): Promise<Card> {
  return core.run(async () => {
    const who = { profile: { ...EMPTY_PROFILE, ...profile }, role: ROLE[role] }
    const audiences = wholeAudiences(core)
    const made = await acts.invite(core, who)
    await afterwards(core, audiences, [])
    return cardOf(core, made, profile.name)
  })
}

/** The directory says so already: a line that breaks now must not take the card along, or look like a refusal. */
async function afterwards(core: Core, audiences: LogId[], led: PersonId[]): Promise<void> {
  try {
    await takeIn(core, audiences)
    await stepDown(core, led)
  } catch (error) {
    refusalOf(error)
  }
}

/** A new card for somebody who exists: a lost phone, a second device. It ends unused older ones. */
export async function inviteAgain({ core }: Device, { person }: { person: string }): Promise<Card> {
  return core.run(async () => {
    const id = parseId<PersonId>(person)
    const made = await acts.invite(core, { person: id })
    const view = everybody(core.replica).find((one) => equal(one.person, id))
    return cardOf(core, made, view?.name ?? '')
  })
}

export function cardOf(
  core: Core,
  { person, card, proposal }: acts.Invitation,
  name: string,
): Card {
  const org = core.replica.identity.orgName
  return { person: idText(person), name, card, box: core.line.url.origin, org, proposal }
}

type Removal = { what: 'person' | 'device' | 'card'; id: string; reason: 'lost' | 'left' | 'other' }

/** Removes a person or a device everywhere, or ends a card; a proposal where it takes a second administrator. */
export async function revoke(
  { core }: Device,
  { what, id, reason }: Removal,
): Promise<{ proposal: string | null }> {
  const subject = asId<PersonId | DeviceId | CardId>(parseId<AnyId>(id))
  const { proposal } = await core.run(() => acts.revoke(core, { what, subject, reason }))
  return { proposal }
}

/** Lets a further device in; where it is one's own, with the history that this one can hand over. */
export async function approve(
  { core }: Device,
  { device: text }: { device: string },
): Promise<{ proposal: string | null; keys: number }> {
  return core.run(async () => {
    const id = parseId<DeviceId>(text)
    const proposal = await acts.approve(core, id)
    const person = core.replica.directory.devices.get(id)?.person
    const own = person !== undefined && equal(person, core.replica.identity.person)
    return { proposal, keys: own && proposal === null ? await handHistory(core, id) : 0 }
  })
}

/** What its person may read, to the device of a colleague. Returns how many keys were handed over. */
export async function handOver({ core }: Device, { device }: { device: string }): Promise<number> {
  return core.run(() => handToColleague(core, parseId<DeviceId>(device)))
}

export type ProposedAct = { by: string; name: string } & (
  | { act: 'person'; role: RoleName; fresh: boolean }
  | { act: 'card' | 'approve' | 'restore' }
  | { act: 'revoke'; what: 'person' | 'device' | 'card' }
)

/** What another administrator has proposed, before anybody signs it. */
export function readProposal({ core }: Device, { proposal }: { proposal: string }): ProposedAct[] {
  return proposals.readProposal(core, proposal).map((one) => {
    const by = nameOf(core.replica, one.by)
    return one.act === 'person' ? { ...one, by, role: roleName(one.role) } : { ...one, by }
  })
}

/** The second signature to what another administrator has proposed. */
export async function cosign({ core }: Device, { proposal }: { proposal: string }): Promise<void> {
  await core.run(async () => {
    const [audiences, led] = [wholeAudiences(core), leaders(core)]
    await proposals.cosign(core, proposal)
    await afterwards(core, audiences, led)
  })
}

type Change = { person: string; role: RoleName; profile: Profile }

/** Another role or other data; a proposal where it takes a second administrator. */
export async function changeRole(
  { core }: Device,
  { person, role, profile }: Change,
): Promise<{ proposal: string | null }> {
  return core.run(async () => {
    const [audiences, led] = [wholeAudiences(core), leaders(core)]
    const id = parseId<PersonId>(person)
    const proposal = await acts.changePerson(core, id, ROLE[role], profile)
    if (proposal === null) await afterwards(core, audiences, led)
    return { proposal }
  })
}
