// Entries that devices bring back to a box which lost them. Each was judged when it came first, and stands where it
// stood: a head that this box has signed says that it belongs there, and its signature whose it is. What else a box asks of a new entry,
// that its keys are the newest, was true then and need not be true now.
import { checkAnswerPayload } from '../../protocol/answer.ts'
import { openHead } from '../../protocol/box-report.ts'
import { equal } from '../../protocol/bytes.ts'
import { Channel } from '../../protocol/channel.ts'
import { emptyHead, type Head, nextHead, type Stub, stubOf } from '../../protocol/chain.ts'
import { Directory, takesBack } from '../../protocol/directory.ts'
import { decodeKept, type Entry, type EntryOf } from '../../protocol/entry.ts'
import { ensure } from '../../protocol/errors.ts'
import { asId, type DeviceId, type LogId } from '../../protocol/ids.ts'
import { isMessageKind, KIND, type MessageKind } from '../../protocol/kinds.ts'
import { checkPayload, messageWraps } from '../../protocol/payload.ts'
import { type Accepted, allOrNothing, logOf, noteSeq } from './accept.ts'
import type { LogState, Organisation } from './organisation.ts'

type Bringing = {
  log: LogId
  from: number
  entries: Uint8Array[]
  /** Of the entries that follow, up to `head`. */
  rest: Stub[]
  /** Signed by this very box, before it lost them. */
  head: Uint8Array
}

/**
 * Entries `from`, `from` + 1, … of a log, all or nothing. Those that are there already are passed over. Throws
 * `unknown_head` where one before them is missing, `forked` for a chain that this box has never signed.
 */
export function regrow(org: Organisation, bringing: Bringing, boxPk: Uint8Array): Accepted[] {
  const { log, from } = bringing
  const entries = bringing.entries.map(decodeKept)
  prove(org, bringing, entries, boxPk)
  return allOrNothing(org, (created) =>
    entries.flatMap((entry, i) => bringBack(org, log, from + i, entry, created)),
  )
}

/** Otherwise anybody could put something new into a place that belongs to what was lost. */
function prove(
  org: Organisation,
  { log, from, rest, head }: Bringing,
  entries: Entry[],
  boxPk: Uint8Array,
): void {
  const signed = openHead(head, boxPk)
  ensure(equal(signed.org, org.id), 'wrong_organisation')
  const before = from === 1 ? emptyHead(log).h : org.store.logs.hashAt(log, from - 1)
  ensure(before !== undefined, 'unknown_head', 'what stands before')
  const start: Head = { n: from - 1, h: before }
  const end = [...entries.map(stubOf), ...rest].reduce(nextHead, start)
  const same = equal(signed.log, log) && signed.n === end.n && equal(signed.h, end.h)
  ensure(same, 'forked', 'not what the box has signed')
}

function bringBack(
  org: Organisation,
  log: LogId,
  n: number,
  entry: Entry,
  created: (() => void)[],
): Accepted[] {
  const { id, state } = logOf(org, entry, created)
  ensure(equal(id, log), 'malformed', 'an entry of another log')
  if (n <= state.head.n) {
    ensure(org.store.logs.placeOf(id, entry.id) === n, 'forked')
    const { payload } = checked(entry)
    if (payload !== null) org.store.logs.fillPayload(id, n, payload)
    return []
  }
  ensure(n === state.head.n + 1, 'unknown_head', `${state.head.n}`)
  judge(org, state, entry)
  const kept = checked(entry)
  org.store.logs.append(id, state.head, kept, stubOf(kept))
  if (state instanceof Channel && isMessageKind(kept.kind)) noteSeq(org, state, kept)
  return [{ log: id, n, entry: kept, fresh: true, wraps: [] }]
}

function judge(org: Organisation, state: LogState, entry: Entry): void {
  if (state instanceof Directory) {
    if (takesBack(entry)) org.completeDirectory()
    const before = entry.kind === KIND.checkpoint ? state.snapshot() : null
    state.accept(entry)
    const signer = asId<DeviceId>(entry.prefix.signer)
    if (before !== null) org.store.checkpoints.put(state.head.n, signer, entry.header, before)
  } else state.accept(entry)
}

/**
 * Throws where the payload is not the one that was signed. A device has the wrap of its own segment alone: without the
 * others the body is of no use to them, and waits for somebody who has all, as its sender does.
 */
function checked(entry: Entry): Entry {
  if (entry.payload === null) return entry
  if (entry.kind === KIND.answer) checkAnswerPayload(entry)
  if (!isMessageKind(entry.kind)) return entry
  const message = entry as EntryOf<MessageKind>
  checkPayload(message)
  return messageWraps(message).trimmed ? { ...entry, payload: null } : entry
}
