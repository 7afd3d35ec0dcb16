// Entries and what stands in them: header, fields, payload, data of operations, content.
import { concat, equal } from '../../../protocol/bytes.ts'
import { encode, decode, type Codec } from '../../../protocol/codec.ts'
import { decodeContent, DEFAULT_ANSWERS, encodeContent } from '../../../protocol/content.ts'
import {
  decodeEntry,
  decodeHeader,
  decodeKept,
  type Entry,
  type EntryOf,
  entryBytes,
  FLAG_RECORDED,
  unsignedEntry,
} from '../../../protocol/entry.ts'
import { fieldsCodec } from '../../../protocol/entry-fields.ts'
import {
  hasPayload,
  isMessageKind,
  isOperationKind,
  KINDS,
  type Kind,
  type MessageKind,
  type OperationKind,
} from '../../../protocol/kinds.ts'
import type { EpochId, LogId } from '../../../protocol/ids.ts'
import { hash } from '../../../protocol/labels.ts'
import { MAX_ENTRY } from '../../../protocol/limits.ts'
import { decodeOperationData, encodeOperationData } from '../../../protocol/operation-data.ts'
import {
  checkPayload,
  encodeWraps,
  messageBody,
  messageWraps,
  trimEntry,
  WRAP_BYTES,
} from '../../../protocol/payload.ts'
import {
  attempt,
  chosen,
  choosing,
  must,
  roundTrip,
  type Target,
} from '../../../scripts/fuzz/target.ts'
import { seed, seededBytes, seededHash, seededId } from '../../helpers/seed.ts'
import { badBytes, entrySamples, vectorBytes } from '../samples.ts'

/** From the values that were read and not from the bytes they were read from. */
function rebuilt(entry: Entry): Uint8Array {
  const { kind, prefix, fields, sig, cosign, payload } = entry
  const signed = unsignedEntry(kind, prefix.flags, prefix, fields as never)
  return concat(
    signed,
    sig,
    ...(cosign === null ? [] : [cosign.by, cosign.sig]),
    payload ?? new Uint8Array(0),
  )
}

function writeEntry(entry: Entry): Uint8Array {
  const bytes = rebuilt(entry)
  must(equal(bytes, entryBytes(entry)), 'the fields say something else than the bytes')
  must(equal(entry.id, hash('entry', entry.header)), 'the id is of another entry')
  return bytes
}

export const entry: Target = {
  name: 'entry',
  about: 'decodeEntry, decodeHeader, decodeKept',
  sources: ['protocol/entry.ts', 'protocol/entry-fields.ts', 'protocol/codec.ts'],
  longest: 4096,
  batch: 600,
  runs: 6000,
  open: () => ({
    samples: [...entrySamples(), ...badBytes('entry', 'header')],
    run(input) {
      roundTrip('entry', input, decodeEntry, writeEntry)
      roundTrip('header', input, decodeHeader, writeEntry)
      roundTrip('kept entry', input, decodeKept, writeEntry)
      const [whole, bare] = [attempt(() => decodeEntry(input)), attempt(() => decodeHeader(input))]
      must(
        whole === null || bare === null || !hasPayload(whole.value.kind),
        'an entry is its own header',
      )
    },
  }),
}

const kindOfByte = (byte: number): Kind => KINDS[byte % KINDS.length] as Kind

export const fields: Target = {
  name: 'fields',
  about: 'the fields of every kind of entry, and the data of operations',
  sources: ['protocol/entry-fields.ts', 'protocol/operation-data.ts', 'protocol/codec.ts'],
  longest: 3000,
  batch: 600,
  runs: 6000,
  open: () => ({
    samples: entrySamples().flatMap((bytes) => {
      const { kind, prefix, signed, fields: read } = decodeEntry(bytes)
      const codec = fieldsCodec(kind, prefix.flags === FLAG_RECORDED)
      const plain = encode(codec as Codec<unknown>, read)
      must(equal(plain, signed.subarray(102)), 'fields of a sample')
      const which = KINDS.indexOf(kind)
      const data = 'data' in read ? [chosen(3, chosen(which, read.data))] : []
      return [chosen(prefix.flags === FLAG_RECORDED ? 1 : 0, chosen(which, plain)), ...data]
    }),
    run: choosing([
      (input) => readFields(input, false),
      (input) => readFields(input, true),
      (input) => readFields(input, false),
      readData,
    ]),
  }),
}

function readFields(input: Uint8Array, recorded: boolean): void {
  const codec = fieldsCodec(kindOfByte(input[0] ?? 0), recorded) as Codec<unknown>
  roundTrip(
    'fields',
    input.subarray(1),
    (bytes) => decode(codec, bytes, MAX_ENTRY),
    (value) => encode(codec, value),
  )
}

