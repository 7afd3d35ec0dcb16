// Acts on the directory: inviting, approving, revoking. What takes two administrators comes back as a
// proposal for the second one to sign.
import { bareItem, type Item } from '../protocol/api.ts'
import { concat, cutText, equal } from '../protocol/bytes.ts'
import { cardKeys, CARD_SECRET_BYTES, MAX_CARD_NAME, sealBlob } from '../protocol/card-secret.ts'
import { toPaper } from '../protocol/card-text.ts'
import { rootId } from '../protocol/directory-rights.ts'
import { cosignEntry, FLAG_COSIGNED, signEntry } from '../protocol/entry.ts'
import { type FieldsOf, REASON, REVOKE } from '../protocol/entry-fields.ts'
import { ensure } from '../protocol/errors.ts'
import { asId, type CardId, type DeviceId, type PersonId } from '../protocol/ids.ts'
import { KIND, type Role, ROLE } from '../protocol/kinds.ts'
import { hash } from '../protocol/labels.ts'
import { CARD_LIFE_STAFF, CARD_LIFE_TRUSTED } from '../protocol/limits.ts'
import { EMPTY_PROFILE, type Profile, sealProfile } from '../protocol/profile.ts'
import { randomBytes, type SignPair } from '../protocol/sodium.ts'
import type { Core } from './core.ts'
import { proposalText } from './proposals.ts'
import { submit } from './submit.ts'
import { upkeep } from './upkeep.ts'
import { profileOf } from './views.ts'

type Cosignable = typeof KIND.person | typeof KIND.card | typeof KIND.approve | typeof KIND.revoke
/** `root`: the root key from paper, as the second signature. */
export type Signing = { root?: SignPair }
export type Invitation = { person: PersonId; card: string; proposal: string | null }

/** Does this touch an administrator or owner, so that a second signature is due? */
function needsSecond(core: Core, role: Role): boolean {
  return role >= ROLE.admin && core.replica.directory.trustedCount() >= 2
}

/** An entry with as many signatures as are at hand; unfinished ones wait for `cosign`. */
function makeEntry<K extends Cosignable>(
  core: Core,
  kind: K,
  fields: FieldsOf<K>,
  second: boolean,
  signing: Signing,
): Uint8Array {
  const { directory, pair } = core.replica
  const context = core.context(directory.log)
  const entry = signEntry(kind, context, fields, pair.secretKey, second ? FLAG_COSIGNED : 0)
  if (!second || signing.root === undefined) return entry
  return cosignEntry(entry, rootId(signing.root.publicKey), signing.root.secretKey)
}

/** A card for somebody new, or for somebody who exists. */
export async function invite(
  core: Core,
  who: { profile: Profile; role: Role } | { person: PersonId },
  signing: Signing = {},
): Promise<Invitation> {
  const [made] = await inviteAll(core, [who], signing)
  ensure(made !== undefined, 'person_unknown')
  return made
}

type Invitee = { profile: Profile; role: Role } | { person: PersonId }

/** Several at once, all or nothing; at most 128, since each takes two entries of a batch. */
export async function inviteAll(
  core: Core,
  people: Invitee[],
  signing: Signing = {},
): Promise<Invitation[]> {
  let made: (Invitation & { items: Item[]; waits: boolean })[] = []
  await submit(core, async () => {
    made = people.map((who) => inviteItems(core, who, signing))
    return made.filter(({ waits }) => !waits).flatMap(({ items }) => items)
  })
  return made.map(({ person, card, items, waits }) => ({
    person,
    card,
    proposal: waits ? proposalText(items) : null,
  }))
}

function inviteItems(
  core: Core,
  who: Invitee,
  signing: Signing,
): Invitation & { items: Item[]; waits: boolean } {
  const { directory, identity } = core.replica
  const existing = 'person' in who
  const person = existing ? who.person : asId<PersonId>(randomBytes(16))
  const role = existing ? directory.roleNow(person) : who.role
  ensure(role !== null, directory.persons.has(person) ? 'person_inactive' : 'person_unknown')
  const own = equal(person, identity.person)
  const second = !own && needsSecond(core, role)
  const items: Item[] = []
  const profile = existing ? profileOf(core.replica, person) : who.profile
  if (!existing) items.push(personItem(core, person, role, who.profile, second, signing))
  const { item, card } = cardItem(core, person, role, profile.name, second, signing)
  items.push(item)
  return { person, card, proposal: null, items, waits: second && signing.root === undefined }
}

function personItem(
  core: Core,
  person: PersonId,
  role: Role,
  profile: Profile,
  second: boolean,
  signing: Signing,
): Item {
  const { dk, dkVer } = core.replica.identity
  const sealed = sealProfile(dk, person, { ...EMPTY_PROFILE, ...profile })
  return bareItem(
    makeEntry(core, KIND.person, { person, role, state: 1, dkVer, sealed }, second, signing),
  )
}

