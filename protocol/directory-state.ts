// What the directory knows. Facts carry the index at which they began and ended, because a channel
// asks about the past: "was this device valid at directory index n?"
import { equal } from './bytes.ts'
import type { CardId, DeviceId, PersonId, SignerId } from './ids.ts'
import { IdMap } from './ids.ts'
import { type Role, ROLE } from './kinds.ts'

/**
 * Until when the person is away, sealed (profile.ts); empty: nothing was said. `n`: index of the newest entry
 * that set or ended it; 0: none.
 */
export type Absence = { n: number; dkVer: number; sealed: Uint8Array }
export const NO_ABSENCE: Absence = { n: 0, dkVer: 0, sealed: new Uint8Array(0) }

export type Person = {
  id: PersonId
  /** Roles in order of the index they began at; null: left. */
  roles: { n: number; role: Role | null }[]
  /** Has had a device at least once; only then the person counts as a second signer. */
  enrolled: boolean
  /** Index of the newest entry that set the person's role and profile, or ended the person; 0: none. */
  changed: number
  dkVer: number
  sealed: Uint8Array
  absence: Absence
  devices: DeviceId[]
  cards: CardId[]
}

export type Device = {
  id: DeviceId
  person: PersonId
  signPk: Uint8Array
  card: CardId
  /** Index of its own entry. */
  joined: number
  /** Index from which it is valid; null while it waits for approval. */
  from: number | null
  /** Index of its revocation. */
  until: number | null
}

export type Card = {
  id: CardId
  person: PersonId
  pk: Uint8Array
  role: Role
  notAfter: number
  n: number
  by: SignerId
  /** Made by the person's own device: what joins with it always waits for approval. */
  own: boolean
  usedBy: DeviceId | null
  /** Index at which it was withdrawn or replaced. */
  until: number | null
}

export type RecordsKey = {
  /** Index of its entry: a channel asks which key was in force at a directory index. */
  n: number
  id: Uint8Array
  publicKey: Uint8Array
  needed: number
  custodians: number
}

export class DirectoryState {
  readonly persons = new IdMap<PersonId, Person>()
  readonly devices = new IdMap<DeviceId, Device>()
  readonly cards = new IdMap<CardId, Card>()
  /** Cards that ended before the snapshot with which this state began: that they were there is all it knows. */
  readonly spent = new IdMap<CardId, true>()
  /** Every end of a device's validity, in order: what makes epochs stale. */
  readonly losses: { n: number; device: DeviceId; person: PersonId }[] = []
  rootPk: Uint8Array | null = null
  boxPk: Uint8Array | null = null
  /** Index of the newest entry that named a key of the box; 0: none. */
  boxN = 0
  readonly records: RecordsKey[] = []
  /** The latest time that administrators' entries vouch for; expiry is judged by it, not by a clock. */
  logTime = 0
  /** Where checkpoints stand and whose they are; not part of what they sign. */
  readonly checkpoints: { n: number; by: DeviceId }[] = []
  /** Signed time of the newest tick; what keeps administrators' devices from ticking more than daily. */
  tickedAt = 0

  roleAt(id: PersonId, n: number): Role | null {
    const person = this.persons.get(id)
    return person?.roles.findLast((since) => since.n <= n)?.role ?? null
  }

  /** The highest role the person had at any index from `n` on. */
  highestRoleSince(id: PersonId, n: number): number {
    const since = this.persons.get(id)?.roles.filter((one) => one.n >= n) ?? []
    return Math.max(this.roleAt(id, n) ?? 0, ...since.map(({ role }) => role ?? 0))
  }

  roleNow(id: PersonId): Role | null {
    return this.persons.get(id)?.roles.at(-1)?.role ?? null
  }

  /** The records key in force at an index, or null. */
  recordsAt(n: number): RecordsKey | null {
    return this.records.findLast((key) => key.n <= n) ?? null
  }

  deviceAt(id: DeviceId, n: number): Device | null {
    const device = this.devices.get(id)
    return device !== undefined && validAt(device, n) ? device : null
  }

  devicesAt(id: PersonId, n: number): Device[] {
    const person = this.persons.get(id)
    if (person === undefined) return []
    return person.devices.flatMap((did) => this.deviceAt(did, n) ?? [])
  }

  activeDevices(id: PersonId): Device[] {
    return this.devicesAt(id, Number.MAX_SAFE_INTEGER)
  }

  /** Administrators and owners who can sign: as soon as there are two, dangerous acts take both. */
  trustedCount(): number {
    let count = 0
    for (const person of this.persons.values()) {
      if (person.enrolled && (this.roleNow(person.id) ?? 0) >= ROLE.admin) count++
    }
    return count
  }

  /** Without this person, would an owner with a device be left? */
  hasOtherOwner(id: PersonId): boolean {
    return [...this.persons.values()].some(
      (other) => other.enrolled && this.roleNow(other.id) === ROLE.owner && !equal(other.id, id),
    )
  }
}

export function validAt(device: Device, n: number): boolean {
  return device.from !== null && device.from <= n && (device.until === null || device.until > n)
}
