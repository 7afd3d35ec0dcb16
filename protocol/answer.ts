// A person's answer to an alert, sealed to the coordinators' response key: the box learns "answered"
// and one constant size. It stands in a log of its own, whose id is the alert's message id.
import { equal } from './bytes.ts'
import { type Entry, type EntryOf, verifyEntry } from './entry.ts'
import { ensure } from './errors.ts'
import { NO_HASH } from './ids.ts'
import { KIND } from './kinds.ts'
import { hash } from './labels.ts'
import { XWING_CIPHERTEXT_BYTES } from './sodium.ts'

export const ANSWER_PLAIN_BYTES = 128
export const ANSWER_PAYLOAD_BYTES = XWING_CIPHERTEXT_BYTES + ANSWER_PLAIN_BYTES + 16

export type AnswerEntry = EntryOf<typeof KIND.answer>

/** Throws unless the payload is the one that was signed. */
export function checkAnswerPayload({ payload, fields }: AnswerEntry): void {
  ensure(payload !== null && payload.length === ANSWER_PAYLOAD_BYTES, 'malformed', 'answer size')
  ensure(equal(hash('body-hash', payload), fields.bodyHash), 'malformed', 'answer body')
}

/** Checks form and signature; rights are the caller's, who knows the alert's audience. */
export function checkAnswer(entry: Entry, signPk: Uint8Array): asserts entry is AnswerEntry {
  ensure(entry.kind === KIND.answer, 'malformed', 'not an answer')
  checkAnswerPayload(entry)
  ensure(
    entry.prefix.refN === 0 && equal(entry.prefix.refH, NO_HASH),
    'malformed',
    'answer reference',
  )
  verifyEntry(entry, signPk)
}
