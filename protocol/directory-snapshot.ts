// The state of the directory as bytes, the same for everybody who has read the same log. A checkpoint in the
// log signs their hash, so that a newcomer begins with the state instead of the years before it
// (PROTOCOL.md, "Checkpoints").
import { isZero, toHex } from './bytes.ts'
import { type Decoded, decode, encode, fixed, list, oneOf, struct, u16, u64 } from './codec.ts'
import {
  type Card,
  type Device,
  type DirectoryState,
  NO_ABSENCE,
  type Person,
} from './directory-state.ts'
import { VERSION, version } from './entry.ts'
import { recordsFields, sealedAbsence, sealedProfile } from './entry-fields.ts'
import { ensure } from './errors.ts'
import {
  cardId,
  type CardId,
  deviceId,
  type DeviceId,
  type Hash,
  hash32,
  ID_BYTES,
  orgId,
  type OrgId,
  personId,
  signerId,
} from './ids.ts'
import { ROLE } from './kinds.ts'
import { hash, hashId } from './labels.ts'
import { MAX_CHECKPOINT } from './limits.ts'
import { SIGN_PUBLIC_BYTES } from './sodium.ts'

const MANY = 0xff_ffff
const signPk = fixed(SIGN_PUBLIC_BYTES)
const flag = oneOf(1, [0, 1])
/** Zero: none. Log indices begin at 1. */
const index = u64
const role = oneOf(1, Object.values(ROLE))
const roleOrLeft = oneOf(1, [0, ...Object.values(ROLE)])

const person = struct({
  id: personId,
  roles: list(2, 0xffff, struct({ n: u64, role: roleOrLeft })),
  enrolled: flag,
  changed: index,
  dkVer: u16,
  sealed: sealedProfile,
  absent: index,
  /** None or one. */
  absence: list(1, 1, struct({ dkVer: u16, sealed: sealedAbsence })),
})
const device = struct({
  person: personId,
  signPk,
  card: cardId,
  joined: u64,
  from: index,
  until: index,
})
const card = struct({
  person: personId,
  pk: signPk,
  role,
  notAfter: u64,
  n: u64,
  by: signerId,
  own: flag,
})
const snapshot = struct({
  ver: version,
  org: orgId,
  /** h_0 to h_n: channels name places of the past. */
  hashes: list(4, MANY, hash32),
  rootPk: signPk,
  boxPk: signPk,
  boxN: index,
  logTime: u64,
  tickedAt: u64,
  records: list(2, 0xffff, struct({ n: u64, ...recordsFields })),
  voids: list(2, 0xffff, struct({ from: u64, signers: list(2, 0xffff, fixed(ID_BYTES)) })),
  losses: list(4, MANY, struct({ n: u64, device: deviceId })),
  persons: list(4, MANY, person),
  devices: list(4, MANY, device),
  cards: list(4, MANY, card),
  /** Ascending: when each of them ended, not everybody knows. */
  spent: list(4, MANY, cardId),
})
type Snapshot = Decoded<typeof snapshot>
export type Voiding = { signers: Uint8Array[]; from: number }
/** What a directory consists of besides the entries themselves. */
export type Parts = { org: OrgId; hashes: Hash[]; voids: Voiding[]; state: DirectoryState }

/** H("dir-state", snapshot): what a checkpoint signs. */
export function stateHash(bytes: Uint8Array): Hash {
  return hash('dir-state', bytes)
}

/**
 * Lists stand in the order of the log, which is one for all. Of cards that nobody can use any more only the ids
 * are kept: without them a box could show the entry of such a card a second time, and make it new.
 */
