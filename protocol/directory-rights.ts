// Judges one directory entry: whose signature it carries, what act it is, and whether the table of
// permissions lets that signer do it at this place of the log.
import { concat, equal } from './bytes.ts'
import type { DirectoryEntry } from './directory.ts'
import type { Card, Device, DirectoryState } from './directory-state.ts'
import { type EntryOf, verifyCosign, verifyEntry } from './entry.ts'
import { REVOKE } from './entry-fields.ts'
import { ensure } from './errors.ts'
import { asId, type CardId, type DeviceId, type OrgId, type PersonId, type RootId } from './ids.ts'
import { KIND, ROLE, type Role } from './kinds.ts'
import { hashId, verify } from './labels.ts'
import { CARD_LIFE_STAFF, CARD_LIFE_TRUSTED, MAX_DEVICES_PER_PERSON } from './limits.ts'
import { DIRECTORY_RULES, type DirectoryAct } from './permissions.ts'
import { checkXwingPublic } from './xwing-key.ts'

/** Whoever signed: the root on paper, or a person through a device. */
export type Signer =
  | { root: true; key: Uint8Array }
  | { root: false; key: Uint8Array; device: Device; role: Role }
type Trust = 'verify' | 'signatures-known'

/** Throws the refusal, or returns when the entry may stand. */
export function authorise(
  state: DirectoryState,
  entry: DirectoryEntry,
  pinnedRoot: Uint8Array | null,
  trust: Trust = 'verify',
): void {
  if (entry.kind === KIND.found) return checkFound(state, entry, pinnedRoot, trust)
  ensure(state.rootPk !== null, 'not_allowed', 'the organisation is not founded yet')
  if (entry.kind === KIND.device) return checkDevice(state, entry, trust)
  const signer = signerOf(state, asId(entry.prefix.signer))
  if (trust === 'verify') verifyEntry(entry, signer.key)
  ensure(hasSeen(state, entry), 'memb_moved', 'overwrites what its signer had not seen')
  if (entry.kind === KIND.records) return checkRecords(signer, entry)
  const act = actOf(state, entry, signer)
  const rule = DIRECTORY_RULES[act]
  ensure(signer.root ? rule.root : signer.role >= rule.least, 'not_allowed', act)
  const second = secondSigner(state, entry, signer, trust)
  if (rule.second && !signer.root && state.trustedCount() >= 2)
    ensure(second !== null, 'second_signature', act)
  checkSubject(state, entry, highest(signer, second))
}

function signerOf(state: DirectoryState, id: DeviceId | RootId): Signer {
  const rootPk = state.rootPk as Uint8Array
  if (equal(id, rootId(rootPk))) return { root: true, key: rootPk }
  const device = state.devices.get(asId<DeviceId>(id))
  ensure(device !== undefined, 'device_unknown')
  ensure(device.from !== null, 'device_pending')
  ensure(device.until === null, 'device_revoked')
  const role = state.roleNow(device.person)
  ensure(role !== null, 'person_inactive')
  return { root: false, key: device.signPk, device, role }
}

export function rootId(rootPk: Uint8Array): RootId {
  return hashId<RootId>('root-id', rootPk)
}

/**
 * Whoever overwrites has seen what they overwrite. Otherwise a box could show a signed entry once more, or
 * for the first time long after it was signed, and bring an old role, records key or key of the box back.
 */
function hasSeen(state: DirectoryState, entry: DirectoryEntry): boolean {
  const { refN } = entry.prefix
  const changed = (person: PersonId): number => state.persons.get(person)?.changed ?? 0
  switch (entry.kind) {
    case KIND.person:
      return refN >= changed(entry.fields.person)
    case KIND.revoke:
      return entry.fields.what !== REVOKE.person || refN >= changed(asId(entry.fields.subject))
    case KIND.records:
      return refN >= (state.records.at(-1)?.n ?? 0)
    case KIND.box:
      return refN >= state.boxN
    case KIND.absence:
      return refN >= (state.persons.get(entry.fields.person)?.absence.n ?? 0)
    default:
      return true
  }
}

/** A second signature counts when another person of at least administrator's role gave it, or the root. */
function secondSigner(
  state: DirectoryState,
  entry: DirectoryEntry,
  first: Signer,
  trust: Trust,
): Signer | null {
  if (entry.cosign === null) return null
  const second = signerOf(state, asId(entry.cosign.by))
  if (trust === 'verify') verifyCosign(entry, second.key)
  ensure(second.root || second.role >= ROLE.admin, 'not_allowed', 'second signature')
  if (second.root) ensure(!first.root, 'second_signature', 'two different signers')
  else
    ensure(
      first.root || !equal(first.device.person, second.device.person),
      'second_signature',
      'two different people',
    )
  return second
}

