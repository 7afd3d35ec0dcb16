// Builds the structures whose size decides how fast an alert reaches people, and prints it.
// Usage: npm run sizes. Ends with 1 when a size is over its goal.
import { Channel, channelIdOf, type ChannelEntry } from '../protocol/channel.ts'
import { encodeContent, DEFAULT_ANSWERS, SEVERITY } from '../protocol/content.ts'
import { Directory } from '../protocol/directory.ts'
import { possessionBytes } from '../protocol/directory-rights.ts'
import { type Context, decodeEntry, type EntryOf, signEntry } from '../protocol/entry.ts'
import { announceEpoch } from '../protocol/epoch-keys.ts'
import { epochIdOf } from '../protocol/epoch-core.ts'
import { encodeFrame } from '../protocol/frames.ts'
import { cardKeys, organisationOf } from '../protocol/card-secret.ts'
import { compareBytes } from '../protocol/channel-operations.ts'
import {
  asId,
  type DeviceId,
  type EpochId,
  type LogId,
  type MessageId,
  NO_HASH,
  NO_ID,
  type PersonId,
} from '../protocol/ids.ts'
import {
  CHANNEL_ROLE,
  CHANNEL_TYPE,
  type ChannelType,
  KIND,
  type MessageKind,
  ROLE,
} from '../protocol/kinds.ts'
import { hashId, sign } from '../protocol/labels.ts'
import { EPOCH_WRAP_BYTES, MAX_SUBJECTS } from '../protocol/limits.ts'
import { sealMessage, type SegmentKey } from '../protocol/message-keys.ts'
import { encodeOperationData } from '../protocol/operation-data.ts'
import { trimEntry } from '../protocol/payload.ts'
import { randomBytes, type SignPair, signPairFromSeed } from '../protocol/sodium.ts'

const T = Date.UTC(2026, 0, 1)

type World = {
  directory: Directory
  base: Omit<Context, 'log' | 'refH'>
  secretKey: Uint8Array
  people: PersonId[]
}
type Opened = { channel: Channel; keys: SegmentKey[]; context: Context }

/** An organisation in memory; only the owner has a device. */
function found(size: number): World {
  const keys = cardKeys(randomBytes(16))
  const org = organisationOf(keys.pair.publicKey)
  const directory = new Directory(org, null)
  const [root, own] = [signPairFromSeed(randomBytes(32)), signPairFromSeed(randomBytes(32))]
  const person = asId<PersonId>(randomBytes(16))
  const base = { org, signer: hashId<DeviceId>('dev', own.publicKey), refN: 0, t: T }
  const byCard = { ...base, signer: keys.id, log: directory.log, refH: directory.head.h }
  const pop = (pair: SignPair): Uint8Array =>
    sign('pop', possessionBytes({ org, signer: keys.id }, person, pair.publicKey), pair.secretKey)
  const founding = { cardPk: keys.pair.publicKey, person, rootPk: root.publicKey, pop: pop(root) }
  const joining = { person, issuer: 0, signPk: own.publicKey, pop: pop(own) } as const
  directory.accept(decodeEntry(signEntry(KIND.found, byCard, founding, keys.pair.secretKey)))
  directory.accept(decodeEntry(signEntry(KIND.device, byCard, joining, keys.pair.secretKey)))
  const world = { directory, base, secretKey: own.secretKey, people: [person] }
  while (world.people.length < size) addPerson(world)
  return world
}

function addPerson({ directory, base, secretKey, people }: World): void {
  const person = asId<PersonId>(randomBytes(16))
  const context = { ...base, log: directory.log, refH: directory.hashAt(0) ?? NO_HASH }
  const fields = {
    person,
    role: ROLE.member,
    state: 1,
    dkVer: 1,
    sealed: randomBytes(168),
  } as const
  directory.accept(decodeEntry(signEntry(KIND.person, context, fields, secretKey)))
  people.push(person)
}

