// Acts upon a directory, chosen by bytes and signed with valid keys of whoever the bytes name.
import type { Directory } from '../../protocol/directory.ts'
import { stateHash } from '../../protocol/directory-snapshot.ts'
import {
  type Context,
  cosignEntry,
  decodeHeader,
  type Entry,
  FLAG_COSIGNED,
  signEntry,
} from '../../protocol/entry.ts'
import { type FieldsOf, REASON, REVOKE } from '../../protocol/entry-fields.ts'
import type { DeviceId, PersonId } from '../../protocol/ids.ts'
import { KIND, type Kind, ROLE } from '../../protocol/kinds.ts'
import { hashId } from '../../protocol/labels.ts'
import { xwingPublic } from '../../protocol/sodium.ts'
import { attempt } from '../../scripts/fuzz/target.ts'
import { DAY, seed, seededBytes, seededHash, seededId, seededPair } from '../helpers/seed.ts'
import { cardFrom, type TestCard, type TestSigner } from '../helpers/signers.ts'
import { staffedWorld, type World } from '../helpers/world.ts'
import type { Dice } from './dice.ts'

const recPk = xwingPublic(seed('fuzz records'))
const TIMES = [0, 1000, -DAY, 2 * DAY, 3 * DAY, 400 * DAY]
const ROLES = Object.values(ROLE)

/** Everybody who may come to sign something, with all their keys. */
export class Cast {
  readonly staff: ReturnType<typeof staffedWorld>
  readonly world: World
  readonly signers: TestSigner[]
  readonly people: PersonId[]
  readonly cards: TestCard[]
  /** Keys of devices that may join. */
  readonly spare = Array.from({ length: 5 }, (_, i) => seededPair(`fuzz device ${i}`))

  constructor() {
    this.staff = staffedWorld()
    const { world, owner, member, guest } = this.staff
    this.world = world
    const second = world.secondSigner()
    world.join('Carla Chief', 'admin')
    const known = [...world.directory.persons.keys()]
    this.people = [...known, seededId('fuzz person 1'), seededId('fuzz person 2')]
    const open = [world.card(member.person, member), world.card(guest.person, owner)]
    world.enrol(world.card(second?.person ?? owner.person, second ?? owner), 'pending')
    const fresh = this.people.map((person, i) => cardFrom(`fuzz card ${i}`, person))
    this.cards = [...open, ...fresh, world.foundingCard]
    const joining = this.spare.map((pair) => ({ id: hashId<never>('dev', pair.publicKey), pair }))
    this.signers = [...world.devices, world.root, ...joining, ...this.cards]
    world.directory.journal.settle()
  }

  /** Whoever has this id, for whom a signature can be made. */
  byId(id: Uint8Array): TestSigner | undefined {
    return this.signers.find((one) => (one.id as Uint8Array).toHex() === id.toHex())
  }
}

type Signing = { by: TestSigner; second: TestSigner | null }

/** The next entry of a directory as the dice have it; null when they made nothing that can be encoded. */
export function directoryAct(cast: Cast, directory: Directory, dice: Dice): Uint8Array | null {
  const mode = dice.below(8)
  if (mode === 0) return dice.blob()
  if (mode === 1) return signedAnew(cast, directory.head, dice)
  const standing = cast.signers.filter(({ id }) => stands(directory, id))
  const signer = (): TestSigner => dice.one(dice.below(8) === 0 ? cast.signers : standing)
  const by = signer()
  const second = dice.below(2) === 0 ? signer() : null
  const context = contextOf(directory, by, dice)
  return directoryEntry(cast, { directory, context, by, second }, dice)
}

/** Most acts are of somebody who may act at all. */
function stands(directory: Directory, id: Uint8Array): boolean {
  return directory.deviceAt(id as DeviceId, directory.head.n) !== null
}

function contextOf(directory: Directory, by: TestSigner, dice: Dice): Context {
  const { head, org, log } = directory
  const back = dice.below(8) === 0 ? dice.below(head.n + 1) : 0
  const refN = head.n - back
  const refH = directory.hashAt(refN) ?? head.h
  const t = Math.max(0, directory.logTime + dice.one(TIMES))
  return { org, log, signer: by.id, refN, refH, t }
}

