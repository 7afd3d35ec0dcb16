// The outbox: on disk first, on the network second. A row keeps its message id for life; its sealed bytes
// are stored before they are sent and sent again until the box has said yes or a definite no.
import { bareItem } from '../protocol/api.ts'
import { sealAnswer } from '../protocol/answer-keys.ts'
import { equal, u64be } from '../protocol/bytes.ts'
import type { Channel } from '../protocol/channel.ts'
import { decode, type Decoded, encode, struct, text, u16, u8 } from '../protocol/codec.ts'
import { type Content, encodeContent } from '../protocol/content.ts'
import { ensure, ProtocolError } from '../protocol/errors.ts'
import { asId, epochId, type LogId, messageId, type MessageId } from '../protocol/ids.ts'
import { KIND, type MessageKind } from '../protocol/kinds.ts'
import { sealMessage, type SegmentKey } from '../protocol/message-keys.ts'
import { randomBytes } from '../protocol/sodium.ts'
import type { Core } from './core.ts'
import { pull, takeIn } from './pull.ts'
import { type OutboxRow, outboxRow, readRow, writeRow } from './rows.ts'
import { drop, put, type Write } from './store.ts'
import { hasMoved } from './submit.ts'
import { keepKeys } from './upkeep.ts'

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

export type Sent = { id: MessageId; channel: LogId; n: number }
/** `unreachable`: rows that wait are left waiting, in order. */
export type Drained = { sent: Sent[]; unreachable: boolean }

/** Puts a message into the outbox; it is safe from now on. What `also` writes stands or falls with it. */
export async function enqueue(
  core: Core,
  channel: LogId,
  kind: MessageKind,
  content: Content,
  ttl = 0,
  also: Write[] = [],
): Promise<MessageId> {
  const mid = asId<MessageId>(randomBytes(16))
  await store(core, { log: channel, kind, mid, ttl, plain: encodeContent(content) }, also)
  return mid
}

export async function enqueueAnswer(core: Core, answer: AnswerDraft): Promise<MessageId> {
  const mid = asId<MessageId>(randomBytes(16))
  await store(core, {
    log: asId<LogId>(answer.alert),
    kind: KIND.answer,
    mid,
    ttl: 0,
    plain: encode(answerDraft, answer),
  })
  return mid
}

async function store(
  core: Core,
  row: Omit<OutboxRow, 'sealed' | 'failure'>,
  also: Write[] = [],
): Promise<void> {
  const rows = await core.store.list('outbox')
  const last = rows.at(-1)?.key
  const next =
    last === undefined ? 1 : Number(new DataView(last.slice().buffer).getBigUint64(0)) + 1
  const value = writeRow(outboxRow, { ...row, sealed: new Uint8Array(0), failure: '' })
  await core.store.commit([put('outbox', u64be(next), value), ...also])
}

export type Waiting = { key: Uint8Array; row: OutboxRow }

/** What has not reached the box, in order; rows with a `failure` were refused for good. */
export async function waiting(core: Core): Promise<Waiting[]> {
  const rows = await core.store.list('outbox')
  return rows.map(({ key, value }) => ({ key, row: readRow(outboxRow, value) }))
}

/** Sends what waits, one after the other. A channel whose row fails keeps its later rows back. */
export async function drain(core: Core): Promise<Drained> {
  const sent: Sent[] = []
  const held: LogId[] = []
  for (const { key, row } of await waiting(core)) {
    if (row.failure !== '' || held.some((log) => equal(log, row.log))) continue
    try {
      sent.push({ id: row.mid, channel: row.log, n: await deliver(core, key, row) })
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      if (isSilence(error)) return { sent, unreachable: true }
      if (error.code === 'no_key' || hasMoved(error)) held.push(row.log)
      else
        await core.store.commit([
          put('outbox', key, writeRow(outboxRow, { ...row, failure: error.code })),
        ])
    }
  }
  return { sent, unreachable: false }
}

/** Nothing was said about the request itself: the same bytes go out again later. */
function isSilence(error: ProtocolError): boolean {
  return [
    'box_unreachable',
    'box_failed',
    'draining',
    'rate_limited',
    'disk_full',
    'wrong_box',
  ].includes(error.code)
}

async function deliver(core: Core, key: Uint8Array, row: OutboxRow): Promise<number> {
  let sealed = row.sealed
  for (let attempt = 1; ; attempt++) {
    try {
      if (sealed.length === 0) sealed = await sealRow(core, key, row)
      return await post(core, key, row, sealed)
    } catch (error) {
      // Only a definite "no, the keys have moved" permits sealing again, under the same message id.
      if (!hasMoved(error) || attempt === ATTEMPTS) throw error
      sealed = new Uint8Array(0)
      await core.store.commit([put('outbox', key, writeRow(outboxRow, { ...row, sealed }))])
      await pull(core)
    }
  }
}

async function sealRow(core: Core, key: Uint8Array, row: OutboxRow): Promise<Uint8Array> {
  const sealed =
    row.kind === KIND.answer ? sealAnswerRow(core, row) : await sealMessageRow(core, row)
  await core.store.commit([put('outbox', key, writeRow(outboxRow, { ...row, sealed }))])
  return sealed
}

async function sealMessageRow(core: Core, row: OutboxRow): Promise<Uint8Array> {
  const channel = core.replica.channels.get(row.log)
  ensure(channel !== undefined, 'not_found', 'channel')
  const { device, person } = core.replica.identity
  ensure(channel.members.has(person), 'not_allowed', 'not in the channel')
  if ([...channel.segments.keys()].some((seg) => channel.isStale(seg)))
    await keepKeys(core, channel)
  const seq = (channel.seqs.get(device) ?? 0) + 1
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

function sealAnswerRow(core: Core, row: OutboxRow): Uint8Array {
  const draft = decode(answerDraft, row.plain, 1024)
  const { identity, pair } = core.replica
  const audience = [...core.replica.channels.values()].find((channel) =>
    channel.alerts.has(draft.alert),
  )
  const target = audience?.respKeys.find(({ epoch }) => equal(epoch, draft.respEpoch))
  ensure(target !== undefined, 'no_key', 'response key of the alert')
  const known = core.replica.answers.get(row.log)?.seqs.get(identity.person) ?? 0
  // Seconds rise by themselves on every device of the person, none of which reads this log.
  const seq = Math.max(known + 1, Math.floor(core.clock.now() / 1000))
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

/** The row goes when the box has it on disk; the entry itself comes back like everybody else's. */
async function post(
  core: Core,
  key: Uint8Array,
  row: OutboxRow,
  sealed: Uint8Array,
): Promise<number> {
  const { places, heads } = await core.line.call(
    'entries',
    { items: [bareItem(sealed)] },
    core.signer,
  )
  const n = places[0]?.n
  ensure(n !== undefined, 'wrong_box')
  await core.store.commit([drop('outbox', key)])
  const state = core.replica.channels.get(row.log)
  if (state !== undefined && state.head.n + 1 === n) {
    const own = { type: 'entry', n, bytes: sealed } as const
    await takeIn(core, [own, ...heads.map((bytes) => ({ type: 'head', bytes }) as const)])
  } else if (state !== undefined) await pull(core)
  return n
}

/** Gives a refused row up. A sealed row whose fate is unknown cannot be discarded, only resolved. */
export async function discard(core: Core, { key, row }: Waiting): Promise<void> {
  ensure(
    row.failure !== '' || row.sealed.length === 0,
    'not_allowed',
    'the box may hold it already',
  )
  await core.store.commit([drop('outbox', key)])
}
