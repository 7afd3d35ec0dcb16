// What an authorised directory entry changes. No checks here: directory-rights.ts has made them.
import { equal } from './bytes.ts'
import type { DirectoryEntry } from './directory.ts'
import { type Card, type DirectoryState, NO_ABSENCE, type Person } from './directory-state.ts'
import type { EntryOf } from './entry.ts'
import { REVOKE } from './entry-fields.ts'
import { asId, type CardId, type DeviceId, type PersonId } from './ids.ts'
import type { Journal } from './journal.ts'
import { KIND, ROLE, type Role } from './kinds.ts'
import { hashId } from './labels.ts'
import { LOG_TIME_STEP } from './limits.ts'

const NOTHING = new Uint8Array(0)

export function applyTo(
  state: DirectoryState,
  journal: Journal,
  entry: DirectoryEntry,
  n: number,
): void {
  advanceLogTime(state, journal, entry)
  switch (entry.kind) {
    case KIND.found:
      return found(state, journal, entry, n)
    case KIND.person:
      return person(state, journal, entry, n)
    case KIND.card:
      return card(state, journal, entry, n)
    case KIND.device:
      return device(state, journal, entry, n)
    case KIND.approve:
      return journal.assign(known(state.devices.get(entry.fields.device)), 'from', n)
    case KIND.revoke:
      return revoke(state, journal, entry, n)
    case KIND.tick:
      return tick(state, journal, entry.prefix.t)
    case KIND.box:
      journal.assign(state, 'boxN', n)
      return journal.assign(state, 'boxPk', entry.fields.boxPk)
    case KIND.checkpoint:
      return journal.push(state.checkpoints, { n, by: asId<DeviceId>(entry.prefix.signer) })
    case KIND.absence:
      return absence(state, journal, entry, n)
    case KIND.restore:
    case KIND.running:
      // Devices read it; the state is what it was.
      return undefined
    case KIND.records: {
      const { recKey: id, recPk: publicKey, needed, custodians } = entry.fields
      return journal.push(state.records, { n, id, publicKey, needed, custodians })
    }
  }
}

function tick(state: DirectoryState, journal: Journal, t: number): void {
  const reach = Math.min(t, state.logTime)
  journal.assign(state, 'tickedAt', Math.max(state.tickedAt, reach))
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('applied an entry that was not authorised')
  return value
}

/**
 * Only administrators move log time. A time further ahead than a step is ignored, except that a tick
 * moves by one step: a phone with a wrong clock cannot expire every card with one busy hour. Two who
 * sign together vouch for any time.
 */
function advanceLogTime(state: DirectoryState, journal: Journal, entry: DirectoryEntry): void {
  const { t, signer } = entry.prefix
  if (entry.kind === KIND.found) return journal.assign(state, 'logTime', t)
  const by = state.devices.get(asId<DeviceId>(signer))
  if (by === undefined || (state.roleNow(by.person) ?? 0) < ROLE.admin) return
  const limit = state.logTime + LOG_TIME_STEP
  const reach = entry.cosign !== null || t <= limit ? t : entry.kind === KIND.tick ? limit : 0
  if (reach > state.logTime) journal.assign(state, 'logTime', reach)
}

type Start = Pick<Person, 'id' | 'changed' | 'dkVer' | 'sealed'>

function newPerson(start: Start, n: number, role: Role): Person {
  const rest = { enrolled: false, absence: NO_ABSENCE, devices: [], cards: [] }
  return { ...start, roles: [{ n, role }], ...rest }
}

function addCard(state: DirectoryState, journal: Journal, value: Card): void {
  journal.set(state.cards, value.id, value)
  journal.push(known(state.persons.get(value.person)).cards, value.id)
}

function found(
  state: DirectoryState,
  journal: Journal,
  entry: EntryOf<typeof KIND.found>,
  n: number,
): void {
  const { person: id, rootPk, cardPk } = entry.fields
  journal.assign(state, 'rootPk', rootPk)
  // The founding entries are signed together: the owner's own entry has not seen this one.
  const start = { id, changed: 0, dkVer: 0, sealed: NOTHING }
  journal.set(state.persons, id, newPerson(start, n, ROLE.owner))
  const founding = hashId<CardId>('card-id', cardPk)
  const notAfter = Number.MAX_SAFE_INTEGER
  addCard(state, journal, {
    id: founding,
    person: id,
    pk: cardPk,
    role: ROLE.owner,
    notAfter,
    n,
    by: founding,
    own: false,
    usedBy: null,
    until: null,
  })
}

