// A channel over a random directory: who is in it, who signs, and how an entry is put into it.
import { channelIdOf } from '../../protocol/channel.ts'
import { type Context, decodeEntry, decodeHeader, type Entry } from '../../protocol/entry.ts'
import { epochIdOf } from '../../protocol/epoch-core.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { PersonId } from '../../protocol/ids.ts'
import { type ChannelTypeName, KIND, ROLE } from '../../protocol/kinds.ts'
import { TestChannel } from '../../test/helpers/channel-world.ts'
import { creation } from '../../test/helpers/channels.ts'
import type { TestDevice } from '../../test/helpers/signers.ts'
import { altered, damaged } from './damage.ts'
import { anew } from './directory-acts.ts'
import type { Dice } from './dice.ts'
import { h32, id } from './make-entries.ts'
import type { Phone, RandomDirectory } from './random-directory.ts'
import { SIGNATURE_BYTES } from '../../protocol/sodium.ts'

export class RandomChannel {
  readonly directory: RandomDirectory
  readonly dice: Dice
  readonly log: TestChannel
  readonly create: Uint8Array
  /** Whose doings the next entries are. */
  actor: Phone | null = null

  constructor(directory: RandomDirectory, type: ChannelTypeName) {
    this.directory = directory
    this.dice = directory.dice
    const { world } = directory
    const by = this.founder(type)
    this.create = creation(world, by, type, this.founding(type, by.person))
    this.log = new TestChannel(world, channelIdOf(decodeEntry(this.create)))
    this.offer(this.create)
  }

  founder(type: ChannelTypeName): TestDevice {
    const { directory, dice } = this
    const least = type === 'group' || type === 'direct' ? ROLE.member : ROLE.coordinator
    const able = dice.chance(0.97) ? directory.able(least) : directory.phones
    return dice.pick(able) as TestDevice
  }

  founding(type: ChannelTypeName, creator: PersonId) {
    const { dice, directory } = this
    const here = dice.chance(0.9)
      ? directory.people.filter((one) => directory.role(one) > 0)
      : directory.people
    const others = here.filter((one) => one.toHex() !== creator.toHex())
    const people =
      type === 'direct' && dice.chance(0.9)
        ? [dice.pick(others)]
        : dice.some(others, 0.7).slice(0, 200)
    if (dice.chance(0.01)) people.push(id(dice))
    const recorded = dice.pick([0, 0, 1] as const)
    const keyed = directory.world.directory.recordsAt(directory.world.directory.head.n) !== null
    const role = type === 'direct' && dice.chance(0.9) ? 1 : dice.pick([1, 1, 2, 3] as const)
    const context = dice.chance(0.02) ? { refN: 1 } : dice.chance(0.02) ? { refH: h32(dice) } : {}
    return { people, recorded: keyed || dice.chance(0.03) ? recorded : (0 as const), role, context }
  }

  /** Puts an entry into the log, where it has an effect or only a place. Gives the code of a refusal. */
  offer(bytes: Uint8Array, ak?: Uint8Array, alone = false): string | null {
    this.directory.steps.push({ log: 'channel', bytes, alone })
    let entry: Entry | null = null
    try {
      entry = alone ? decodeHeader(bytes) : decodeEntry(bytes)
      this.log.accept(entry)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      if (entry !== null) this.log.skip(entry)
      return error.code
    }
    // Of an announce that was altered and accepted all the same nobody knows the key; any will do here.
    if (entry.kind === KIND.announce)
      this.log.keys.push({ epoch: epochIdOf(entry), gen: 0, ak: ak ?? this.dice.bytes(32) })
    return null
  }

  /** Mostly a member's active device; otherwise whoever comes along. */
  signer(leads = false): TestDevice {
    const { dice, directory, log } = this
    if (this.actor !== null) return this.actor as TestDevice
    const able = directory.able(ROLE.guest).filter(({ person }) => {
      const member = log.state.members.get(person)
      return (
        member !== undefined &&
        (!leads || member.role >= 2 || directory.role(person) >= ROLE.coordinator)
      )
    })
    return dice.pick<Phone>(
      able.length > 0 && dice.chance(0.85) ? able : directory.phones,
    ) as TestDevice
  }

  /** What a signer may get wrong about the two logs. */
  context(): Partial<Context> {
    const { dice, log } = this
    const n = log.state.head.n
    if (dice.chance(0.02)) return { refN: dice.pick([0, n, n + 1]), refH: h32(dice) }
    if (dice.chance(0.01)) return { org: id(dice) }
    if (dice.chance(0.01)) return { log: id(dice) }
    const refN = dice.below(n + 1)
    const refH = log.hashAt(refN)
    return refH !== undefined && dice.chance(0.2) ? { refN, refH } : {}
  }

  place() {
    const { dice, directory } = this
    const { head } = directory.world.directory
    if (dice.chance(0.9)) return head
    if (dice.chance(0.3))
      return dice.pick([
        { n: head.n + 1, h: h32(dice) },
        { n: head.n, h: h32(dice) },
      ])
    return directory.place()
  }

  /** Damaged as bytes, or altered and then signed again by whoever signed it. */
  spoil(bytes: Uint8Array): Uint8Array {
    const { dice, directory } = this
    if (dice.chance(0.4)) return damaged(bytes, dice)
    const { prefix, signed, kind } = decodeEntry(bytes)
    const by = directory.phones.find((one) => one.id.toHex() === prefix.signer.toHex())
    if (by === undefined) return bytes
    const behind = bytes.subarray(signed.length + SIGNATURE_BYTES)
    return anew(altered(signed, dice), kind, by.pair.secretKey, behind)
  }
}
