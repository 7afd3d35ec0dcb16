// Entries as somebody would sign them who may not: everything fits but the right.
import { possessionBytes } from '../../protocol/directory-rights.ts'
import { type Context, signEntry } from '../../protocol/entry.ts'
import type { FieldsOf } from '../../protocol/entry-fields.ts'
import { asId, type LogId, type PersonId } from '../../protocol/ids.ts'
import {
  CHANNEL_ROLE,
  type ChannelRole,
  KIND,
  type Kind,
  type OperationKind,
  type Role,
  ROLE,
} from '../../protocol/kinds.ts'
import { sign } from '../../protocol/labels.ts'
import { DAY } from '../../protocol/limits.ts'
import { type Prekey, signPrekey } from '../../protocol/prekey.ts'
import { EMPTY_PROFILE, sealProfile } from '../../protocol/profile.ts'
import type { ForgingBox } from '../helpers/forging-box.ts'
import { known } from '../helpers/hostile.ts'
import { seed } from '../helpers/seed.ts'
import { cardFrom, deviceFrom, type TestCard, type TestDevice } from '../helpers/signers.ts'
import type { Phone } from '../helpers/town.ts'
import type { Forger } from './occupied.ts'

export class Forgery {
  readonly box: ForgingBox
  /** Whose view of the channels the forged entries build on. */
  readonly view: Phone

  constructor(box: ForgingBox, view: Phone) {
    this.box = box
    this.view = view
  }

  get directory(): LogId {
    return asId<LogId>(this.box.org)
  }

  context(by: Forger, log: LogId): Context {
    const { n: refN, h: refH } = this.box.headAt(log)
    return { org: this.box.org, log, signer: by.id, refN, refH, t: this.box.now() }
  }

  /** Signs an entry of the directory; where it goes is the caller's choice. */
  entry<K extends Kind>(by: Forger, kind: K, fields: FieldsOf<K>, flags = 0): Uint8Array {
    return signEntry(kind, this.context(by, this.directory), fields, by.secretKey, flags)
  }

  say<K extends Kind>(by: Forger, kind: K, fields: FieldsOf<K>): void {
    this.box.append(this.entry(by, kind, fields))
  }

  person(by: Forger, person: PersonId, role: Role, name = 'Mia Maulwurf'): void {
    const sealed = sealProfile(seed('no directory key'), person, { ...EMPTY_PROFILE, name })
    this.say(by, KIND.person, { person, role, state: 1, dkVer: 1, sealed })
  }

  card(by: Forger, person: PersonId, role: Role = ROLE.member): TestCard {
    const card = cardFrom(`card of the attacker ${this.box.headAt(this.directory).n}`, person)
    const notAfter = this.box.now() + 7 * DAY
    this.say(by, KIND.card, { person, cardPk: card.pair.publicKey, role, notAfter })
    return card
  }

  /** A device with its prekey, rightly signed by the card. */
  device(card: TestCard): TestDevice {
    const { org } = this.box
    const device = deviceFrom('spy', org, card.person, `device of ${card.id.toHex()}`)
    const proof = possessionBytes({ org, signer: card.id }, card.person, device.pair.publicKey)
    const pop = sign('pop', proof, device.pair.secretKey)
    const fields = { person: card.person, issuer: 0, signPk: device.pair.publicKey, pop } as const
    const by = { name: 'the card', id: card.id, secretKey: card.pair.secretKey }
    this.say(by, KIND.device, fields)
    this.box.prekeys.set(device.id, prekeyBytes(device))
    return device
  }

  /** An operation on the channel as the view knows it. */
  operation(
    by: Forger,
    log: LogId,
    kind: OperationKind,
    subjects: PersonId[] = [],
    role: ChannelRole = CHANNEL_ROLE.member,
    data: Uint8Array = new Uint8Array(0),
  ): Uint8Array {
    const { memb } = known(this.view, log)
    const { n: dirN, h: dirH } = this.box.headAt(this.directory)
    const chain = { membN: memb.n + 1, membPrev: memb.head, dirN, dirH }
    const fields = { ...chain, role, subjects, data }
    return signEntry(kind, this.context(by, log), fields, by.secretKey)
  }
}

/** What the device would upload, with another key or in another name where a story wants that. */
export function prekeyBytes(device: TestDevice, change: Partial<Prekey> = {}): Uint8Array {
  const { ver: _ver, suite: _suite, sig: _sig, ...value } = { ...device.prekey, ...change }
  return signPrekey(value, device.pair.secretKey)
}
