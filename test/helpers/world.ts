// A small organisation in memory: it is founded, people join with cards, and every statement goes
// through the same decoder and the same checks as in life.
import { utf8 } from '../../protocol/bytes.ts'
import { organisationOf } from '../../protocol/card-secret.ts'
import { Directory } from '../../protocol/directory.ts'
import { stateHash } from '../../protocol/directory-snapshot.ts'
import { possessionBytes, rootId } from '../../protocol/directory-rights.ts'
import {
  cosignEntry,
  decodeEntry,
  type Entry,
  FLAG_COSIGNED,
  signEntry,
} from '../../protocol/entry.ts'
import { type FieldsOf, REASON, REVOKE } from '../../protocol/entry-fields.ts'
import type { DeviceId, LogId, OrgId, PersonId } from '../../protocol/ids.ts'
import { KIND, type Kind, ROLE, type Role, type RoleName } from '../../protocol/kinds.ts'
import { hashId, sign } from '../../protocol/labels.ts'
import { CARD_LIFE_STAFF, CARD_LIFE_TRUSTED } from '../../protocol/limits.ts'
import {
  type AbsenceWord,
  EMPTY_PROFILE,
  sealAbsence,
  sealRunning,
  sealProfile,
} from '../../protocol/profile.ts'
import { type SignPair, xwingPublic } from '../../protocol/sodium.ts'
import { DAY, seed, seededId, seededPair, START, seededHash } from './seed.ts'
import { cardFrom, deviceFrom, type TestCard, type TestDevice, type TestSigner } from './signers.ts'

export type { TestCard, TestDevice, TestSigner } from './signers.ts'

export type EntryOptions = {
  /** Whoever gives the second signature. */
  second?: TestSigner | undefined
  /** The place the signer has seen; the head unless told. */
  ref?: { n: number; h: Uint8Array }
  t?: number
  org?: OrgId
  log?: LogId
}
type CardOptions = EntryOptions & { role?: Role; notAfter?: number; label?: string }
type RevokeOptions = EntryOptions & { voidFrom?: number }

export class World {
  readonly label: string
  readonly foundingCard: TestCard
  readonly org: OrgId
  readonly root: TestSigner
  readonly box: SignPair
  /** The directory key: what names are sealed under. */
  readonly dk: Uint8Array
  readonly directory: Directory
  /** The directory's log as it would travel. */
  readonly log: Uint8Array[] = []
  readonly devices: TestDevice[] = []
  now = START
  #cards = 0

  constructor(label = 'Stadtwerke Musterstadt') {
    this.label = label
    this.foundingCard = cardFrom(`${label} founding card`, seededId(`${label} owner`))
    this.org = organisationOf(this.foundingCard.pair.publicKey)
    const rootPair = seededPair(`${label} root`)
    this.root = { id: rootId(rootPair.publicKey), pair: rootPair }
    this.box = seededPair(`${label} box`)
    this.dk = seed(`${label} directory key`)
    this.directory = new Directory(this.org, rootPair.publicKey)
  }

  /** The first owner's device; exists once the organisation is founded. */
  get owner(): TestDevice {
    return this.devices[0] as TestDevice
  }

  /** An entry that would stand next in the directory, without putting it there. */
  entry<K extends Kind>(
    kind: K,
    fields: FieldsOf<K>,
    by: TestSigner,
    options: EntryOptions = {},
  ): Uint8Array {
    const { second, ref = this.directory.head, t = this.now, org = this.org } = options
    const log = options.log ?? this.directory.log
    const refH = ref.h as typeof this.directory.head.h
    const context = { org, log, signer: by.id, refN: ref.n, refH, t }
    const flags = second === undefined ? 0 : FLAG_COSIGNED
    const signed = signEntry(kind, context, fields, by.pair.secretKey, flags)
    return second === undefined ? signed : cosignEntry(signed, second.id, second.pair.secretKey)
  }

  /** Puts an entry into the directory, or throws the reason why not. */
  put(bytes: Uint8Array): Entry {
    const entry = decodeEntry(bytes)
    this.directory.accept(entry)
    this.log.push(bytes)
    return entry
  }

  /** Signs and puts in one step. */
  say<K extends Kind>(
    kind: K,
    fields: FieldsOf<K>,
    by: TestSigner,
    options: EntryOptions = {},
  ): Entry {
    return this.put(this.entry(kind, fields, by, options))
  }

  personFields(person: PersonId, name: string, role: Role): FieldsOf<typeof KIND.person> {
    const sealed = sealProfile(this.dk, person, { ...EMPTY_PROFILE, name })
    return { person, role, state: 1, dkVer: 1, sealed }
  }

  person(
    name: string,
    role: RoleName,
    by: TestSigner = this.owner,
    options: EntryOptions = {},
  ): PersonId {
    const id = seededId<PersonId>(`${this.label} ${name}`)
    this.say(KIND.person, this.personFields(id, name, ROLE[role]), by, options)
    return id
  }

  newCard(person: PersonId, label = `card ${this.log.length}-${(this.#cards += 1)}`): TestCard {
    return cardFrom(`${this.label} ${label}`, person)
  }

  cardFields(card: TestCard, options: CardOptions = {}): FieldsOf<typeof KIND.card> {
    const role = options.role ?? this.directory.roleNow(card.person) ?? ROLE.member
    const life = role >= ROLE.coordinator ? CARD_LIFE_TRUSTED : CARD_LIFE_STAFF
    const notAfter = options.notAfter ?? (options.t ?? this.now) + life
    return { person: card.person, cardPk: card.pair.publicKey, role, notAfter }
  }

  card(person: PersonId, by: TestSigner = this.owner, options: CardOptions = {}): TestCard {
    const card = this.newCard(person, options.label)
    this.say(KIND.card, this.cardFields(card, options), by, options)
    return card
  }