export function encodeSnapshot({ org, hashes, voids, state }: Parts): Uint8Array {
  ensure(state.rootPk !== null, 'not_allowed', 'the organisation is not founded yet')
  const isLive = (one: Card): boolean => one.usedBy === null && one.until === null
  const cards = [...state.cards.values()]
  const ended = cards.filter((one) => !isLive(one)).map(({ id }) => id)
  return encode(snapshot, {
    ver: VERSION,
    org,
    hashes,
    rootPk: state.rootPk,
    boxPk: state.boxPk ?? new Uint8Array(SIGN_PUBLIC_BYTES),
    boxN: state.boxN,
    logTime: state.logTime,
    tickedAt: state.tickedAt,
    records: state.records.map(({ id, publicKey, ...rest }) => ({
      ...rest,
      recKey: id,
      recPk: publicKey,
    })),
    voids,
    losses: state.losses,
    persons: [...state.persons.values()].map(personRow),
    devices: [...state.devices.values()].map((one) => ({
      ...one,
      from: one.from ?? 0,
      until: one.until ?? 0,
    })),
    cards: cards
      .filter(isLive)
      .map((one) => ({ ...one, own: one.own ? (1 as const) : (0 as const) })),
    spent: [...state.spent.keys(), ...ended].toSorted((a, b) => (toHex(a) < toHex(b) ? -1 : 1)),
  })
}

function personRow({ roles, enrolled, absence, ...rest }: Person): Snapshot['persons'][number] {
  const told = roles.map((since) => ({ n: since.n, role: since.role ?? (0 as const) }))
  const { n: absent, ...said } = absence
  const away = said.sealed.length === 0 ? [] : [said]
  return { ...rest, roles: told, enrolled: enrolled ? 1 : 0, absent, absence: away }
}

/** Fills an empty state; the caller has held the bytes against a signed hash. Returns the rest. */
export function restoreSnapshot(bytes: Uint8Array, state: DirectoryState): Omit<Parts, 'state'> {
  const { org, hashes, voids, ...facts } = decode(snapshot, bytes, MAX_CHECKPOINT)
  ensure(hashes.length > 0, 'malformed', 'checkpoint')
  state.rootPk = facts.rootPk
  state.boxPk = isZero(facts.boxPk) ? null : facts.boxPk
  state.boxN = facts.boxN
  state.logTime = facts.logTime
  state.tickedAt = facts.tickedAt
  for (const { n, recKey: id, recPk: publicKey, needed, custodians } of facts.records)
    state.records.push({ n, id, publicKey, needed, custodians })
  for (const row of facts.persons) state.persons.set(row.id, restorePerson(row))
  for (const row of facts.devices) restoreDevice(state, row)
  for (const row of facts.cards) restoreCard(state, row)
  for (const id of facts.spent) state.spent.set(id, true)
  checkForm(facts, state)
  for (const { n, device: id } of facts.losses)
    state.losses.push({ n, device: id, person: known(state.devices.get(id)).person })
  return { org, hashes, voids }
}

/** One form of each state: nobody stands in it twice, and spent cards ascend. */
function checkForm(facts: Omit<Snapshot, 'org' | 'hashes' | 'voids'>, state: DirectoryState): void {
  const once =
    state.persons.size === facts.persons.length &&
    state.devices.size === facts.devices.length &&
    state.cards.size === facts.cards.length
  ensure(once, 'malformed', 'checkpoint')
  const spent = facts.spent.map(toHex)
  const ascending = spent.every((id, i) => i === 0 || (spent[i - 1] as string) < id)
  ensure(ascending, 'malformed', 'checkpoint')
}

function restorePerson(row: Snapshot['persons'][number]): Person {
  const { roles, enrolled, absent, absence: away, ...rest } = row
  const told = roles.map((since) => ({ n: since.n, role: since.role === 0 ? null : since.role }))
  const absence = { ...(away[0] ?? NO_ABSENCE), n: absent }
  return { ...rest, roles: told, enrolled: enrolled === 1, absence, devices: [], cards: [] }
}

function restoreDevice(state: DirectoryState, row: Snapshot['devices'][number]): void {
  const id = hashId<DeviceId>('dev', row.signPk)
  const value: Device = {
    ...row,
    id,
    from: row.from === 0 ? null : row.from,
    until: row.until === 0 ? null : row.until,
  }
  state.devices.set(id, value)
  known(state.persons.get(row.person)).devices.push(id)
}

function restoreCard(state: DirectoryState, row: Snapshot['cards'][number]): void {
  const id = hashId<CardId>('card-id', row.pk)
  const rest = { own: row.own === 1, usedBy: null, until: null }
  const value: Card = { ...row, id, ...rest }
  state.cards.set(id, value)
  known(state.persons.get(row.person)).cards.push(id)
}

function known<T>(value: T | undefined): T {
  ensure(value !== undefined, 'malformed', 'checkpoint')
  return value
}
