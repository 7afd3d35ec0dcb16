// The outbox: on disk first, on the network second. A row keeps its message id for life; its sealed bytes
// are stored before they are sent and sent again until the box has said yes or a definite no.
import { bareItem, type Item } from '../protocol/api.ts'
import { sealAnswer } from '../protocol/answer-keys.ts'
import { concat, equal, u64be } from '../protocol/bytes.ts'
import type { Channel } from '../protocol/channel.ts'
import { decode, type Decoded, encode, struct, text, u16, u8 } from '../protocol/codec.ts'
import { type Content, encodeContent } from '../protocol/content.ts'
import { decodeEntry } from '../protocol/entry.ts'
import { ensure, type ErrorCode, ProtocolError } from '../protocol/errors.ts'
import { asId, epochId, type LogId, messageId, type MessageId } from '../protocol/ids.ts'
import { KIND, type MessageKind } from '../protocol/kinds.ts'
import { sealMessage, type SegmentKey } from '../protocol/message-keys.ts'
import { randomBytes } from '../protocol/sodium.ts'
import { append } from './append.ts'
import type { Core } from './core.ts'
import { forgetWraps, isSound } from './epochs.ts'
import { checkHead, seeOwn } from './own-entries.ts'
import { pull } from './pull.ts'
import { entryRow, type OutboxRow, outboxRow, placeKey, readRow, writeRow } from './rows.ts'
import { drop, put, type Write } from './store.ts'
import { isSilence } from './refusal.ts'
import { hasMoved, MOVED } from './submit.ts'
import { dueKeys } from './keep-keys.ts'
import { drafting } from './operations.ts'

const ATTEMPTS = 8

/** An answer as it waits: sealed only when it goes out, to the key of the alert's response epoch. */
const answerDraft = struct({
  alert: messageId,
  respEpoch: epochId,
  choice: u8,
  etaMinutes: u16,
  text: text(1, 100),
})
export type AnswerDraft = Decoded<typeof answerDraft>

/** What a waiting answer says; `row` is one of kind answer. */
export const answerDraftOf = (row: OutboxRow): AnswerDraft => decode(answerDraft, row.plain, 1024)

export type Sent = { id: MessageId; channel: LogId; n: number }
/** `unreachable`: rows that wait are left waiting, in order. */
export type Drained = { sent: Sent[]; unreachable: boolean }

type Enqueueing = {
  /** Where something else has to name the message before it is stored. */
  id?: MessageId
  /** Stands or falls with the message. */
  also?: Write[]
}

/** Puts a message into the outbox; it is safe from now on. */
export async function enqueue(
  core: Core,
  channel: LogId,
  kind: MessageKind,
  content: Content,
  { id = asId<MessageId>(randomBytes(16)), also = [] }: Enqueueing = {},
): Promise<MessageId> {
  await store(core, { log: channel, kind, mid: id, ttl: 0, plain: encodeContent(content) }, also)
  return id
}

/** `also` stands or falls with the answer. */
export async function enqueueAnswer(
  core: Core,
  answer: AnswerDraft,
  also: Write[] = [],
): Promise<MessageId> {
  const mid = asId<MessageId>(randomBytes(16))
  const plain = encode(answerDraft, answer)
  const row = { log: asId<LogId>(answer.alert), kind: KIND.answer, mid, ttl: 0, plain }
  await store(core, row, also)
  return mid
}

async function store(
  core: Core,
  row: Omit<OutboxRow, 'sealed' | 'failure'>,
  also: Write[],
): Promise<void> {
  const last = await core.store.last('outbox')
  const next = last === null ? 1 : Number(new DataView(last.slice().buffer).getBigUint64(0)) + 1
  const value = writeRow(outboxRow, { ...row, sealed: new Uint8Array(0), failure: '' })
  // With the message's id: a service worker that writes at the same moment takes the same number.
  await core.store.commit([put('outbox', concat(u64be(next), row.mid), value), ...also])
}

export type Waiting = { key: Uint8Array; row: OutboxRow }

/** What has not reached the box, in order; rows with a `failure` were refused for good. */
export async function waiting(core: Core): Promise<Waiting[]> {
  const rows = await core.store.list('outbox')
  return rows.map(({ key, value }) => ({ key, row: readRow(outboxRow, value) }))
}