function readData(input: Uint8Array): void {
  const kind = kindOfByte(input[0] ?? 0)
  if (!isOperationKind(kind)) return
  const read = (data: Uint8Array) =>
    decodeOperationData({ kind, fields: { data } } as EntryOf<OperationKind>)
  roundTrip('operation data', input.subarray(1), read, encodeOperationData)
}

function messages(): EntryOf<MessageKind>[] {
  const bytes = [...vectorBytes('messages', 'bytes'), ...entrySamples()]
  return bytes
    .map((one) => decodeEntry(one))
    .filter(({ kind }) => isMessageKind(kind)) as EntryOf<MessageKind>[]
}

/** The sender is hostile: the signed hashes are those of whatever the payload holds. */
function withPayload(nseg: number, wraps: number, payload: Uint8Array): EntryOf<MessageKind> {
  const [like] = messageSamples
  if (like === undefined) throw new TypeError('no message among the samples')
  const cut = wraps * WRAP_BYTES
  const hashes = {
    bodyHash: hash('body-hash', payload.subarray(cut)),
    wrapsHash: hash('wraps', payload.subarray(0, cut)),
  }
  return { ...like, fields: { ...like.fields, nseg, ...hashes }, payload }
}

const messageSamples = messages()

export const payload: Target = {
  name: 'payload',
  about: 'wraps and body of a message, whole and trimmed',
  sources: ['protocol/payload.ts', 'protocol/codec.ts'],
  longest: 4096,
  batch: 400,
  runs: 3000,
  open: () => ({
    samples: messageSamples.map(({ fields: { nseg }, payload: bytes }) =>
      chosen(nseg, chosen(nseg, bytes ?? new Uint8Array(0))),
    ),
    run(input) {
      const [nseg, wraps] = [1 + ((input[0] ?? 0) % 20), (input[1] ?? 0) % 21]
      const message = withPayload(nseg, wraps, input.subarray(2))
      if (attempt(() => checkPayload(message)) === null) return
      const read = attempt(() => messageWraps(message))
      must(read !== null, 'a payload that was checked has wraps')
      const { list, trimmed } = read.value
      must(messageBody(message).length > 16, 'a body is longer than its tag')
      must(list.length === (trimmed ? 1 : nseg), 'a wrap for each segment, or one')
      const again = concat(encodeWraps(list), messageBody(message))
      must(equal(again, input.subarray(2)), 'wraps and body are the payload')
      if (!trimmed) trimmable(message, nseg)
    },
  }),
}

function trimmable(message: EntryOf<MessageKind>, nseg: number): void {
  for (let seg = 0; seg < nseg; seg++) {
    const short = trimEntry(message, seg).subarray(message.header.length)
    const one = { ...message, payload: short }
    checkPayload(one)
    const { list, trimmed } = messageWraps(one)
    must(list.length === 1 && trimmed === nseg > 1, 'a trimmed payload has one wrap')
    must(equal(messageBody(one), messageBody(message)), 'a trimmed payload has the same body')
  }
}

/** One bit away from the usual answers, which travel as none. */
function nearlyUsual(): Uint8Array {
  const answers = DEFAULT_ANSWERS.map((text) => text.replace(/y$/, 'x'))
  const ids = { respChannel: seededId<LogId>('channel'), respEpoch: seededId<EpochId>('epoch') }
  return encodeContent({ type: 'alert', severity: 3, ...ids, answers, text: 'Strom weg' })
}

/** The usual answers spelled out: a second form of none. */
function spelledOut(): Uint8Array {
  const bytes = nearlyUsual()
  bytes[Buffer.from(bytes).indexOf('wax') + 2] = 0x79
  return bytes
}

function aFile(): Uint8Array {
  const facts = { key: seed('key'), size: 300, hash: seededHash('content'), mime: 'image/png' }
  const thumbnail = seededBytes('thumbnail', 40)
  return encodeContent({ type: 'file', ...facts, name: 'Lageplan.png', thumbnail, text: 'Plan' })
}

export const content: Target = {
  name: 'content',
  about: 'decodeContent: what stands in a sealed body',
  sources: ['protocol/content.ts', 'protocol/codec.ts', 'protocol/bytes.ts'],
  longest: 2000,
  batch: 600,
  runs: 6000,
  open: () => ({
    samples: [
      nearlyUsual(),
      spelledOut(),
      aFile(),
      ...vectorBytes('messages', 'plain'),
      ...badBytes('content'),
    ],
    run: (input) => roundTrip('content', input, decodeContent, encodeContent),
  }),
}
