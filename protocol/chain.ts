// The chain of a log. It runs over what identifies an entry, not over the entry itself: whoever holds
// 49-byte stubs can recompute it, so bodies may expire and newcomers skip what came before them.
import { type Decoded, fixed, oneOf, struct } from './codec.ts'
import { u64be } from './bytes.ts'
import type { Entry } from './entry.ts'
import { entryId, type Hash, type LogId } from './ids.ts'
import { KIND, KINDS } from './kinds.ts'
import { hash } from './labels.ts'

/** The last index of a log and the chain hash there; n = 0 before the first entry. */
export type Head = { n: number; h: Hash }

export const stub = struct({ kind: oneOf(1, KINDS), subject: fixed(16), id: entryId })
export type Stub = Decoded<typeof stub>
export const STUB_BYTES = 49

export function emptyHead(log: LogId): Head {
  return { n: 0, h: hash('chk0', log) }
}

/** h_n = H("chk", h_{n-1} ‖ n8 ‖ kind1 ‖ subject16 ‖ entry_id32). */
export function nextHead(head: Head, next: Stub): Head {
  const n = head.n + 1
  return { n, h: hash('chk', head.h, u64be(n), Uint8Array.of(next.kind), next.subject, next.id) }
}

/** Whom the entry concerns: in the directory the person, card or device; in a channel the signer. */
function subjectOf(entry: Entry): Uint8Array {
  switch (entry.kind) {
    case KIND.found:
    case KIND.person:
    case KIND.card:
    case KIND.device:
    case KIND.absence:
      return entry.fields.person
    case KIND.approve:
      return entry.fields.device
    case KIND.revoke:
      return entry.fields.subject
    default:
      return entry.prefix.signer
  }
}

export function stubOf(entry: Entry): Stub {
  return { kind: entry.kind, subject: subjectOf(entry), id: entry.id }
}
