// A directory that grows by whatever comes to mind: who is there, who signs, and how an entry is put into it.
import { possessionBytes } from '../../protocol/directory-rights.ts'
import type { DeviceId, Hash, PersonId } from '../../protocol/ids.ts'
import { KIND, ROLE, type Role } from '../../protocol/kinds.ts'
import { hashId, sign } from '../../protocol/labels.ts'
import type { SignPair } from '../../protocol/sodium.ts'
import { DAY } from '../../test/helpers/seed.ts'
import { cardFrom, type TestCard, type TestSigner } from '../../test/helpers/signers.ts'
import { type EntryOptions, World } from '../../test/helpers/world.ts'
import { altered } from './damage.ts'
import type { Dice } from './dice.ts'
import { h32, id, pair } from './make-entries.ts'
import { take } from './read-logs.ts'

const HOUR = DAY / 24
export type Phone = TestSigner & { id: DeviceId; person: PersonId; name: string }
export type Step = { log: 'directory' | 'channel' | 'answers'; bytes: Uint8Array; alone?: boolean }

export class RandomDirectory {
  readonly dice: Dice
  readonly world: World
  readonly steps: Step[] = []
  readonly people: PersonId[] = []
  readonly phones: Phone[] = []
  readonly cards: TestCard[] = []
  /** Whose doings the next entries are. */
  actor: Phone | null = null

  constructor(dice: Dice) {
    this.dice = dice
    this.world = new World(`organisation ${dice.bytes(8).toHex()}`)
    const { world } = this
    this.people.push(world.foundingCard.person)
    this.cards.push(world.foundingCard)
  }

  /** The first two entries; without the very first nothing that follows is ever accepted. */
  found(wholly: boolean): this {
    const { world } = this
    if (this.dice.chance(0.2)) this.offer(this.falseFounding())
    if (wholly) this.offer(world.entry(KIND.found, world.foundFields(), world.foundingCard))
    this.offer(this.enrolment(world.foundingCard, true))
    return this
  }

  /** Puts an entry into the log, where it has an effect or only a place. Gives the code of a refusal. */
  offer(bytes: Uint8Array): string | null {
    this.steps.push({ log: 'directory', bytes })
    return take(this.world.directory, bytes)
  }

  role(person: PersonId): number {
    return this.world.directory.roleNow(person) ?? 0
  }

  able(least: Role): Phone[] {
    const { devices } = this.world.directory
    return this.phones.filter(({ id: device, person }) => {
      const here = devices.get(device)
      return here?.from !== null && here?.until === null && this.role(person) >= least
    })
  }

  /** Cards that nobody has used yet. */
  freshCards(): TestCard[] {
    return this.cards.filter(
      ({ id: name }) => this.world.directory.cards.get(name)?.usedBy === null,
    )
  }

  /** Mostly somebody who may, and mostly the one this is about; otherwise whoever comes along. */
  signer(least: Role = ROLE.admin): TestSigner {
    const { dice, phones, cards, world } = this
    if (this.actor !== null && dice.chance(0.8)) return this.actor
    if (dice.chance(0.04)) return world.root
    const able = this.able(least)
    if (able.length > 0 && dice.chance(0.85)) return dice.pick(able)
    return dice.pick<TestSigner>([...phones, ...phones, world.root, ...cards.slice(0, 1)])
  }

  options(): EntryOptions {
    const { dice, world } = this
    const options: EntryOptions = { t: world.now }
    const two = world.directory.trustedCount() >= 2
    if (dice.chance(two ? 0.6 : 0.15)) options.second = this.second()
    if (dice.chance(0.1)) options.t = world.now + dice.between(-72, 96) * HOUR
    if (dice.chance(0.02))
      options.ref = { n: dice.pick([0, world.directory.head.n + 1]), h: h32(dice) }
    else if (dice.chance(0.15)) options.ref = this.place()
    if (dice.chance(0.01)) options.org = id(dice)
    if (dice.chance(0.01)) options.log = id(dice)
    return options
  }