function highest(...signers: (Signer | null)[]): Role {
  const roles = signers.map((signer) =>
    signer === null ? ROLE.guest : signer.root ? ROLE.owner : signer.role,
  )
  return Math.max(...roles) as Role
}

/** What a new key signs under `pop`, so that nobody can enrol a key that somebody else holds. */
export function possessionBytes(
  prefix: { org: OrgId; signer: Uint8Array },
  person: PersonId,
  publicKey: Uint8Array,
): Uint8Array {
  return concat(prefix.org, prefix.signer, person, publicKey)
}

type Acting = Exclude<
  DirectoryEntry,
  { kind: typeof KIND.found | typeof KIND.device | typeof KIND.records }
>

function actOf(state: DirectoryState, entry: Acting, signer: Signer): DirectoryAct {
  const own = (person: PersonId): boolean => !signer.root && equal(signer.device.person, person)
  const trusted = (person: PersonId): boolean => (state.roleNow(person) ?? 0) >= ROLE.admin
  switch (entry.kind) {
    case KIND.person:
      return trusted(entry.fields.person) || entry.fields.role >= ROLE.admin
        ? 'person.trusted'
        : 'person.staff'
    case KIND.card:
      if (own(entry.fields.person)) return 'card.own'
      return entry.fields.role >= ROLE.admin ? 'card.trusted' : 'card.staff'
    case KIND.approve: {
      const device = state.devices.get(entry.fields.device)
      return device !== undefined && own(device.person) ? 'approve.own' : 'approve.other'
    }
    case KIND.revoke:
      return revokeAct(state, entry, own)
    case KIND.tick:
      return 'tick'
    case KIND.checkpoint:
      return 'checkpoint'
    case KIND.box:
      return 'box'
    case KIND.restore:
      return 'restore'
    case KIND.running:
      return 'running'
    case KIND.absence:
      return own(entry.fields.person) ? 'absence.own' : 'absence.other'
  }
}

function revokeAct(
  state: DirectoryState,
  entry: EntryOf<typeof KIND.revoke>,
  own: (person: PersonId) => boolean,
): DirectoryAct {
  const { what, subject, voidFrom } = entry.fields
  const person = personOf(state, what, subject)
  // What is taken back counts by the role it was signed with: a demoted administrator must not undo
  // alone what two people decided while they were one.
  const since = voidFrom > 0 ? voidFrom : Number.MAX_SAFE_INTEGER
  const trusted = state.highestRoleSince(person, since) >= ROLE.admin
  if (what === REVOKE.person) return trusted ? 'revoke.trusted' : 'revoke.staff'
  if (voidFrom > 0) return trusted ? 'revoke.trusted' : 'revoke.staff'
  return own(person) ? 'revoke.own' : 'revoke.device'
}

function personOf(state: DirectoryState, what: number, subject: Uint8Array): PersonId {
  if (what === REVOKE.person) return asId(subject)
  const target =
    what === REVOKE.device ? state.devices.get(asId(subject)) : state.cards.get(asId(subject))
  ensure(target !== undefined, 'not_found')
  return target.person
}

function checkFound(
  state: DirectoryState,
  entry: EntryOf<typeof KIND.found>,
  pinned: Uint8Array | null,
  trust: Trust,
): void {
  const { cardPk, person, rootPk, pop } = entry.fields
  ensure(state.rootPk === null, 'already_exists', 'founded')
  ensure(
    equal(hashId<OrgId>('org', cardPk), entry.prefix.org),
    'wrong_organisation',
    'founding card',
  )
  ensure(
    equal(hashId<CardId>('card-id', cardPk), entry.prefix.signer),
    'bad_signature',
    'founding card',
  )
  ensure(pinned === null || equal(pinned, rootPk), 'wrong_organisation', 'root key')
  if (trust === 'signatures-known') return
  verifyEntry(entry, cardPk)
  const proof = possessionBytes(entry.prefix, person, rootPk)
  ensure(verify('pop', pop, proof, rootPk), 'bad_signature', 'root key')
}

