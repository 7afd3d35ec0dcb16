// Acts upon a channel, chosen by bytes and signed with valid keys of whoever the bytes name.
import { Channel, channelIdOf } from '../../protocol/channel.ts'
import { compareBytes } from '../../protocol/channel-operations.ts'
import { type Context, decodeEntry, type Entry, signEntry } from '../../protocol/entry.ts'
import type { FieldsOf } from '../../protocol/entry-fields.ts'
import { announceEpoch } from '../../protocol/epoch-keys.ts'
import {
  asId,
  type EpochId,
  type Hash,
  type MessageId,
  NO_HASH,
  NO_ID,
} from '../../protocol/ids.ts'
import {
  CHANNEL_ROLE,
  type ChannelTypeName,
  KIND,
  type MessageKind,
  type OperationKind,
} from '../../protocol/kinds.ts'
import { sealMessage } from '../../protocol/message-keys.ts'
import { encodeOperationData } from '../../protocol/operation-data.ts'
import type { TestSigner } from '../helpers/signers.ts'
import { attempt } from '../../scripts/fuzz/target.ts'
import { creation } from '../helpers/channels.ts'
import { seed, seededBytes, seededHash, seededId } from '../helpers/seed.ts'
import { type Cast, signedAnew } from './directory-acts.ts'
import { Dice } from './dice.ts'

const ROLES = Object.values(CHANNEL_ROLE)
const MESSAGES: readonly MessageKind[] = [KIND.text, KIND.alert, KIND.exercise, KIND.control]
const OPERATIONS: readonly OperationKind[] = [
  KIND.add,
  KIND.add,
  KIND.remove,
  KIND.remove,
  KIND.role,
  KIND.policy,
  KIND.title,
  KIND.respkey,
]
/** The box and the devices judge without keys, so any bytes serve as one. */
const AK = seed('fuzz ak')
/** Decides nothing: every choice is one of many. */
const still = (): Dice => new Dice(new Uint8Array(64).fill(5))

/** A channel with its own memory of hashes, which a rollback shortens. */
export class FuzzChannel {
  readonly state: Channel
  readonly hashes: Hash[]
  readonly log: Entry[] = []

  constructor(cast: Cast, type: ChannelTypeName) {
    const { world, owner, coordinator, member, admin } = cast.staff
    const by = type === 'group' ? owner : coordinator
    const others = type === 'direct' ? [member] : [member, admin]
    const people = others.map(({ person }) => person)
    const bytes = creation(world, by, type, { people })
    const id = channelIdOf(decodeEntry(bytes))
    this.state = new Channel(id, world.directory, (n) => this.hashes[n])
    this.hashes = [this.state.head.h]
    this.take(decodeEntry(bytes))
    const first = announce(
      cast,
      this.state,
      { by, context: contextOf(cast, this, by, still()) },
      still(),
    )
    this.take(decodeEntry(first))
    this.state.journal.settle()
  }

  take(entry: Entry): void {
    this.state.accept(entry)
    this.hashes.push(this.state.head.h)
    this.log.push(entry)
  }

  rollback(mark: number): void {
    this.state.journal.rollback(mark)
    this.hashes.length = this.state.head.n + 1
    this.log.length = this.state.head.n
  }
}

/** The next entry of a channel as the dice have it. */
export function channelAct(cast: Cast, channel: FuzzChannel, dice: Dice): Uint8Array | null {
  const { state } = channel
  const mode = dice.below(12)
  if (mode === 0) return dice.blob()
  if (mode === 1) return signedAnew(cast, state.head, dice)
  const devices = cast.world.devices
  const inside = devices.filter(({ person }) => state.members.has(person))
  const by =
    dice.below(6) === 0 ? dice.one(devices) : dice.one(inside.length > 0 ? inside : devices)
  const context = contextOf(cast, channel, by, dice)
  return attempt(() => make(cast, state, { by, context }, dice))?.value ?? null
}

type Signing = { by: TestSigner; context: Context }

function contextOf(
  cast: Cast,
  { state, hashes }: FuzzChannel,
  by: TestSigner,
  dice: Dice,
): Context {
  const back = dice.below(8) === 0 ? dice.below(state.head.n + 1) : 0
  const refN = state.head.n - back
  return {
    org: cast.world.org,
    log: state.id,
    signer: by.id,
    refN,
    refH: hashes[refN] ?? NO_HASH,
    t: cast.world.now,
  }
}

function make(cast: Cast, state: Channel, signing: Signing, dice: Dice): Uint8Array {
  switch (dice.below(4)) {
    case 0:
      return operation(cast, state, signing, dice)
    case 1:
      return announce(cast, state, signing, dice)
    case 2:
      return extension(cast, state, signing, dice)
    default:
      return message(state, signing, dice)
  }
}