/** Is there anything that `drain` would try? */
export async function anyWaiting(core: Core): Promise<boolean> {
  for (const { row } of await waiting(core)) {
    if (row.failure !== '') continue
    if ((await core.store.get('uploads', row.mid)) === null) return true
  }
  return false
}

/**
 * Sends what waits, one after the other. A channel whose row fails keeps its later rows back. A box whose
 * disk is full still takes alerts and answers: texts that wait for it must not keep those back.
 */
export async function drain(core: Core): Promise<Drained> {
  const sent: Sent[] = []
  // Where the box has turned a log back, nothing new would stand; without the directory, nothing at all.
  const { distrust, directory } = core.replica
  const held: LogId[] = [...(distrust?.logs ?? [])]
  if (held.some((log) => equal(log, directory.log))) return { sent, unreachable: true }
  let full = false
  for (const { key, row } of await waiting(core)) {
    if (row.failure !== '' || held.some((log) => equal(log, row.log))) continue
    // Its file is still on the way; what was written later need not wait for that.
    if ((await core.store.get('uploads', row.mid)) !== null) continue
    if (full && row.kind === KIND.text) continue
    try {
      sent.push({ id: row.mid, channel: row.log, n: await deliver(core, key, row) })
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      full ||= error.code === 'disk_full'
      if (isSilence(error) && error.code !== 'disk_full') return { sent, unreachable: true }
      if (error.code === 'disk_full') held.push(row.log)
      else if (HOLDING.includes(error.code)) held.push(row.log)
      else await giveUp(core, key, error.code)
    }
  }
  return { sent, unreachable: full }
}

/** Refused for good. What was sealed stays: the row's own copy is from before that. */
export async function giveUp(core: Core, key: Uint8Array, failure: ErrorCode): Promise<void> {
  const stored = await core.store.get('outbox', key)
  if (stored === null) return
  const row = { ...readRow(outboxRow, stored), failure }
  await core.store.commit([put('outbox', key, writeRow(outboxRow, row))])
}

/** The row may go later: a key, an approval or a truthful box is missing. */
const HOLDING: readonly ErrorCode[] = [
  ...MOVED,
  'no_key',
  'device_pending',
  'device_unknown',
  'withheld',
  'forked',
  'restoring',
]

async function deliver(core: Core, key: Uint8Array, row: OutboxRow): Promise<number> {
  let outgoing: Outgoing = { keys: [], sealed: row.sealed }
  let after = 0
  for (let attempt = 1; ; attempt++) {
    try {
      if (outgoing.sealed.length === 0) outgoing = await sealRow(core, key, row, after)
      return await post(core, key, row, outgoing)
    } catch (error) {
      if (!isSilence(error)) await forgetWraps(core, outgoing.keys)
      // Only a definite "no, the keys have moved" permits sealing again, under the same message id.
      if (!hasMoved(error) || attempt === ATTEMPTS) throw error
      const sealed = new Uint8Array(0)
      outgoing = { keys: [], sealed }
      if (error instanceof ProtocolError && error.code === 'seq_low') after = Number(error.detail)
      await core.store.commit([put('outbox', key, writeRow(outboxRow, { ...row, sealed }))])
      await pull(core)
    }
  }
}

/** A message, and the keys that have to stand before it: one upload, all or nothing. */
type Outgoing = { keys: Item[]; sealed: Uint8Array }

async function sealRow(
  core: Core,
  key: Uint8Array,
  row: OutboxRow,
  after: number,
): Promise<Outgoing> {
  const outgoing =
    row.kind === KIND.answer
      ? { keys: [], sealed: await sealAnswerRow(core, row, after) }
      : await sealMessageRow(core, row)
  const { sealed } = outgoing
  await core.store.commit([put('outbox', key, writeRow(outboxRow, { ...row, sealed }))])
  return outgoing
}

async function sealMessageRow(core: Core, row: OutboxRow): Promise<Outgoing> {
  const channel = core.replica.channels.get(row.log)
  ensure(channel !== undefined, 'not_found', 'channel')
  ensure(channel.members.has(core.replica.identity.person), 'not_allowed', 'not in the channel')
  return drafting(channel, async () => {
    const keys = await dueKeys(core, channel, 'urgent')
    return { keys, sealed: sealUnder(core, channel, row) }
  })
}

