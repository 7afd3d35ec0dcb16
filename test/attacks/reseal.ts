// Messages sealed by hand, byte for byte as PROTOCOL.md says, with what `sealMessage` does not let anybody choose:
// the message key, the bytes of the prefix, the body itself, and who signs.
import { concat } from '../../protocol/bytes.ts'
import { decodeEntry, type EntryOf, PREFIX_BYTES, unsignedEntry } from '../../protocol/entry.ts'
import { MESSAGE_HEAD0_BYTES } from '../../protocol/entry-fields.ts'
import type { Hash } from '../../protocol/ids.ts'
import type { MessageKind } from '../../protocol/kinds.ts'
import { hash, kdf, sign } from '../../protocol/labels.ts'
import type { Draft, SegmentKey } from '../../protocol/message-keys.ts'
import { messageBucket, pad } from '../../protocol/padding.ts'
import { encodeWraps, messageWraps } from '../../protocol/payload.ts'
import { aeadOpen, aeadSeal } from '../../protocol/sodium.ts'

const HEAD0 = PREFIX_BYTES + MESSAGE_HEAD0_BYTES
const gen2 = (gen: number): Uint8Array => Uint8Array.of(gen >>> 8, gen & 0xff)

export type ByHand = Draft & {
  /** One for each segment; the first one also keys the commitment. */
  messageKeys: Uint8Array[]
  /** Changes the prefix before anything depends on it. */
  prefix?: (bytes: Uint8Array) => Uint8Array
  /** The sealed body in place of the one that follows from the first message key. */
  body?: (head0: Hash) => Uint8Array
}

export function sealByHand(draft: ByHand, secretKey: Uint8Array): Uint8Array {
  const { kind, context, seq, mid, ttl, keys, messageKeys } = draft
  const [first] = messageKeys
  if (first === undefined) throw new TypeError('no message key')
  const commit = kdf(first, 'commit', mid) as Hash
  const unknown = new Uint8Array(32) as Uint8Array as Hash
  const fields = { seq, mid, ttl, nseg: keys.length, commit, wrapsHash: unknown, bodyHash: unknown }
  const shape = (draft.prefix ?? ((bytes) => bytes))(unsignedEntry(kind, 0, context, fields))
  const head0 = hash('head0', shape.subarray(0, HEAD0))
  const sealed = (): Uint8Array =>
    aeadSeal(kdf(first, 'body', head0), head0, pad(draft.plain, messageBucket))
  const body = draft.body === undefined ? sealed() : draft.body(head0)
  const wraps = encodeWraps(
    keys.map(({ epoch, gen, ak }, i) => ({
      epoch,
      gen,
      sealed: aeadSeal(kdf(ak, 'kw', head0), concat(epoch, gen2(gen)), messageKeys[i] ?? first),
    })),
  )
  const unsigned = concat(shape.subarray(0, HEAD0), hash('wraps', wraps), hash('body-hash', body))
  return concat(unsigned, sign('msg', unsigned, secretKey), wraps, body)
}

/** What every reader of a message knows: its key. */
export function messageKeyOf(bytes: Uint8Array, key: SegmentKey): Uint8Array {
  const entry = decodeEntry(bytes) as EntryOf<MessageKind>
  const head0 = hash('head0', entry.signed.subarray(0, HEAD0))
  const [wrap] = messageWraps(entry).list
  if (wrap === undefined) throw new TypeError('no wrap')
  return aeadOpen(kdf(key.ak, 'kw', head0), concat(key.epoch, gen2(key.gen)), wrap.sealed)
}