  /** Mostly another administrator than whoever this is about. */
  second(): TestSigner {
    const { dice, world, actor } = this
    if (dice.chance(0.15)) return world.root
    const others = this.able(ROLE.admin).filter((one) => one !== actor)
    return others.length > 0 && dice.chance(0.9) ? dice.pick(others) : this.signer()
  }

  /** Some place of the log, by its true hash. */
  place() {
    const { directory } = this.world
    const n = this.dice.below(directory.head.n + 1)
    return { n, h: directory.hashAt(n) as Hash }
  }

  /** A founding with one thing wrong; all else is as it should be. */
  falseFounding(): Uint8Array {
    const { dice, world } = this
    const { foundingCard: card, root } = world
    const fields = world.foundFields()
    const stranger = cardFrom(dice.bytes(8).toHex(), card.person)
    const anewProof = (rootPair: SignPair, rootPk: Uint8Array, signer = card.id) => {
      const bytes = possessionBytes({ org: world.org, signer }, fields.person, rootPk)
      return { ...fields, rootPk, pop: sign('pop', bytes, rootPair.secretKey) }
    }
    return dice.pick([
      () => world.entry(KIND.found, { ...fields, cardPk: stranger.pair.publicKey }, stranger),
      () => {
        const proven = anewProof(root.pair, root.pair.publicKey, stranger.id)
        return world.entry(KIND.found, proven, { ...card, id: stranger.id })
      },
      () => world.entry(KIND.found, fields, { ...card, pair: stranger.pair }),
      () => world.entry(KIND.found, { ...fields, pop: altered(fields.pop, dice) }, card),
      () => world.entry(KIND.found, anewProof(stranger.pair, root.pair.publicKey), card),
      () => world.entry(KIND.found, anewProof(stranger.pair, stranger.pair.publicKey), card),
    ])()
  }

  /** A device entry, signed by the card; `rightly`: nothing wrong with it. */
  enrolment(card: TestCard, rightly = false): Uint8Array {
    const { dice, world, phones } = this
    const odd = (of: number) => !rightly && dice.chance(of)
    const keys: SignPair = odd(0.05) ? dice.pick(phones).pair : pair(dice)
    const device = hashId<DeviceId>('dev', keys.publicKey)
    phones.push({ id: device, pair: keys, person: card.person, name: `phone ${phones.length}` })
    const fields = world.deviceFields(card, keys)
    if (odd(0.03)) fields.pop = altered(fields.pop, dice)
    if (odd(0.03)) fields.person = dice.pick(this.people)
    const by = odd(0.03) ? { ...card, pair: pair(dice) } : card
    return world.entry(KIND.device, fields, by, { t: world.now })
  }
}

const NAMES = ['Anna', 'Bernd', 'Clara', 'Dora', 'Emil', 'Frida']

/** An owner, an administrator, a coordinator, some members and a guest, all with a device. */
export function staff(here: RandomDirectory): RandomDirectory {
  const { world, dice } = here
  world.found()
  world.join('Adam', 'admin')
  if (dice.chance(0.6)) world.join('Berta', dice.pick(['admin', 'admin', 'owner']))
  world.join('Cora', 'coordinator')
  for (const name of NAMES.slice(0, dice.between(2, 5)))
    world.join(name, dice.pick(['member', 'member', 'coordinator', 'guest']))
  if (dice.chance(0.5)) world.keepRecords()
  // Second devices, which wait for approval.
  for (const by of dice.some(world.devices, 0.2))
    world.enrol(world.card(by.person, by), `${by.name} 2`)
  here.steps.push(...world.log.map((bytes) => ({ log: 'directory' as const, bytes })))
  here.phones.push(...world.devices)
  const names = new Set(here.people.map((one) => one.toHex()))
  for (const { person } of world.devices) {
    if (!names.has(person.toHex())) here.people.push(person)
    names.add(person.toHex())
  }
  return here
}