function sealUnder(core: Core, channel: Channel, row: OutboxRow): Uint8Array {
  // A box that refuses every new epoch must not get a message under the old one.
  ensure(areSound(core, channel), 'epoch_stale')
  const seq = (channel.seqs.get(core.replica.identity.device) ?? 0) + 1
  const { mid, ttl, plain } = row
  const draft = {
    kind: row.kind as MessageKind,
    context: core.context(channel.id),
    seq,
    mid,
    ttl,
    keys: currentKeys(core, channel),
    plain,
  }
  return sealMessage(draft, core.replica.pair.secretKey)
}

function areSound(core: Core, channel: Channel): boolean {
  return [...channel.segments.keys()].every((seg) => {
    const newest = channel.currentEpoch(seg)
    return newest !== null && !channel.isStale(seg) && isSound(core, newest)
  })
}

/** AK of every segment's newest epoch and generation. */
function currentKeys(core: Core, channel: Channel): SegmentKey[] {
  return [...channel.segments.keys()].map((seg) => {
    const epoch = channel.currentEpoch(seg)
    ensure(epoch !== null, 'no_key', 'no epoch yet')
    const ak = core.replica.epochKey(epoch.id, epoch.gen)
    ensure(ak !== null, 'no_key')
    return { epoch: epoch.id, gen: epoch.gen, ak }
  })
}

/** `after`: the person's last seq in that log, as the box has told it. */
async function sealAnswerRow(core: Core, row: OutboxRow, after: number): Promise<Uint8Array> {
  const draft = answerDraftOf(row)
  const { identity, pair } = core.replica
  const audience = core.replica.channelOfAlert(draft.alert)
  const seen = await seenByAuthor(core, audience, draft.alert)
  const target = audience?.respKeys.findLast(
    ({ epoch, n }) => equal(epoch, draft.respEpoch) && n <= seen,
  )
  ensure(target !== undefined, 'no_key', 'response key of the alert')
  // Seconds rise by themselves on every device of the person, none of which need read this log.
  const seq = Math.max(
    (Number.isSafeInteger(after) ? after : 0) + 1,
    Math.floor(core.clock.now() / 1000),
  )
  const context = { org: identity.org, signer: identity.device, t: core.clock.now() }
  const sending = {
    context,
    alert: draft.alert,
    person: identity.person,
    seq,
    respEpoch: draft.respEpoch,
    respPk: target.publicKey,
  }
  return sealAnswer(sending, draft, pair.secretKey)
}

/**
 * The last index that the author of an alert had seen. A response key behind it is not the one they meant: the
 * box decides what stands between, and may have a publisher who helps it.
 */
async function seenByAuthor(
  core: Core,
  audience: Channel | null,
  alert: MessageId,
): Promise<number> {
  const n = audience?.alerts.get(alert)
  if (audience === null || n === undefined) return 0
  const stored = await core.store.get('entries', placeKey(audience.id, n))
  return stored === null ? 0 : decodeEntry(readRow(entryRow, stored).bytes).prefix.refN
}

/**
 * The row goes when this device has seen its own entry in the chain that the box signs for. Answers stand
 * in a log that their sender cannot read: there the signed head alone has to do.
 */
async function post(
  core: Core,
  key: Uint8Array,
  row: OutboxRow,
  { keys, sealed }: Outgoing,
): Promise<number> {
  const items = [...keys, bareItem(sealed)]
  const { places, heads } = await append(core, items)
  const n = places.at(-1)?.n
  ensure(n !== undefined && places.length === items.length, 'wrong_box')
  if (row.kind !== KIND.answer) await seeOwn(core, row.log, n, items, heads)
  checkHead(core, row.log, n, heads)
  await core.store.commit([drop('outbox', key), drop('uploads', row.mid)])
  return n
}

/**
 * Gives a refused row up. A sealed row whose fate is unknown cannot be discarded, only resolved: `not_allowed`.
 * `also` stands or falls with it.
 */
export async function discard(
  core: Core,
  { key, row }: Waiting,
  also: Write[] = [],
): Promise<void> {
  ensure(
    row.failure !== '' || row.sealed.length === 0,
    'not_allowed',
    'the box may hold it already',
  )
  await core.store.commit([drop('outbox', key), drop('uploads', row.mid), ...also])
}
