// Entries that devices bring back to a box which lost them. Each was judged when it came first, and stands where it
// stood: the chain says whether it belongs there, and its signature whose it is. What else a box asks of a new entry,
// that its keys are the newest, was true then and need not be true now.
import { equal } from '../../protocol/bytes.ts'
import { Channel } from '../../protocol/channel.ts'
import { stubOf } from '../../protocol/chain.ts'
import { Directory, takesBack } from '../../protocol/directory.ts'
import { decodeKept, type Entry, type EntryOf } from '../../protocol/entry.ts'
import { ensure } from '../../protocol/errors.ts'
import { asId, type DeviceId, type LogId } from '../../protocol/ids.ts'
import { isMessageKind, KIND, type MessageKind } from '../../protocol/kinds.ts'
import { messageWraps } from '../../protocol/payload.ts'
import { type Accepted, allOrNothing, logOf, noteSeq } from './accept.ts'
import type { LogState, Organisation } from './organisation.ts'

type Bringing = { log: LogId; from: number; entries: Uint8Array[] }

/**
 * Entries `from`, `from + 1`, … of a log, all or nothing. Those that are there already are passed over. Throws
 * `unknown_head` where one before them is missing, `forked` where another one stands.
 */
export function regrow(org: Organisation, { log, from, entries }: Bringing): Accepted[] {
  return allOrNothing(org, (created) =>
    entries.flatMap((bytes, i) => bringBack(org, log, from + i, decodeKept(bytes), created)),
  )
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
    return []
  }
  ensure(n === state.head.n + 1, 'unknown_head', `${state.head.n}`)
  judge(org, state, entry)
  const kept = withoutCut(entry)
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

/** A device has the wrap of its own segment alone: without the others the body is of no use to them. */
function withoutCut(entry: Entry): Entry {
  if (entry.payload === null || !isMessageKind(entry.kind)) return entry
  const cut = messageWraps(entry as EntryOf<MessageKind>).trimmed
  return cut ? { ...entry, payload: null } : entry
}