function person(
  state: DirectoryState,
  journal: Journal,
  entry: EntryOf<typeof KIND.person>,
  n: number,
): void {
  const { person: id, role, dkVer, sealed } = entry.fields
  const before = state.persons.get(id)
  if (before === undefined)
    return journal.set(state.persons, id, newPerson({ id, changed: n, dkVer, sealed }, n, role))
  journal.assign(before, 'changed', n)
  journal.assign(before, 'dkVer', dkVer)
  journal.assign(before, 'sealed', sealed)
  if (state.roleNow(id) !== role) journal.push(before.roles, { n, role })
}

function absence(
  state: DirectoryState,
  journal: Journal,
  entry: EntryOf<typeof KIND.absence>,
  n: number,
): void {
  const { person: id, dkVer, sealed } = entry.fields
  journal.assign(known(state.persons.get(id)), 'absence', { n, dkVer, sealed })
}

/** A newer card replaces the unused ones of the same person: what lies in a drawer dies. */
function card(
  state: DirectoryState,
  journal: Journal,
  entry: EntryOf<typeof KIND.card>,
  n: number,
): void {
  const { person: owner, cardPk, role, notAfter } = entry.fields
  endUnusedCards(state, journal, known(state.persons.get(owner)), n)
  const signer = asId<DeviceId>(entry.prefix.signer)
  const by = state.devices.get(signer)
  const own = by !== undefined && equal(by.person, owner)
  const id = hashId<CardId>('card-id', cardPk)
  addCard(state, journal, {
    id,
    person: owner,
    pk: cardPk,
    role,
    notAfter,
    n,
    by: signer,
    own,
    usedBy: null,
    until: null,
  })
}

function endUnusedCards(state: DirectoryState, journal: Journal, owner: Person, n: number): void {
  for (const id of owner.cards) {
    const before = known(state.cards.get(id))
    if (before.usedBy === null && before.until === null) journal.assign(before, 'until', n)
  }
}

/** A further device of somebody who has a valid one waits for approval: a card alone adds no ear. */
function device(
  state: DirectoryState,
  journal: Journal,
  entry: EntryOf<typeof KIND.device>,
  n: number,
): void {
  const { person: owner, signPk } = entry.fields
  const used = known(state.cards.get(asId<CardId>(entry.prefix.signer)))
  const holder = known(state.persons.get(owner))
  const id = hashId<DeviceId>('dev', signPk)
  const waits = used.own || state.activeDevices(owner).length > 0
  journal.assign(used, 'usedBy', id)
  journal.push(holder.devices, id)
  if (!waits) journal.assign(holder, 'enrolled', true)
  const from = waits ? null : n
  journal.set(state.devices, id, {
    id,
    person: owner,
    signPk,
    card: used.id,
    joined: n,
    from,
    until: null,
  })
}

function revoke(
  state: DirectoryState,
  journal: Journal,
  entry: EntryOf<typeof KIND.revoke>,
  n: number,
): void {
  const { what, subject } = entry.fields
  if (what === REVOKE.card)
    return journal.assign(known(state.cards.get(asId<CardId>(subject))), 'until', n)
  if (what === REVOKE.device) return endDevice(state, journal, asId<DeviceId>(subject), n)
  const leaver = known(state.persons.get(asId<PersonId>(subject)))
  for (const id of leaver.devices) endDevice(state, journal, id, n)
  endUnusedCards(state, journal, leaver, n)
  journal.assign(leaver, 'changed', n)
  journal.assign(leaver, 'absence', { ...NO_ABSENCE, n })
  journal.push(leaver.roles, { n, role: null })
}

/** Cards that the device made for its own person end with it: a thief must not come back through them. */
function endDevice(state: DirectoryState, journal: Journal, id: DeviceId, n: number): void {
  const lost = known(state.devices.get(id))
  if (lost.until !== null) return
  journal.assign(lost, 'until', n)
  journal.push(state.losses, { n, device: id, person: lost.person })
  for (const cardId of known(state.persons.get(lost.person)).cards) {
    const made = known(state.cards.get(cardId))
    const own = made.own && equal(made.by, id)
    if (own && made.usedBy === null && made.until === null) journal.assign(made, 'until', n)
  }
}