function checkDevice(
  state: DirectoryState,
  entry: EntryOf<typeof KIND.device>,
  trust: Trust,
): void {
  const { person, signPk, pop } = entry.fields
  const card = state.cards.get(asId<CardId>(entry.prefix.signer))
  ensure(card !== undefined, 'card_unknown')
  ensure(equal(card.person, person), 'bad_signature', 'person of the card')
  if (trust === 'verify') {
    verifyEntry(entry, card.pk)
    const proof = possessionBytes(entry.prefix, person, signPk)
    ensure(verify('pop', pop, proof, signPk), 'bad_signature', 'device key')
  }
  checkCardUsable(state, card)
  ensure(!state.devices.has(hashId<DeviceId>('dev', signPk)), 'already_exists', 'device')
  const living =
    state.persons.get(person)?.devices.filter((id) => state.devices.get(id)?.until === null) ?? []
  ensure(living.length < MAX_DEVICES_PER_PERSON, 'too_many_devices')
}

/** Used, withdrawn or expired by log time; the box judges expiry by its clock as well. */
export function checkCardUsable(state: DirectoryState, card: Card): void {
  ensure(card.usedBy === null, 'card_used')
  ensure(card.until === null, 'card_revoked')
  ensure(state.roleNow(card.person) !== null, 'person_inactive')
  // A card that one administrator signed must not enrol somebody whom two have raised since.
  ensure(card.role === state.roleNow(card.person), 'card_revoked', 'the role has changed')
  ensure(card.notAfter >= state.logTime, 'card_expired')
}

function checkRecords(signer: Signer, entry: EntryOf<typeof KIND.records>): void {
  const { recKey, recPk, needed, custodians } = entry.fields
  ensure(signer.root, 'not_allowed', 'the records key is signed by the root')
  ensure(equal(recKey, hashId('rec-key', recPk)), 'malformed', 'records key id')
  ensure(needed >= 1 && needed <= custodians, 'malformed', 'number of custodians')
  checkXwingPublic(recPk)
}

function checkSubject(state: DirectoryState, entry: Acting, highestRole: Role): void {
  switch (entry.kind) {
    case KIND.person:
      return checkPerson(state, entry.fields.person, entry.fields.role, highestRole)
    case KIND.card:
      return checkCard(state, entry, highestRole)
    case KIND.approve: {
      const device = state.devices.get(entry.fields.device)
      ensure(device !== undefined, 'not_found', 'device')
      ensure(device.until === null, 'device_revoked')
      ensure(device.from === null, 'already_exists', 'approved')
      return
    }
    case KIND.revoke:
      return checkRevoke(state, entry)
    case KIND.absence:
      return checkAbsence(state, entry.fields.person)
    default:
  }
}

function checkPerson(state: DirectoryState, person: PersonId, role: Role, highestRole: Role): void {
  ensure(role <= highestRole, 'not_allowed', 'nobody grants more than they have')
  const lastOwner = state.roleNow(person) === ROLE.owner && !state.hasOtherOwner(person)
  ensure(!lastOwner || role === ROLE.owner, 'last_owner')
}

function checkCard(
  state: DirectoryState,
  entry: EntryOf<typeof KIND.card>,
  highestRole: Role,
): void {
  const { person, cardPk, role, notAfter } = entry.fields
  const present = presentRole(state, person)
  ensure(role === present, 'not_allowed', 'the card must have the role of the person')
  ensure(role <= highestRole, 'not_allowed', 'nobody grants more than they have')
  const life = role >= ROLE.coordinator ? CARD_LIFE_TRUSTED : CARD_LIFE_STAFF
  ensure(notAfter <= entry.prefix.t + life, 'card_lifetime')
  const id = hashId<CardId>('card-id', cardPk)
  ensure(!state.cards.has(id) && !state.spent.has(id), 'already_exists', 'card')
}

function presentRole(state: DirectoryState, person: PersonId): Role {
  const role = state.roleNow(person)
  ensure(role !== null, state.persons.has(person) ? 'person_inactive' : 'person_unknown')
  return role
}

/** Guests hold no directory key: they could neither write nor read it. */
function checkAbsence(state: DirectoryState, person: PersonId): void {
  ensure(presentRole(state, person) >= ROLE.member, 'not_allowed', 'absence of a guest')
}

function checkRevoke(state: DirectoryState, entry: EntryOf<typeof KIND.revoke>): void {
  const { what, subject } = entry.fields
  if (what === REVOKE.person) {
    const role = presentRole(state, asId(subject))
    ensure(role !== ROLE.owner || state.hasOtherOwner(asId(subject)), 'last_owner')
  } else if (what === REVOKE.device) {
    ensure(state.devices.get(asId(subject))?.until === null, 'device_revoked')
  } else {
    const card = state.cards.get(asId(subject))
    ensure(card?.until === null && card.usedBy === null, 'card_revoked')
  }
}
