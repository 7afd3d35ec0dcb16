// Sealing and opening a message. Its key K_m is random, made inside `sealMessage`, and wrapped under
// the epoch key of each segment: no ratchet that tabs or restored backups could break.
import { concat, equal } from './bytes.ts'
import { type Context, type EntryOf, PREFIX_BYTES, unsignedEntry } from './entry.ts'
import { MESSAGE_HEAD0_BYTES } from './entry-fields.ts'
import { ensure } from './errors.ts'
import { type EpochId, type Hash, type MessageId } from './ids.ts'
import type { MessageKind } from './kinds.ts'
import { hash, kdf, sign } from './labels.ts'
import { messageBucket, pad, unpad } from './padding.ts'
import { encodeWraps, messageBody, type MessageWrap, messageWraps } from './payload.ts'
import { aeadOpen, aeadSeal, KEY_BYTES, randomBytes } from './sodium.ts'

export type SegmentKey = { epoch: EpochId; gen: number; ak: Uint8Array }

export type Draft = {
  kind: MessageKind
  context: Context
  seq: number
  mid: MessageId
  /** Seconds after which the message has lost its use; 0: never. */
  ttl: number
  /** One per segment, ascending. */
  keys: SegmentKey[]
  plain: Uint8Array
}

function bodyKey(km: Uint8Array, head0: Hash): Uint8Array {
  return kdf(km, 'body', head0)
}

function wrapContext(epoch: EpochId, gen: number): Uint8Array {
  return concat(epoch, Uint8Array.of(gen >>> 8, gen & 0xff))
}

/** The whole entry, sealed and signed. Twice the same draft gives two different entries: keep the bytes. */
export function sealMessage(draft: Draft, secretKey: Uint8Array): Uint8Array {
  const km = randomBytes(KEY_BYTES)
  const { kind, context, seq, mid, ttl } = draft
  const commit = kdf(km, 'commit', mid) as Hash
  const start = { seq, mid, ttl, nseg: draft.keys.length, commit }
  const unknown = new Uint8Array(32) as Uint8Array as Hash
  const shape = unsignedEntry(kind, 0, context, { ...start, wrapsHash: unknown, bodyHash: unknown })
  const head0 = hash('head0', shape.subarray(0, PREFIX_BYTES + MESSAGE_HEAD0_BYTES))
  const body = aeadSeal(bodyKey(km, head0), head0, pad(draft.plain, messageBucket))
  const wraps = encodeWraps(
    draft.keys.map(({ epoch, gen, ak }) => ({
      epoch,
      gen,
      sealed: aeadSeal(kdf(ak, 'kw', head0), wrapContext(epoch, gen), km),
    })),
  )
  const fields = { ...start, wrapsHash: hash('wraps', wraps), bodyHash: hash('body-hash', body) }
  const unsigned = unsignedEntry(kind, 0, context, fields)
  return concat(unsigned, sign('msg', unsigned, secretKey), wraps, body)
}

/**
 * The plain body of a message whose signature and payload were checked. `keyOf` gives AK at a generation,
 * or null when this device does not hold it: then the result is null. Throws `cannot_open` otherwise.
 */
export function openMessage(
  entry: EntryOf<MessageKind>,
  keyOf: (epoch: EpochId, gen: number) => Uint8Array | null,
): Uint8Array | null {
  const head0 = hash('head0', entry.signed.subarray(0, PREFIX_BYTES + MESSAGE_HEAD0_BYTES))
  for (const wrap of messageWraps(entry).list) {
    const ak = keyOf(wrap.epoch, wrap.gen)
    if (ak !== null) return openWith(entry, wrap, ak, head0)
  }
  return null
}

function openWith(
  entry: EntryOf<MessageKind>,
  wrap: MessageWrap,
  ak: Uint8Array,
  head0: Hash,
): Uint8Array {
  const km = aeadOpen(kdf(ak, 'kw', head0), wrapContext(wrap.epoch, wrap.gen), wrap.sealed)
  // XChaCha20-Poly1305 does not commit to its key: without this, two segments could read two texts.
  ensure(
    equal(kdf(km, 'commit', entry.fields.mid), entry.fields.commit),
    'cannot_open',
    'commitment',
  )
  return unpad(aeadOpen(bodyKey(km, head0), head0, messageBody(entry)), messageBucket)
}
