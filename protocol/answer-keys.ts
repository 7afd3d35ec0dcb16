// Sealing and opening answers: for devices only.
import { concat, equal } from './bytes.ts'
import { decode, encode, struct, text, u16, u8, type Decoded } from './codec.ts'
import { ANSWER_PLAIN_BYTES, type AnswerEntry } from './answer.ts'
import { type Context, PREFIX_BYTES, unsignedEntry } from './entry.ts'
import { ANSWER_HEAD0_BYTES } from './entry-fields.ts'
import { ensure } from './errors.ts'
import {
  type EpochId,
  type Hash,
  type MessageId,
  messageId,
  NO_HASH,
  type PersonId,
} from './ids.ts'
import { KIND } from './kinds.ts'
import { hash, kdf, sign } from './labels.ts'
import { pad, unpad } from './padding.ts'
import {
  aeadOpen,
  aeadSeal,
  XWING_CIPHERTEXT_BYTES,
  xwingDecapsulate,
  xwingEncapsulate,
} from './sodium.ts'

const oneSize = (): number => ANSWER_PLAIN_BYTES

const answer = struct({
  alert: messageId,
  /** Index into the alert's answers; 255: none of them, see `text`. */
  choice: u8,
  etaMinutes: u16,
  text: text(1, 100),
})
export type Answer = Decoded<typeof answer>

type Sending = {
  context: Omit<Context, 'log' | 'refN' | 'refH'>
  alert: MessageId
  person: PersonId
  seq: number
  respEpoch: EpochId
  respPk: Uint8Array
}

function answerKey(secret: Uint8Array, head0: Hash): Uint8Array {
  return kdf(secret, 'answer', head0)
}

export function sealAnswer(
  sending: Sending,
  value: Omit<Answer, 'alert'>,
  secretKey: Uint8Array,
): Uint8Array {
  const { alert, person, seq, respEpoch } = sending
  const context: Context = {
    ...sending.context,
    log: alert as Uint8Array as Context['log'],
    refN: 0,
    refH: NO_HASH,
  }
  const shape = unsignedEntry(KIND.answer, 0, context, {
    person,
    seq,
    respEpoch,
    bodyHash: NO_HASH,
  })
  const head0 = hash('head0', shape.subarray(0, PREFIX_BYTES + ANSWER_HEAD0_BYTES))
  const { ciphertext, secret } = xwingEncapsulate(sending.respPk)
  const plain = pad(encode(answer, { ...value, alert }), oneSize)
  const payload = concat(ciphertext, aeadSeal(answerKey(secret, head0), head0, plain))
  const bodyHash = hash('body-hash', payload)
  const unsigned = unsignedEntry(KIND.answer, 0, context, { person, seq, respEpoch, bodyHash })
  return concat(unsigned, sign('answer', unsigned, secretKey), payload)
}

/** Throws `cannot_open` unless the seed is the response epoch's. */
export function openAnswer(entry: AnswerEntry, seed: Uint8Array): Answer {
  const payload = entry.payload
  ensure(payload !== null, 'cannot_open')
  const head0 = hash('head0', entry.signed.subarray(0, PREFIX_BYTES + ANSWER_HEAD0_BYTES))
  const secret = xwingDecapsulate(payload.subarray(0, XWING_CIPHERTEXT_BYTES), seed)
  const plain = unpad(
    aeadOpen(answerKey(secret, head0), head0, payload.subarray(XWING_CIPHERTEXT_BYTES)),
    oneSize,
  )
  const value = decode(answer, plain, ANSWER_PLAIN_BYTES)
  ensure(equal(value.alert, entry.prefix.log), 'cannot_open', 'another alert')
  return value
}
