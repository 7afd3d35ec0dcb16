// The directory: a signed log from which everybody derives who is who. The box and every device run
// this same code; an entry that it refuses has no effect anywhere.
import { equal } from './bytes.ts'
import { emptyHead, type Head, nextHead, stubOf } from './chain.ts'
import { DirectoryState } from './directory-state.ts'
import { authorise } from './directory-rights.ts'
import { applyTo } from './directory-apply.ts'
import { encodeSnapshot, restoreSnapshot, stateHash, type Voiding } from './directory-snapshot.ts'
import { decodeHeader, type Entry, type EntryOf } from './entry.ts'
import { ensure, ProtocolError } from './errors.ts'
import { asId, type Hash, type LogId, type OrgId } from './ids.ts'
import { Journal } from './journal.ts'
import { isDirectoryKind, KIND, ROLE } from './kinds.ts'
import { REVOKE } from './entry-fields.ts'

export type DirectoryEntry = Extract<
  Entry,
  { kind: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 }
>

type RevokeFields = { what: number; subject: Uint8Array; voidFrom: number }

export class Directory extends DirectoryState {
  readonly org: OrgId
  readonly log: LogId
  readonly journal = new Journal()
  head: Head
  readonly #hashes: Hash[]
  /** Headers by index from 1; null: refused. Those before a snapshot come with `fill`, when they are needed. */
  readonly #entries: (Uint8Array | null)[] = []
  #before = 0
  readonly #voids: Voiding[] = []
  readonly #pinnedRoot: Uint8Array | null
  #snapshot: { n: number; bytes: Uint8Array } | null = null

  /** A device pins the root key that its card named; the box passes null and takes the founding entry's. */
  constructor(org: OrgId, pinnedRoot: Uint8Array | null) {
    super()
    this.org = org
    this.log = asId<LogId>(org)
    this.head = emptyHead(this.log)
    this.#hashes = [this.head.h]
    this.#pinnedRoot = pinnedRoot
  }