/** Bytes of the fuzzer's, under a signature that is right: what is behind the signature is reached. */
export function signedAnew(
  cast: { byId(id: Uint8Array): TestSigner | undefined; signers: TestSigner[] },
  head: { n: number; h: Uint8Array },
  dice: Dice,
): Uint8Array | null {
  const [by, second, newest] = [dice.one(cast.signers), dice.one(cast.signers), dice.below(2)]
  const read = attempt(() => decodeHeader(dice.blob()))
  if (read === null) return null
  const { kind, prefix, fields } = read.value
  const ref = newest === 0 ? { refN: head.n, refH: head.h as Context['refH'] } : {}
  const context = { ...prefix, ...ref, signer: by.id }
  return sign(kind, context, fields, { by, second: prefix.flags === FLAG_COSIGNED ? second : null })
}

function sign(
  kind: Kind,
  context: Context,
  fields: Entry['fields'],
  { by, second }: Signing,
): Uint8Array | null {
  const flags = second === null ? 0 : FLAG_COSIGNED
  const made = attempt(() => signEntry(kind, context, fields as never, by.pair.secretKey, flags))
  if (made === null || second === null) return made?.value ?? null
  return cosignEntry(made.value, second.id, second.pair.secretKey)
}

type Placed = Signing & { directory: Directory; context: Context }

function directoryEntry(cast: Cast, signing: Placed, dice: Dice): Uint8Array | null {
  const { world } = cast
  const { directory, context } = signing
  const put = <K extends Kind>(kind: K, fields: FieldsOf<K>) => sign(kind, context, fields, signing)
  switch (dice.below(11)) {
    case 9: {
      const sealed = seededBytes('fuzz absence', 296)
      return put(KIND.absence, { person: dice.one(cast.people), dkVer: 1, sealed })
    }
    case 0: {
      const sealed = new Uint8Array(dice.below(4))
      return put(KIND.person, {
        person: dice.one(cast.people),
        role: dice.one(ROLES),
        state: 1,
        dkVer: 1,
        sealed,
      })
    }
    case 1: {
      const { person, pair } = dice.one(cast.cards)
      const notAfter = context.t + dice.one([1, 7, 90, 91]) * DAY
      return put(KIND.card, { person, cardPk: pair.publicKey, role: dice.one(ROLES), notAfter })
    }
    case 2: {
      const [card, pair] = [dice.one(cast.cards), dice.one(cast.spare)]
      const by = dice.below(4) === 0 ? signing.by : card
      return sign(KIND.device, { ...context, signer: by.id }, world.deviceFields(card, pair), {
        by,
        second: null,
      })
    }
    case 3:
      return put(KIND.approve, { device: dice.one(deviceIds(cast)) })
    case 4:
    case 5:
      return put(KIND.revoke, revocation(cast, context.refN, dice))
    case 6:
      return put(KIND.tick, {})
    case 7:
      return put(KIND.box, { boxPk: seed('fuzz box') })
    case 8: {
      const sound = dice.below(4) > 0
      const hash = sound ? stateHash(directory.snapshot()) : seededHash('false state')
      return put(KIND.checkpoint, { stateHash: hash })
    }
    default: {
      const recKey = hashId('rec-key', recPk)
      return put(KIND.records, {
        recKey,
        recPk,
        needed: dice.below(3),
        custodians: dice.below(4),
        names: new Uint8Array(2),
      })
    }
  }
}

const deviceIds = (cast: Cast) =>
  cast.signers.map(({ id }) => id) as FieldsOf<typeof KIND.approve>['device'][]

function revocation(cast: Cast, n: number, dice: Dice): FieldsOf<typeof KIND.revoke> {
  const what = dice.one(Object.values(REVOKE))
  const subject = {
    [REVOKE.person]: () => dice.one(cast.people) as Uint8Array,
    [REVOKE.device]: () => dice.one(cast.signers).id as Uint8Array,
    [REVOKE.card]: () => dice.one(cast.cards).id as Uint8Array,
  }[what]()
  const voidFrom = dice.below(2) === 0 ? 0 : 1 + dice.below(n + 2)
  return { what, subject, voidFrom, reason: REASON.other }
}