/** The head of the directory, seldom an older place of it. */
function directoryPlace(cast: Cast, dice: Dice): { dirN: number; dirH: Hash } {
  const { directory } = cast.world
  const dirN = directory.head.n - (dice.below(6) === 0 ? dice.below(directory.head.n) : 0)
  return { dirN, dirH: directory.hashAt(dirN) ?? directory.head.h }
}

function operation(cast: Cast, state: Channel, { by, context }: Signing, dice: Dice): Uint8Array {
  const kind = dice.one(OPERATIONS)
  const wanted = dice.some(cast.people)
  // Mostly people for whom it makes sense.
  const sensible = wanted.filter((person) => state.members.has(person) !== (kind === KIND.add))
  const named = dice.below(4) === 0 ? wanted : sensible
  const persons = kind <= KIND.remove || kind === KIND.role
  const fields: FieldsOf<typeof KIND.add> = {
    membN: state.memb.n + 1,
    membPrev: state.memb.head,
    ...directoryPlace(cast, dice),
    role: dice.one(ROLES),
    subjects: persons ? named.toSorted(compareBytes) : [],
    data: dataOf(kind, state, dice),
  }
  return signEntry(kind, context, fields, by.pair.secretKey)
}

function dataOf(kind: OperationKind, state: Channel, dice: Dice): Uint8Array {
  if (kind === KIND.policy)
    return encodeOperationData({ kind: 'policy', recorded: dice.one([0, 1] as const) })
  if (kind === KIND.title)
    return encodeOperationData({ kind: 'title', dkVer: 1, title: new Uint8Array(dice.below(3)) })
  if (kind !== KIND.respkey) return new Uint8Array(0)
  const epoch = state.currentEpoch(0)?.id ?? asId<EpochId>(NO_ID)
  const publicKey = seededBytes('fuzz response', 1216)
  return encodeOperationData({ kind: 'respkey', channel: state.id, epoch, publicKey })
}

function announce(cast: Cast, state: Channel, { by, context }: Signing, dice: Dice): Uint8Array {
  const seg = dice.below(8) === 0 ? 1 : 0
  const place = directoryPlace(cast, dice)
  const current = state.currentEpoch(seg)?.id ?? asId<EpochId>(NO_ID)
  const fields = {
    seg,
    prevEpoch: dice.below(8) === 0 ? asId<EpochId>(NO_ID) : current,
    membN: state.memb.n,
    membHead: state.memb.head,
    ...place,
    notAfter: context.t,
    nwraps: dice.below(4) === 0 ? dice.byte() : 0,
  }
  const records =
    dice.below(6) === 0 ? cast.world.directory.recordsAt(place.dirN) : state.recordsKey(place.dirN)
  return announceEpoch({ context, fields, records }, by.pair.secretKey).entry
}

function extension(cast: Cast, state: Channel, { by, context }: Signing, dice: Dice): Uint8Array {
  const epoch = dice.below(6) === 0 ? dice.one([...state.epochs.values()]) : state.currentEpoch(0)
  const gen = (epoch?.gen ?? 0) + dice.one([1, 0, 1, 2])
  const fields: FieldsOf<typeof KIND.extension> = {
    epoch: epoch?.id ?? asId<EpochId>(NO_ID),
    gen,
    membN: state.memb.n,
    membHead: state.memb.head,
    ...directoryPlace(cast, dice),
    akgCommit: seededHash(`commit ${dice.below(2)}`),
    nwraps: dice.below(3),
  }
  return signEntry(KIND.extension, context, fields, by.pair.secretKey)
}

function message(state: Channel, { by, context }: Signing, dice: Dice): Uint8Array {
  const last = state.seqs.get(by.id as never) ?? 0
  const seq = Math.max(0, last + dice.one([1, 1, 1, 2, 0]))
  const epochs =
    dice.below(6) === 0 ? [...state.epochs.values()].slice(0, 1) : [state.currentEpoch(0)]
  const keys = epochs.flatMap((epoch) =>
    epoch === null ? [] : [{ epoch: epoch.id, gen: epoch.gen + dice.one([0, 0, 0, 1]), ak: AK }],
  )
  const mid = seededId<MessageId>(`fuzz message ${dice.below(16)}`)
  const draft = {
    kind: dice.one(MESSAGES),
    context,
    seq,
    mid,
    ttl: 0,
    keys,
    plain: new Uint8Array(3),
  }
  return sealMessage(draft, by.pair.secretKey)
}
