// What a hostile box sends to a device, with the keys of a member and of another device to help it.
import type { Core } from '../../client/core.ts'
import { concat } from '../../protocol/bytes.ts'
import { signHead } from '../../protocol/box-report.ts'
import { emptyHead } from '../../protocol/chain.ts'
import { type Context, decodeHeader, FLAG_COSIGNED, signEntry } from '../../protocol/entry.ts'
import { sealEpochKey } from '../../protocol/epoch-keys.ts'
import { decodeFrame, encodeFrame, type Frame } from '../../protocol/frames.ts'
import { sealHistory } from '../../protocol/history-keys.ts'
import type { DeviceId, LogId, MessageId } from '../../protocol/ids.ts'
import { hasPayload, KIND, type MessageKind } from '../../protocol/kinds.ts'
import { sealMessage } from '../../protocol/message-keys.ts'
import { attempt } from '../../scripts/fuzz/target.ts'
import { seed, seededHash, seededId } from '../helpers/seed.ts'
import type { Dice } from './dice.ts'
import type { Scene, Traitor } from './scene.ts'

const MESSAGES: readonly MessageKind[] = [KIND.text, KIND.alert, KIND.exercise, KIND.control]

/** The next frames, as of what the device holds now. */
export function nextFrames(scene: Scene, core: Core, dice: Dice): Frame[] {
  switch (dice.below(9)) {
    case 0:
      return scene.frames.slice(dice.below(scene.frames.length)).slice(0, 1 + dice.below(24))
    case 1:
      return one(() => dice.one(scene.frames))
    case 2:
      return one(() => decodeFrame(dice.blob()))
    case 3:
      return one(() => bent(dice.one(scene.frames), dice))
    case 4:
      return one(() => signedAnew(core, dice.one([scene.malte, scene.tablet]), dice))
    case 5:
      return one(() => forgedMessage(core, scene.malte, dice))
    case 6:
      return one(() => boxHead(scene, core, dice))
    case 7:
      return one(() => wrap(scene, core, dice))
    default:
      return one(() => history(scene, core, dice))
  }
}

/** What cannot even be encoded is not sent. */
function one(make: () => Frame | null): Frame[] {
  const made = attempt(make)
  return made === null || made.value === null ? [] : [made.value]
}

/** One honest frame with one byte changed, or at another index. */
function bent(frame: Frame, dice: Dice): Frame {
  if (dice.below(4) === 0 && 'n' in frame) return { ...frame, n: dice.below(60) }
  const bytes = encodeFrame(frame)
  const at = ((dice.byte() << 8) | dice.byte()) % bytes.length
  bytes[at] = (bytes[at] as number) ^ (1 << dice.below(8))
  return decodeFrame(bytes)
}

const logsOf = ({ replica }: Core): LogId[] => [
  replica.directory.log,
  ...replica.channels.keys(),
  ...replica.answers.keys(),
]

function nextContext(core: Core, log: LogId, by: Traitor): Context {
  const { n: refN, h: refH } = core.replica.headOf(log) ?? emptyHead(log)
  return { ...core.context(log), signer: by.device, refN, refH }
}

/** An entry of the fuzzer's bytes at the next place of its log, under a signature that is right. */
function signedAnew(core: Core, by: Traitor, dice: Dice): Frame {
  const ofLog = dice.below(3) === 0
  const { kind, prefix, fields } = decodeHeader(dice.blob())
  const log = ofLog ? dice.one(logsOf(core)) : prefix.log
  const context =
    kind === KIND.create ? { ...prefix, signer: by.device } : nextContext(core, log, by)
  const flags = prefix.flags === FLAG_COSIGNED ? 0 : prefix.flags
  const header = signEntry(kind, context, fields, by.pair.secretKey, flags)
  const n = (core.replica.headOf(log)?.n ?? 0) + 1
  const payload = hasPayload(kind) ? dice.blob() : new Uint8Array(0)
  const type = hasPayload(kind) && payload.length === 0 ? 'header' : 'entry'
  return { type, n, bytes: concat(header, payload) }
}

/** Seldom in the name of somebody else. */
function inNameOf(core: Core, by: Traitor, dice: Dice): DeviceId {
  return dice.below(4) === 3 ? dice.one([...core.replica.directory.devices.keys()]) : by.device
}

/** A message with true keys and any content at all. */
function forgedMessage(core: Core, by: Traitor, dice: Dice): Frame | null {
  const channel = dice.one([...core.replica.channels.values()])
  const epoch = channel.currentEpoch(0)
  const ak = epoch === null ? null : core.replica.epochKey(epoch.id, epoch.gen)
  if (epoch === null || ak === null) return null
  const signer = inNameOf(core, by, dice)
  const seq = (channel.seqs.get(signer) ?? 0) + dice.one([1, 1, 1, 0, 5])
  const mid = seededId<MessageId>(`fuzz ${dice.below(4)}`)
  const key = dice.below(8) === 0 ? seed('false key') : ak
  const draft = {
    kind: dice.one(MESSAGES),
    context: { ...nextContext(core, channel.id, by), signer },
    seq,
    mid,
    ttl: 0,
    keys: [{ epoch: epoch.id, gen: epoch.gen, ak: key }],
    plain: dice.blob(),
  }
  return { type: 'entry', n: channel.head.n + 1, bytes: sealMessage(draft, by.pair.secretKey) }
}

function boxHead(scene: Scene, core: Core, dice: Dice): Frame {
  const log = dice.one([...logsOf(core), seededId<LogId>('another')])
  const known = core.replica.hashes.get(log) ?? []
  const n = Math.max(0, known.length - 1 + dice.one([0, 1, -1, -2, 9]))
  const h = dice.below(3) === 0 ? seededHash('false head') : (known[n] ?? seededHash('beyond'))
  const { org, now } = scene
  return { type: 'head', bytes: signHead({ org, log, n, h, t: now }, scene.box.secretKey) }
}

function wrap(scene: Scene, core: Core, dice: Dice): Frame | null {
  const channel = dice.one([...core.replica.channels.values()])
  const epochs = [...channel.epochs.values()]
  if (epochs.length === 0) return null
  const epoch = dice.one(epochs)
  const gen = dice.one([epoch.gen, 0, epoch.gen + 1])
  const held = core.replica.epochKey(epoch.id, gen)
  const ak = held === null || dice.below(2) === 0 ? seed('false ak') : held
  const bytes = sealEpochKey(ak, epoch.core, gen, scene.prekey)
  const at = { log: channel.id, epoch: epoch.id, gen }
  return { type: 'wrap', id: core.replica.wrapsSeen + dice.below(3), ...at, wrap: bytes }
}

/** Keys from the other device of the same person, true and false ones. */
function history(scene: Scene, core: Core, dice: Dice): Frame {
  const all = [...core.replica.channels.values()].flatMap((channel) =>
    [...channel.epochs.values()].map((epoch) => ({ channel, epoch })),
  )
  const held = dice.some(all).map(({ channel, epoch }) => {
    const gen = dice.one([0, epoch.gen, epoch.gen + 1])
    const known = core.replica.keys.get(epoch.id)
    const ak = known === undefined || dice.below(4) === 0 ? seed('false ak') : known.ak
    return { channel: channel.id, epoch: epoch.id, gen, ak }
  })
  const by = dice.below(6) === 0 ? scene.malte : scene.tablet
  const sending = { org: scene.org, from: by.device, t: scene.now, to: scene.prekey }
  return { type: 'parcel', id: dice.below(5), bytes: sealHistory(sending, held, by.pair.secretKey) }
}
