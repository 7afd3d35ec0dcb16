// The one door through which entries come into the logs. A batch is all or nothing: each entry is judged
// by the same rules that devices apply, appended, and taken back with the others when one is refused.
import type { AnswerLog } from '../../protocol/answer-log.ts'
import type { Item } from '../../protocol/api.ts'
import { equal } from '../../protocol/bytes.ts'
import { Channel, channelIdOf, type MessageEntry } from '../../protocol/channel.ts'
import { emptyHead, stubOf } from '../../protocol/chain.ts'
import { Directory, takesBack } from '../../protocol/directory.ts'
import { decodeEntry, type Entry } from '../../protocol/entry.ts'
import { epochIdOf } from '../../protocol/epoch-core.ts'
import { ensure } from '../../protocol/errors.ts'
import {
  asId,
  type CardId,
  type DeviceId,
  type EpochId,
  type LogId,
  type MessageId,
} from '../../protocol/ids.ts'
import { isDirectoryKind, isMessageKind, KIND, rings } from '../../protocol/kinds.ts'
import { hashId } from '../../protocol/labels.ts'
import { EPOCH_WRAP_BYTES } from '../../protocol/limits.ts'
import { messageWraps } from '../../protocol/payload.ts'
import { type BoxTime, ensureNotAhead, ensureUnexpired } from './box-time.ts'
import type { LogState, Organisation } from './organisation.ts'

/** A card item carries the hash of its lookup, then its blob. */
const LOOKUP_HASH_BYTES = 32

/** A wrap as it goes to its device. */
export type StoredWrap = {
  id: number
  device: DeviceId
  log: LogId
  epoch: EpochId
  gen: number
  bytes: Uint8Array
}
export type Accepted = { log: LogId; n: number; entry: Entry; fresh: boolean; wraps: StoredWrap[] }

/**
 * Appends the items in order, inside the store's open transaction. Throws with nothing changed, also when
 * it is `also` that throws, the last to look at the result.
 */
export function acceptBatch(
  org: Organisation,
  items: Item[],
  time: BoxTime,
  also: (done: Accepted[]) => void = () => {},
): Accepted[] {
  return allOrNothing(org, (created) => {
    const done = items.map((item) => acceptItem(org, item, time, created))
    also(done)
    return done
  })
}

/** Takes every change of memory back when `work` throws. `created`: how to forget logs that it opens. */
export function allOrNothing<T>(org: Organisation, work: (created: (() => void)[]) => T): T {
  const marks = [...org.journals()].map((journal) => ({ journal, at: journal.mark() }))
  const created: (() => void)[] = []
  try {
    return work(created)
  } catch (error) {
    for (const { journal, at } of marks) journal.rollback(at)
    for (const forget of created) forget()
    throw error
  }
}

function acceptItem(
  org: Organisation,
  item: Item,
  time: BoxTime,
  created: (() => void)[],
): Accepted {
  const entry = decodeEntry(item.entry)
  const log = logOf(org, entry, created)
  const before = placeOfSame(org, log.id, entry)
  if (before !== null) return { log: log.id, n: before, entry, fresh: false, wraps: [] }
  const { state } = log
  if (state instanceof Directory) acceptDirectory(org, state, entry, item, time)
  else if (state instanceof Channel) acceptChannel(org, state, entry)
  else acceptAnswer(org, state, entry)
  org.store.logs.append(log.id, state.head, entry, stubOf(entry))
  if (state instanceof Channel && isMessageKind(entry.kind)) noteSeq(org, state, entry)
  return {
    log: log.id,
    n: state.head.n,
    entry,
    fresh: true,
    wraps: storeWraps(org, state, entry, item.wraps),
  }
}

/** The log that an entry names: found, or opened by a `create` or by the first answer to an alert. */
export function logOf(
  org: Organisation,
  entry: Entry,
  created: (() => void)[],
): { id: LogId; state: LogState } {
  if (isDirectoryKind(entry.kind)) {
    ensure(equal(entry.prefix.org, org.id), 'wrong_organisation')
    if (!org.founded) openLog(org, org.directory, 'directory', null)
    return { id: org.directory.log, state: org.directory }
  }
  if (entry.kind === KIND.create) {
    const id = channelIdOf(entry)
    const known = org.channels.get(id)
    if (known !== undefined) return { id, state: known }
    const channel = org.newChannel(id)
    created.push(() => org.channels.delete(id))
    openLog(org, channel, 'channel', null)
    return { id, state: channel }
  }
  const known = org.log(entry.prefix.log)
  if (known !== undefined && !(known instanceof Directory)) return { id: known.id, state: known }
  ensure(entry.kind === KIND.answer, 'not_found', 'log')
  const answers = org.newAnswerLog(asId<MessageId>(entry.prefix.log))
  ensure(answers !== null, 'not_found', 'alert')
  created.push(() => org.answers.delete(answers.id))
  openLog(org, answers, 'answers', answers.channel.id)
  return { id: answers.id, state: answers }
}

function openLog(
  org: Organisation,
  state: LogState,
  kind: 'directory' | 'channel' | 'answers',
  parent: LogId | null,
): void {
  const id = state instanceof Directory ? state.log : state.id
  if (org.store.logs.exists(id)) return
  org.store.logs.create(id, kind, parent, emptyHead(id).h)
}

