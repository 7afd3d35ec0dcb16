// An entry: what stands in a log. prefix ‖ fields ‖ signature [‖ cosigner ‖ cosignature] [‖ payload].
// The part before the payload is the header; the chain runs over headers, so payloads can expire.
import { concat } from './bytes.ts'
import { type Decoded, fixed, oneOf, Reader, struct, u16, u64, Writer } from './codec.ts'
import { ensure } from './errors.ts'
import { type FieldsByKind, type FieldsOf, fieldsCodec } from './entry-fields.ts'
import { type EntryId, hash32, logId, orgId, type SignerId, signerId } from './ids.ts'
import {
  hasPayload,
  isDirectoryKind,
  isMessageKind,
  isOperationKind,
  KIND,
  type Kind,
  KINDS,
} from './kinds.ts'
import { hash, sign, type SignLabel, verify } from './labels.ts'
import { MAX_ENTRY } from './limits.ts'
import { SIGNATURE_BYTES } from './sodium.ts'

export const VERSION = 1
export const PREFIX_BYTES = 102
/** X-Wing, Ed25519, XChaCha20-Poly1305, BLAKE2b. */
export const SUITE = 2
export const FLAG_RECORDED = 0x01
export const FLAG_COSIGNED = 0x80

const COSIGNABLE: readonly Kind[] = [
  KIND.person,
  KIND.card,
  KIND.approve,
  KIND.revoke,
  KIND.tick,
  KIND.box,
  KIND.restore,
]

export const version = oneOf(1, [VERSION], 'unknown_version')
export const suite = oneOf(1, [SUITE], 'unknown_suite')

const prefix = struct({
  ver: version,
  kind: oneOf(1, KINDS),
  suite,
  flags: oneOf(1, [0, FLAG_RECORDED, FLAG_COSIGNED]),
  org: orgId,
  log: logId,
  signer: signerId,
  era: u16,
  refN: u64,
  refH: hash32,
  t: u64,
})
export type Prefix = Decoded<typeof prefix>
/** What whoever makes an entry decides; the rest of the prefix follows from the kind. */
export type Context = Pick<Prefix, 'org' | 'log' | 'signer' | 'refN' | 'refH' | 't'>

const signature = fixed(SIGNATURE_BYTES)

export type EntryOf<K extends Kind> = {
  kind: K
  prefix: Prefix
  fields: FieldsOf<K>
  sig: Uint8Array
  cosign: { by: SignerId; sig: Uint8Array } | null
  /** The bytes under the signature. */
  signed: Uint8Array
  /** `signed` with its signatures. */
  header: Uint8Array
  /** Sealed bytes, or null where they have expired or were not delivered. */
  payload: Uint8Array | null
  id: EntryId
}
/** Every entry, told apart by `kind`. */
export type Entry = { [K in keyof FieldsByKind]: EntryOf<K> }[keyof FieldsByKind]

export function signLabel(kind: Kind): SignLabel {
  if (isDirectoryKind(kind)) return 'dir'
  if (isOperationKind(kind)) return 'memb'
  if (isMessageKind(kind)) return 'msg'
  return kind === KIND.answer ? 'answer' : 'epoch'
}

function flagsFit(kind: Kind, flags: number): boolean {
  if (flags === FLAG_RECORDED) return kind === KIND.announce
  return flags === 0 || COSIGNABLE.includes(kind)
}

/** Reads one header and leaves the reader behind it. */
function readHeader(bytes: Uint8Array, payload: (r: Reader) => Uint8Array | null): Entry {
  const reader = new Reader(bytes)
  const head = prefix.read(reader)
  ensure(flagsFit(head.kind, head.flags), 'malformed', 'flags')
  ensure(head.era === 0, 'malformed', 'era')
  const fields = fieldsCodec(head.kind, head.flags === FLAG_RECORDED).read(reader)
  const signed = bytes.subarray(0, reader.at)
  const sig = signature.read(reader)
  const cosigned = head.flags === FLAG_COSIGNED
  const cosign = cosigned ? { by: signerId.read(reader), sig: signature.read(reader) } : null
  const header = bytes.subarray(0, reader.at)
  const rest = payload(reader)
  reader.end()
  const id = hash('entry', header) as Uint8Array as EntryId
  return {
    kind: head.kind,
    prefix: head,
    fields,
    sig,
    cosign,
    signed,
    header,
    payload: rest,
    id,
  } as Entry
}

/** A whole entry: throws `too_large`, `unknown_version`, `unknown_suite` or `malformed`. */
export function decodeEntry(bytes: Uint8Array): Entry {
  ensure(bytes.length <= MAX_ENTRY, 'too_large', `${bytes.length} bytes, at most ${MAX_ENTRY}`)
  return readHeader(bytes, (reader) => {
    const kind = bytes[1] as Kind
    if (!hasPayload(kind)) return null
    ensure(reader.left > 0, 'malformed', 'no payload')
    return reader.rest()
  })
}

/** An entry whose payload has expired, lies before the reader's admission or belongs to others. */
export function decodeHeader(bytes: Uint8Array): Entry {
  ensure(bytes.length <= MAX_ENTRY, 'too_large', `${bytes.length} bytes, at most ${MAX_ENTRY}`)
  return readHeader(bytes, () => null)
}

/** An entry as a device has kept it: with its payload, or without where none came. */
export function decodeKept(bytes: Uint8Array): Entry {
  return bytes.length === headerLength(bytes) ? decodeHeader(bytes) : decodeEntry(bytes)
}

function headerLength(bytes: Uint8Array): number {
  return readHeader(bytes, (reader) => (reader.left > 0 ? reader.rest() : null)).header.length
}

export function entryBytes(entry: Entry): Uint8Array {
  return entry.payload === null ? entry.header : concat(entry.header, entry.payload)
}

/** The prefix and fields of a new entry: the bytes to sign. */
export function unsignedEntry<K extends Kind>(
  kind: K,
  flags: number,
  context: Context,
  fields: FieldsOf<K>,
): Uint8Array {
  const writer = new Writer()
  const flagged = flags
  // What the kind decides stands last: a context that carries more must not override it.
  prefix.write(writer, { ...context, ver: VERSION, kind, suite: SUITE, flags: flagged, era: 0 })
  fieldsCodec(kind, flags === FLAG_RECORDED).write(writer, fields)
  return writer.take()
}

/** A signed entry without payload. `flags` may carry FLAG_COSIGNED: `cosignEntry` then completes it. */
export function signEntry<K extends Kind>(
  kind: K,
  context: Context,
  fields: FieldsOf<K>,
  secretKey: Uint8Array,
  flags = 0,
): Uint8Array {
  const bytes = unsignedEntry(kind, flags, context, fields)
  return concat(bytes, sign(signLabel(kind), bytes, secretKey))
}

/** Adds the second signature, over the same bytes as the first. */
export function cosignEntry(signed: Uint8Array, by: SignerId, secretKey: Uint8Array): Uint8Array {
  const bytes = signed.subarray(0, signed.length - SIGNATURE_BYTES)
  return concat(signed, by, sign('cosign', bytes, secretKey))
}

export function verifyEntry(entry: Entry, publicKey: Uint8Array): void {
  ensure(
    verify(signLabel(entry.kind), entry.sig, entry.signed, publicKey),
    'bad_signature',
    'entry',
  )
}

export function verifyCosign(entry: Entry, publicKey: Uint8Array): void {
  ensure(entry.cosign !== null, 'second_signature')
  ensure(
    verify('cosign', entry.cosign.sig, entry.signed, publicKey),
    'bad_signature',
    'second signature',
  )
}
