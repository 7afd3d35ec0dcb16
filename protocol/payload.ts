// The sealed part of a message: one wrap of the message key per segment, then the body. A device is
// sent only the wrap of its own segment ("trimmed").
import { decode, encode, fixed, type Decoded, struct, u16 } from './codec.ts'
import { concat, equal } from './bytes.ts'
import type { EntryOf } from './entry.ts'
import { ensure } from './errors.ts'
import { epochId } from './ids.ts'
import type { MessageKind } from './kinds.ts'
import { hash } from './labels.ts'
import { MAX_BODY } from './limits.ts'

export const WRAP_BYTES = 66
const AEAD_TAG = 16

const wrap = struct({ epoch: epochId, gen: u16, sealed: fixed(48) })
export type MessageWrap = Decoded<typeof wrap>
type Message = EntryOf<MessageKind>

export function encodeWraps(wraps: MessageWrap[]): Uint8Array {
  return concat(...wraps.map((value) => encode(wrap, value)))
}

function payloadOf(entry: Message): Uint8Array {
  ensure(entry.payload !== null, 'malformed', 'no payload')
  return entry.payload
}

type Parts = { wraps: Uint8Array; body: Uint8Array; trimmed: boolean }

/** An entry never changes, and its body is hashed once however often it is asked for. */
const parted = new WeakMap<Message, Parts>()

function split(entry: Message): Parts {
  const known = parted.get(entry)
  if (known !== undefined) return known
  const parts = findParts(entry)
  parted.set(entry, parts)
  return parts
}

/** Where the wraps end: the signed hash of the body tells a whole payload from a trimmed one. */
function findParts(entry: Message): Parts {
  const payload = payloadOf(entry)
  for (const count of entry.fields.nseg === 1 ? [1] : [entry.fields.nseg, 1]) {
    const body = payload.subarray(count * WRAP_BYTES)
    if (
      body.length > AEAD_TAG &&
      body.length <= MAX_BODY &&
      equal(hash('body-hash', body), entry.fields.bodyHash)
    ) {
      return {
        wraps: payload.subarray(0, count * WRAP_BYTES),
        body,
        trimmed: count !== entry.fields.nseg,
      }
    }
  }
  ensure(false, 'malformed', 'body')
}

/** Throws unless the payload is the one that was signed (trimmed: as far as it is there). */
export function checkPayload(entry: Message): void {
  const { wraps, trimmed } = split(entry)
  if (!trimmed) ensure(equal(hash('wraps', wraps), entry.fields.wrapsHash), 'malformed', 'wraps')
}

export function messageWraps(entry: Message): { list: MessageWrap[]; trimmed: boolean } {
  const { wraps, trimmed } = split(entry)
  const list: MessageWrap[] = []
  for (let at = 0; at < wraps.length; at += WRAP_BYTES) {
    list.push(decode(wrap, wraps.subarray(at, at + WRAP_BYTES), WRAP_BYTES))
  }
  return { list, trimmed }
}

export function messageBody(entry: Message): Uint8Array {
  return split(entry).body
}

/** The entry as one segment's devices get it: header, their wrap, body. */
export function trimEntry(entry: Message, seg: number): Uint8Array {
  const { wraps, body } = split(entry)
  return concat(entry.header, wraps.subarray(seg * WRAP_BYTES, (seg + 1) * WRAP_BYTES), body)
}