/** A channel with everybody in it, and the keys of its segments. */
function open(world: World, type: ChannelType): Opened {
  const { directory, base, secretKey, people } = world
  const place = { dirN: directory.head.n, dirH: directory.head.h, role: CHANNEL_ROLE.member }
  const data = encodeOperationData({
    kind: 'create',
    type,
    recorded: 0,
    dkVer: 1,
    title: new Uint8Array(0),
  })
  const first = { membN: 1, membPrev: NO_HASH, ...place, subjects: people.slice(0, 1), data }
  const nowhere = { ...base, log: asId<LogId>(NO_ID), refH: NO_HASH }
  const create = decodeEntry(signEntry(KIND.create, nowhere, first, secretKey))
  const channel = new Channel(channelIdOf(create), directory, () => undefined)
  const context = { ...base, log: channel.id, refH: channel.head.h }
  channel.accept(create)
  for (let at = 1; at < people.length; at += MAX_SUBJECTS) {
    const subjects = people.slice(at, at + MAX_SUBJECTS).toSorted(compareBytes)
    const { n, head } = channel.memb
    const fields = { membN: n + 1, membPrev: head, ...place, subjects, data: new Uint8Array(0) }
    channel.accept(decodeEntry(signEntry(KIND.add, context, fields, secretKey)))
  }
  const keys = [...channel.segments.keys()].map((seg) => segmentKey(world, channel, context, seg))
  return { channel, keys, context }
}

function segmentKey(
  { directory, secretKey }: World,
  channel: Channel,
  context: Context,
  seg: number,
): SegmentKey {
  const heads = {
    membN: channel.memb.n,
    membHead: channel.memb.head,
    dirN: directory.head.n,
    dirH: directory.head.h,
  }
  const fields = { seg, prevEpoch: asId<EpochId>(NO_ID), ...heads, notAfter: T, nwraps: 1 }
  const { entry, ak } = announceEpoch({ context, fields, records: null }, secretKey)
  const announce = decodeEntry(entry)
  channel.apply(announce as ChannelEntry)
  return { epoch: epochIdOf(announce), gen: 0, ak }
}

function sizesOf(
  people: number,
  type: ChannelType,
  kind: MessageKind,
  text: string,
): { up: number; down: number } {
  const world = found(people)
  const { channel, keys, context } = open(world, type)
  const respEpoch = asId<EpochId>(randomBytes(16))
  const respChannel = asId<LogId>(randomBytes(16))
  const plain =
    kind === KIND.text
      ? encodeContent({ type: 'text', text, replyTo: null })
      : encodeContent({
          type: 'alert',
          severity: SEVERITY.critical,
          respChannel,
          respEpoch,
          answers: DEFAULT_ANSWERS,
          text,
        })
  const bytes = sealMessage(
    { kind, context, seq: 1, mid: asId<MessageId>(randomBytes(16)), ttl: 0, keys, plain },
    world.secretKey,
  )
  channel.accept(decodeEntry(bytes))
  const trimmed = trimEntry(decodeEntry(bytes) as EntryOf<MessageKind>, channel.segments.length - 1)
  return {
    up: bytes.length,
    down: encodeFrame({ type: 'entry', n: channel.head.n, bytes: trimmed }).length,
  }
}

let failed = false
function row(what: string, bytes: number, goal: number): void {
  failed ||= bytes > goal
  process.stdout.write(
    `${what.padEnd(58)} ${String(bytes).padStart(8)} B   goal ${String(goal).padStart(6)} B   ${bytes <= goal ? 'met' : 'NOT MET'}\n`,
  )
}

const small = sizesOf(500, CHANNEL_TYPE.group, KIND.text, 'x'.repeat(100))
const most = sizesOf(512, CHANNEL_TYPE.audience, KIND.text, 'x'.repeat(100))
const alert = sizesOf(10_000, CHANNEL_TYPE.audience, KIND.alert, 'x'.repeat(160))
row('100 characters to a group of 500, up', small.up, 640)
row('100 characters to an audience of 512, up', most.up, 640)
row('160-character alert to 10,000, up', alert.up, 2048)
row('160-character alert to 10,000, down to each device', alert.down, 640)
row('an epoch key for one device', EPOCH_WRAP_BYTES, 1188)
process.exitCode = failed ? 1 : 0