/** The same bytes again get the same answer; other bytes under a used message id are a conflict. */
function placeOfSame(org: Organisation, log: LogId, entry: Entry): number | null {
  const place = org.store.logs.placeOf(log, entry.id)
  if (place !== null || !('mid' in entry.fields)) return place
  const other = org.store.logs.placeOfMessage(log, entry.prefix.signer, entry.fields.mid)
  ensure(other === null, 'mid_conflict')
  return null
}

function acceptDirectory(
  org: Organisation,
  directory: Directory,
  entry: Entry,
  item: Item,
  time: BoxTime,
): void {
  ensureNotAhead(directory, entry.prefix.t, time)
  if (entry.kind === KIND.device) {
    const card = directory.cards.get(asId<CardId>(entry.prefix.signer))
    if (card?.usedBy === null) ensureUnexpired(directory, card, time)
  }
  if (takesBack(entry)) org.completeDirectory()
  const before = entry.kind === KIND.checkpoint ? directory.snapshot() : null
  directory.accept(entry)
  if (before !== null) {
    const signer = asId<DeviceId>(entry.prefix.signer)
    org.store.checkpoints.put(directory.head.n, signer, entry.header, before)
  }
  if (entry.kind === KIND.card) {
    ensure(item.card.length > LOOKUP_HASH_BYTES, 'malformed', 'a card needs its blob')
    const id = hashId<CardId>('card-id', entry.fields.cardPk)
    org.store.cards.add(
      item.card.subarray(0, LOOKUP_HASH_BYTES),
      id,
      item.card.subarray(LOOKUP_HASH_BYTES),
      null,
    )
  }
  if (entry.kind === KIND.device) org.store.cards.dropBlob(asId<CardId>(entry.prefix.signer))
}

/** Beyond what devices check: keys must be fresh as of now, and payloads whole. */
function acceptChannel(org: Organisation, channel: Channel, entry: Entry): void {
  channel.check(entry)
  if (isMessageKind(entry.kind)) {
    const message = entry as MessageEntry
    // Answers name an alert by its id alone, whatever channel it stands in.
    const taken = rings(entry.kind) && org.channelOfAlert(message.fields.mid) !== null
    ensure(!taken, 'mid_conflict', 'alert')
    ensure(
      message.payload !== null && !messageWraps(message).trimmed,
      'malformed',
      'trimmed payload',
    )
    for (const seg of channel.segments.keys()) {
      ensure(!channel.isStale(seg), 'epoch_stale')
      // It would stand behind an admission and stay locked for whoever was admitted.
      ensure(!channel.leavesOut(seg), 'epoch_moved')
    }
    // Under an older generation the newest members could not read it.
    for (const wrap of messageWraps(message).list) {
      ensure(wrap.gen === channel.epochs.get(wrap.epoch)?.gen, 'epoch_moved')
    }
  }
  channel.apply(entry)
}

/** Readers cannot place an answer in the directory's order; the box can refuse a device that is gone. */
function acceptAnswer(org: Organisation, log: AnswerLog, entry: Entry): void {
  const device = org.directory.devices.get(asId<DeviceId>(entry.prefix.signer))
  ensure(device?.until === null, 'device_revoked')
  const { channel, alertN } = log
  const asked = channel.members.has(device.person) || channel.readable(device.person, alertN)
  ensure(asked, 'not_allowed', 'not in the audience')
  log.accept(entry)
}

export function noteSeq(org: Organisation, channel: Channel, entry: Entry): void {
  const device = asId<DeviceId>(entry.prefix.signer)
  org.store.logs.noteSeq(channel.id, device, channel.seqs.get(device) ?? 0)
}

function storeWraps(
  org: Organisation,
  state: LogState,
  entry: Entry,
  wraps: Uint8Array[],
): StoredWrap[] {
  if (wraps.length === 0) return []
  ensure(state instanceof Channel, 'malformed', 'wraps')
  const sealer = asId<DeviceId>(entry.prefix.signer)
  if (entry.kind === KIND.announce) {
    return putWraps(org, state, { epoch: epochIdOf(entry), gen: 0, sealer, wraps })
  }
  ensure(entry.kind === KIND.extension, 'malformed', 'wraps')
  const { epoch, gen } = entry.fields
  return putWraps(org, state, { epoch, gen, sealer, wraps })
}

type Wraps = { epoch: EpochId; gen: number; sealer: DeviceId; wraps: Uint8Array[] }

/** Wraps carry no signature: the epoch's signed commitment tells a good one from a bad one. */
export function putWraps(org: Organisation, channel: Channel, given: Wraps): StoredWrap[] {
  const { epoch, gen, sealer } = given
  ensure(channel.epochs.has(epoch), 'not_found', 'epoch')
  return given.wraps.map((bytes) => {
    ensure(bytes.length === EPOCH_WRAP_BYTES, 'malformed', 'wrap')
    const device = asId<DeviceId>(bytes.subarray(0, 16))
    const holder = org.directory.devices.get(device)
    ensure(holder !== undefined && channel.members.has(holder.person), 'not_member', 'wrap')
    const stored = { device, log: channel.id, epoch, gen, bytes }
    return { id: org.store.mailbox.putWrap(stored, sealer), ...stored }
  })
}
