// protocol/ as the judge of plain and signed forms: what it reads, or the code of its refusal.
import { fromBase64Url } from '../../protocol/bytes.ts'
import { ROUTES } from '../../protocol/api.ts'
import { openHead, openReport } from '../../protocol/box-report.ts'
import { fromPaper, toPaper } from '../../protocol/card-text.ts'
import { stubOf } from '../../protocol/chain.ts'
import { type Codec, decode } from '../../protocol/codec.ts'
import { decodeContent } from '../../protocol/content.ts'
import {
  decodeEntry,
  decodeHeader,
  type Entry,
  type EntryOf,
  signLabel,
  verifyCosign,
  verifyEntry,
} from '../../protocol/entry.ts'
import { ensure } from '../../protocol/errors.ts'
import { decodeFrame, splitFrames } from '../../protocol/frames.ts'
import { kindName, type OperationKind } from '../../protocol/kinds.ts'
import {
  hash,
  type HashLabel,
  kdf,
  kdf64,
  type KdfLabel,
  type SignLabel,
  verify,
} from '../../protocol/labels.ts'
import { MAX_REQUEST } from '../../protocol/limits.ts'
import { decodeOperationData } from '../../protocol/operation-data.ts'
import { messageBucket, pad, unpad } from '../../protocol/padding.ts'
import { decodePrekey, verifyPrekey } from '../../protocol/prekey.ts'
import { decodeReceipt, verifyReceipt } from '../../protocol/receipt.ts'
import { decodeRequestSignature, type Method, verifyRequest } from '../../protocol/request.ts'
import { xwingDecapsulate, xwingEncapsulateWith, xwingPublic } from '../../protocol/sodium.ts'
import { bytes, type JsonObject, number, text } from '../vectors/json.ts'
import { keyOf, main, type Read } from './objects.ts'

function takenApart(entry: Entry) {
  const { kind, prefix, fields, signed, sig, cosign, payload, id } = entry
  const shown = {
    kind: kindName(kind),
    label: signLabel(kind),
    prefix,
    fields,
    signed,
    sig,
    cosign,
  }
  return { ...shown, payloadBytes: payload?.length ?? 0, id, stub: stubOf(entry) }
}

/** Padding in steps of so many bytes; 0: that of messages. */
const bucketOf = (step: number) =>
  step === 0 ? messageBucket : (length: number) => Math.ceil(length / step) * step

function readRequest(input: JsonObject) {
  const value = decodeRequestSignature(fromBase64Url(text(input, 'header')))
  const request = {
    method: text(input, 'method') as Method,
    host: text(input, 'host'),
    target: text(input, 'target'),
    body: bytes(input, 'body'),
  }
  verifyRequest(value, request, keyOf(input))
  return value
}

function readBody(input: JsonObject) {
  const route = ROUTES[text(input, 'route') as keyof typeof ROUTES]
  const answers = input['answer'] === true && route.output !== 'frames'
  const codec = (answers ? route.output : route.input) as Codec<unknown>
  return decode(codec, main(input), answers ? MAX_REQUEST : route.max)
}

function readSignature(input: JsonObject) {
  const { label, x, sig } = {
    label: text(input, 'label'),
    x: bytes(input, 'x'),
    sig: bytes(input, 'sig'),
  }
  ensure(verify(label as SignLabel, sig, x, keyOf(input)), 'bad_signature')
}

export const FORM_READERS = {
  entry: (input) => takenApart(decodeEntry(main(input))),
  header: (input) => takenApart(decodeHeader(main(input))),
  'entry signature': (input) => verifyEntry(decodeEntry(main(input)), keyOf(input)),
  'second signature': (input) => verifyCosign(decodeEntry(main(input)), keyOf(input)),
  'operation data': (input) =>
    decodeOperationData(decodeEntry(main(input)) as EntryOf<OperationKind>),
  prekey: (input) => {
    const value = decodePrekey(main(input))
    verifyPrekey(value, keyOf(input))
    return value
  },
  receipt: (input) => {
    const value = decodeReceipt(main(input))
    verifyReceipt(value, keyOf(input))
    return value
  },
  head: (input) => openHead(main(input), keyOf(input)),
  report: (input) => openReport(main(input), keyOf(input)),
  request: readRequest,
  content: (input) => decodeContent(main(input)),
  pad: (input) => pad(main(input), bucketOf(number(input, 'step'))),
  unpad: (input) => unpad(main(input), bucketOf(number(input, 'step'))),
  'to paper': (input) => toPaper(main(input)),
  'from paper': (input) => fromPaper(text(input, 'text'), number(input, 'size') as 16 | 32),
  frame: (input) => decodeFrame(main(input)),
  page: (input) => splitFrames(main(input)),
  body: readBody,
  hash: (input) => hash(text(input, 'label') as HashLabel, main(input)),
  kdf: (input) => {
    const label = text(input, 'label') as KdfLabel
    return [kdf(keyOf(input), label, main(input)), kdf64(keyOf(input), label, main(input))]
  },
  signature: readSignature,
  'x-wing key': (input) => xwingPublic(bytes(input, 'seed')),
  'x-wing seal': (input) => xwingEncapsulateWith(bytes(input, 'publicKey'), bytes(input, 'coins')),
  'x-wing open': (input) => xwingDecapsulate(main(input), bytes(input, 'seed')),
} satisfies Record<string, Read>