  deviceFields(card: TestCard, pair: SignPair): FieldsOf<typeof KIND.device> {
    const bytes = possessionBytes({ org: this.org, signer: card.id }, card.person, pair.publicKey)
    const pop = sign('pop', bytes, pair.secretKey)
    return { person: card.person, issuer: 0, signPk: pair.publicKey, pop }
  }

  /** A new device joins with the card; whether it is valid at once or pending, the directory decides. */
  enrol(card: TestCard, name: string): TestDevice {
    const device = deviceFrom(this.label, this.org, card.person, name)
    this.say(KIND.device, this.deviceFields(card, device.pair), card)
    this.devices.push(device)
    return device
  }

  /** Person, card and device in one step; trusted roles take the second signature they need. */
  join(name: string, role: RoleName): TestDevice {
    const second = ROLE[role] >= ROLE.admin ? this.secondSigner() : undefined
    const person = this.person(name, role, this.owner, { second })
    return this.enrol(this.card(person, this.owner, { second, label: `card of ${name}` }), name)
  }

  /** Another administrator than the first owner, as soon as there is one. */
  secondSigner(): TestDevice | undefined {
    return this.devices.find(({ id, person }) => {
      const trusted = (this.directory.roleNow(person) ?? 0) >= ROLE.admin
      const active = this.directory.deviceAt(id, this.directory.head.n) !== null
      return person !== this.owner.person && trusted && active
    })
  }

  approve(device: DeviceId, by: TestSigner, options: EntryOptions = {}): Entry {
    return this.say(KIND.approve, { device }, by, options)
  }

  revoke(
    what: keyof typeof REVOKE,
    subject: Uint8Array,
    by: TestSigner,
    options: RevokeOptions = {},
  ): Entry {
    const { voidFrom = 0 } = options
    const fields = { what: REVOKE[what], subject, voidFrom, reason: REASON.other } as const
    return this.say(KIND.revoke, fields, by, options)
  }

  absenceFields(
    person: PersonId,
    word: AbsenceWord = { until: this.now + DAY, note: '' },
  ): FieldsOf<typeof KIND.absence> {
    return { person, dkVer: 1, sealed: sealAbsence(this.dk, person, word) }
  }

  runningFields(device: DeviceId, version = '1.0.0'): FieldsOf<typeof KIND.running> {
    const running = { version, manifest: seededHash(`manifest ${version}`) }
    return { dkVer: 1, sealed: sealRunning(this.dk, device, running) }
  }

  absence(person: PersonId, by: TestSigner, word?: AbsenceWord, options: EntryOptions = {}): Entry {
    return this.say(KIND.absence, this.absenceFields(person, word), by, options)
  }

  tick(by: TestSigner = this.owner, options: EntryOptions = {}): Entry {
    return this.say(KIND.tick, {}, by, options)
  }

  /** A checkpoint of the state as it is, or of what a test pretends it to be; not put into the log. */
  checkpoint(by: TestSigner = this.owner, bytes = this.directory.snapshot()): Uint8Array {
    return this.entry(KIND.checkpoint, { stateHash: stateHash(bytes) }, by)
  }

  /** Says that a backup was brought back, as of the head; not put into the log. */
  restored(by: TestSigner = this.owner, options: EntryOptions = {}): Uint8Array {
    const { log, head } = this.directory
    return this.entry(KIND.restore, { log, cutN: head.n, cutH: head.h }, by, options)
  }

  /** The organisation's records key, made from a seed that custodians would hold in shares. */
  keepRecords(label = 'records'): { seed: Uint8Array; id: Uint8Array; publicKey: Uint8Array } {
    const recordsSeed = seed(`${this.label} ${label}`)
    const publicKey = xwingPublic(recordsSeed)
    const recKey = hashId('rec-key', publicKey)
    const fields = { recKey, recPk: publicKey, needed: 2, custodians: 3, names: utf8('sealed') }
    this.say(KIND.records, fields, this.root)
    return { seed: recordsSeed, id: recKey, publicKey }
  }

  /** The same log in a world of its own, to go on from here without consequences. */
  copy(): World {
    const copy = new World(this.label)
    for (const bytes of this.log) copy.put(bytes)
    copy.devices.push(...this.devices)
    copy.now = this.now
    return copy
  }

  foundFields(): FieldsOf<typeof KIND.found> {
    const { id, person, pair } = this.foundingCard
    const rootPk = this.root.pair.publicKey
    const proof = possessionBytes({ org: this.org, signer: id }, person, rootPk)
    return {
      cardPk: pair.publicKey,
      person,
      rootPk,
      pop: sign('pop', proof, this.root.pair.secretKey),
    }
  }

  /** Founding card -> found, device, person and box, as the first owner's device sends them. */
  found(): this {
    this.say(KIND.found, this.foundFields(), this.foundingCard)
    const owner = this.enrol(this.foundingCard, 'owner')
    this.say(KIND.person, this.personFields(owner.person, 'Olga Owner', ROLE.owner), owner)
    this.say(KIND.box, { boxPk: this.box.publicKey }, owner)
    return this
  }
}

/** A founded organisation with one owner. */
export function foundWorld(label?: string): World {
  return new World(label).found()
}

/** A founded organisation with one device of each role. */
export function staffedWorld(label?: string) {
  const world = foundWorld(label)
  const admin = world.join('Adam Admin', 'admin')
  const coordinator = world.join('Cora Coordinator', 'coordinator')
  const member = world.join('Milo Member', 'member')
  const guest = world.join('Gita Guest', 'guest')
  return { world, owner: world.owner, admin, coordinator, member, guest }
}