function cardItem(
  core: Core,
  person: PersonId,
  role: Role,
  name: string,
  second: boolean,
  signing: Signing,
): { item: Item; card: string } {
  const { directory, identity } = core.replica
  const secret = randomBytes(CARD_SECRET_BYTES)
  const keys = cardKeys(secret)
  const guest = role === ROLE.guest
  const blobBytes = sealBlob(
    {
      rootPk: identity.rootPk,
      boxPk: directory.boxPk ?? identity.boxPk,
      person,
      // Guests get no directory key: they see ids and counts, and the names of their channels only.
      dkVer: guest ? 0 : identity.dkVer,
      dk: guest ? new Uint8Array(32) : identity.dk,
      dirN: directory.head.n,
      dirH: directory.head.h,
      makerPk: core.replica.pair.publicKey,
      org: identity.orgName,
      name: cutText(name, MAX_CARD_NAME),
      endpoints: [core.line.url.origin],
    },
    keys,
  )
  const life = role >= ROLE.coordinator ? CARD_LIFE_TRUSTED : CARD_LIFE_STAFF
  const fields = { person, cardPk: keys.pair.publicKey, role, notAfter: core.clock.now() + life }
  const entry = makeEntry(core, KIND.card, fields, second, signing)
  return {
    item: { entry, card: concat(hash('card-stored', keys.lookup), blobBytes), wraps: [] },
    card: toPaper(secret),
  }
}

export type PersonChange = { person: PersonId; role: Role; profile: Profile }

/** Another role or other data for somebody who exists. Returns a proposal when a second signature is due. */
export async function changePerson(
  core: Core,
  person: PersonId,
  role: Role,
  profile: Profile,
  signing: Signing = {},
): Promise<string | null> {
  const [waiting] = await changeAll(core, [{ person, role, profile }], signing)
  return waiting ?? null
}

/** Several at once, at most 256, all or nothing; a proposal for each who takes a second signature, else null. */
export async function changeAll(
  core: Core,
  changes: PersonChange[],
  signing: Signing = {},
): Promise<(string | null)[]> {
  const { directory } = core.replica
  const made = changes.map((change) => {
    const present = directory.roleNow(change.person) ?? change.role
    const second = needsSecond(core, Math.max(change.role, present) as Role)
    const item = (): Item =>
      personItem(core, change.person, change.role, change.profile, second, signing)
    return { item, waits: second && signing.root === undefined }
  })
  await submit(core, async () => made.filter(({ waits }) => !waits).map(({ item }) => item()))
  return made.map(({ item, waits }) => (waits ? proposalText([item()]) : null))
}

/** Lets a further device of this person in. */
export async function approve(
  core: Core,
  device: DeviceId,
  signing: Signing = {},
): Promise<string | null> {
  const { directory, identity } = core.replica
  const waiting = directory.devices.get(device)
  ensure(waiting !== undefined, 'not_found', 'device')
  const second = !equal(waiting.person, identity.person) && directory.trustedCount() >= 2
  const make = (): Item[] => [bareItem(makeEntry(core, KIND.approve, { device }, second, signing))]
  return submitOrPropose(core, make, second && signing.root === undefined)
}

export type Revocation = {
  what: keyof typeof REVOKE
  subject: PersonId | DeviceId | CardId
  reason?: keyof typeof REASON
  voidFrom?: number
}

/** Removes a person, a device or a card; every channel this device is in gets new keys at once. */
export async function revoke(
  core: Core,
  target: Revocation,
  signing: Signing = {},
): Promise<{ proposal: string | null; rekeyed: number }> {
  const { directory } = core.replica
  const voidFrom = target.voidFrom ?? 0
  const owner = target.what === 'person' ? asId<PersonId>(target.subject) : personOf(core, target)
  const trusted = (directory.roleNow(owner) ?? 0) >= ROLE.admin
  const second =
    trusted && (target.what === 'person' || voidFrom > 0) && directory.trustedCount() >= 2
  const fields = {
    what: REVOKE[target.what],
    subject: target.subject,
    voidFrom,
    reason: REASON[target.reason ?? 'other'],
  }
  const make = (): Item[] => [bareItem(makeEntry(core, KIND.revoke, fields, second, signing))]
  const proposal = await submitOrPropose(core, make, second && signing.root === undefined)
  const { rekeyed } = proposal === null ? await upkeep(core) : { rekeyed: [] }
  return { proposal, rekeyed: rekeyed.length }
}

function personOf(core: Core, target: Revocation): PersonId {
  const { devices, cards } = core.replica.directory
  const found =
    target.what === 'device' ? devices.get(asId(target.subject)) : cards.get(asId(target.subject))
  ensure(found !== undefined, 'not_found', target.what)
  return found.person
}

async function submitOrPropose(
  core: Core,
  make: () => Item[],
  waits: boolean,
): Promise<string | null> {
  if (waits) return proposalText(make())
  await submit(core, async () => make())
  return null
}