  /**
   * Begins with the state of a snapshot, whose bytes the caller has held against a signed hash. Throws
   * `wrong_organisation`, or `malformed` for bytes that are none.
   */
  static restore(org: OrgId, pinnedRoot: Uint8Array | null, bytes: Uint8Array): Directory {
    const directory = new Directory(org, pinnedRoot)
    const parts = restoreSnapshot(bytes, directory)
    ensure(equal(parts.org, org), 'wrong_organisation', 'checkpoint')
    ensure(
      pinnedRoot === null || equal(directory.rootPk as Uint8Array, pinnedRoot),
      'wrong_organisation',
      'root key',
    )
    ensure(equal(parts.hashes[0] as Hash, directory.head.h), 'malformed', 'checkpoint')
    for (const hash of parts.hashes.slice(1)) directory.#hashes.push(hash)
    for (const one of parts.voids) directory.#voids.push(one)
    const n = directory.#hashes.length - 1
    directory.head = { n, h: directory.#hashes[n] as Hash }
    directory.#before = n
    return directory
  }

  /** The state at the head as bytes (directory-snapshot.ts). */
  snapshot(): Uint8Array {
    if (this.#snapshot?.n === this.head.n) return this.#snapshot.bytes
    const bytes = encodeSnapshot({
      org: this.org,
      hashes: this.#hashes,
      voids: this.#voids,
      state: this,
    })
    this.#snapshot = { n: this.head.n, bytes }
    return bytes
  }

  /** How many entries at the beginning are known by their effect only; `fill` brings them. */
  get missing(): number {
    return this.#before
  }

  /** The entries before the snapshot, as they stand in the log; refused ones as null. Needed to take back. */
  fill(headers: (Uint8Array | null)[]): void {
    ensure(headers.length === this.#before, 'directory_behind', 'entries before the checkpoint')
    const later = this.#entries.splice(0)
    // One by one: as arguments of one call the entries of many years do not fit on the stack.
    for (const header of headers) this.#entries.push(header)
    for (const entry of later) this.#entries.push(entry)
    this.#before = 0
  }

  /** The chain hash at index n, or undefined beyond the head. */
  hashAt(n: number): Hash | undefined {
    return this.#hashes[n]
  }

  /** Throws the reason why `entry` may not stand next in the log; changes nothing. */
  check(entry: Entry): asserts entry is DirectoryEntry {
    const { prefix } = entry
    ensure(isDirectoryKind(entry.kind), 'malformed', 'not a directory entry')
    ensure(equal(prefix.org, this.org) && equal(prefix.log, this.log), 'wrong_organisation')
    const expected = this.hashAt(prefix.refN)
    ensure(expected !== undefined && equal(expected, prefix.refH), 'unknown_head')
    authorise(this, entry as DirectoryEntry, this.#pinnedRoot)
    if (entry.kind === KIND.checkpoint) this.#checkCheckpoint(entry)
    if (entry.kind === KIND.restore) this.#checkRestore(entry)
    // Taking back means reading again from the beginning.
    const judgeable = !takesBack(entry) || this.#before === 0
    ensure(judgeable, 'directory_behind', 'entries before the checkpoint')
  }

  #checkCheckpoint(entry: EntryOf<typeof KIND.checkpoint>): void {
    // Signed for one place: whoever was slow tries again.
    ensure(entry.prefix.refN === this.head.n, 'directory_behind', 'checkpoint')
    ensure(equal(entry.fields.stateHash, stateHash(this.snapshot())), 'checkpoint_false')
  }

  /** Signed for the place at which the directory stands, and for no later one: it vouches for nothing unseen. */
  #checkRestore({ prefix, fields }: EntryOf<typeof KIND.restore>): void {
    ensure(prefix.refN === this.head.n, 'directory_behind', 'restore')
    const own = equal(fields.log, this.log) && fields.cutN === prefix.refN
    ensure(own && equal(fields.cutH, prefix.refH), 'malformed', 'restore')
  }

  /** Checks and applies the next entry; throws without effect when it is refused. */
  accept(entry: Entry): void {
    this.check(entry)
    const mark = this.journal.mark()
    try {
      this.#apply(entry)
    } catch (error) {
      this.journal.rollback(mark)
      throw error
    }
  }

  /** An entry that was accepted before it was stored: its effect without another check. */
  resume(entry: DirectoryEntry): void {
    this.#apply(entry)
  }

  /** An entry that stands in the log but is refused: it keeps its place in the chain, without effect. */
  skip(entry: Entry): void {
    this.#advance(entry, null)
  }

  #advance(entry: Entry, kept: DirectoryEntry | null): void {
    this.#snapshot = null
    this.journal.assign(this, 'head', nextHead(this.head, stubOf(entry)))
    this.journal.push(this.#hashes, this.head.h)
    this.journal.push(this.#entries, kept?.header ?? null)
  }

  #apply(entry: DirectoryEntry): void {
    this.#advance(entry, entry)
    applyTo(this, this.journal, entry, this.head.n)
    if (entry.kind === KIND.revoke && entry.fields.voidFrom > 0) {
      this.#voidSigner(entry, entry.fields)
    }
  }

  /**
   * `voidFrom` also takes back what the revoked signer signed from that index on, and whatever rests on
   * it: the log is replayed without those entries, and what then differs ends here. The past stays as it
   * was seen, since channels have already relied on it.
   */
  #voidSigner(revoke: DirectoryEntry, fields: RevokeFields): void {
    this.journal.push(this.#voids, { signers: this.#signersOf(fields), from: fields.voidFrom })
    const replay = new Directory(this.org, this.#pinnedRoot)
    let kept = false
    this.#entries.forEach((header, i) => {
      const entry = header === null ? null : (decodeHeader(header) as DirectoryEntry)
      kept = entry !== null && !this.#isVoid(entry, i + 1) && replay.#tryReplay(entry)
      if (!kept) replay.#holdPlace()
    })
    // Left out of the replay it would be half in force: the person gone from their devices and in their role.
    ensure(kept || fields.what !== REVOKE.person, 'not_allowed', 'voids itself')
    for (const id of signersOf(revoke))
      ensure(this.#outlives(replay, id), 'not_allowed', 'voids its own ground')
    this.#endWhatDiffers(replay)
  }

  /** Whoever takes back what their own standing rests on would be nobody when they do it. */
  #outlives(replay: Directory, id: Uint8Array): boolean {
    const device = this.devices.get(asId(id))
    if (device === undefined) return true
    const kept = replay.deviceAt(device.id, Number.MAX_SAFE_INTEGER) !== null
    return kept && (replay.roleNow(device.person) ?? 0) >= ROLE.admin
  }

  #isVoid(entry: DirectoryEntry, n: number): boolean {
    const signers = signersOf(entry)
    return this.#voids.some(
      (one) => n >= one.from && one.signers.some((id) => signers.some((by) => equal(id, by))),
    )
  }

  #signersOf(fields: { what: number; subject: Uint8Array }): Uint8Array[] {
    if (fields.what === REVOKE.person) return this.persons.get(asId(fields.subject))?.devices ?? []
    return [fields.subject]
  }

  #holdPlace(): void {
    this.head = { n: this.head.n + 1, h: this.head.h }
  }

  /** Signatures were verified when the entry came; only rights are judged anew. */
  #tryReplay(entry: DirectoryEntry): boolean {
    try {
      authorise(this, entry, this.#pinnedRoot, 'signatures-known')
      this.#holdPlace()
      applyTo(this, this.journal, entry, this.head.n)
      return true
    } catch (error) {
      if (error instanceof ProtocolError) return false
      throw error
    }
  }

  #endWhatDiffers(replay: Directory): void {
    const n = this.head.n
    for (const device of this.devices.values()) {
      const kept = replay.devices.get(device.id)
      const stays =
        kept !== undefined && kept.until === null && (kept.from === null) === (device.from === null)
      if (device.until !== null || stays) continue
      this.journal.assign(device, 'until', n)
      this.journal.push(this.losses, { n, device: device.id, person: device.person })
    }
    for (const card of this.cards.values()) {
      if (card.until === null && !replay.cards.has(card.id)) this.journal.assign(card, 'until', n)
    }
    for (const person of this.persons.values()) {
      const role = replay.roleNow(person.id)
      if (role !== this.roleNow(person.id)) this.journal.push(person.roles, { n, role })
      const kept = replay.persons.get(person.id)
      if (kept === undefined) continue
      this.journal.assign(person, 'sealed', kept.sealed)
      this.journal.assign(person, 'dkVer', kept.dkVer)
      // Whoever sets it anew has seen what was taken back.
      this.journal.assign(person, 'absence', { ...kept.absence, n: person.absence.n })
    }
    this.journal.assign(this, 'boxPk', replay.boxPk)
    this.journal.assign(this, 'logTime', replay.logTime)
    this.journal.assign(this, 'tickedAt', replay.tickedAt)
  }
}

/** A revocation that also voids what its subject has signed: judging it means reading the log anew. */
export function takesBack(entry: Entry): boolean {
  return entry.kind === KIND.revoke && entry.fields.voidFrom > 0
}

function signersOf(entry: DirectoryEntry): Uint8Array[] {
  return [entry.prefix.signer, ...(entry.cosign === null ? [] : [entry.cosign.by])]
}
