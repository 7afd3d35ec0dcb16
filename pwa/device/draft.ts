// What somebody is writing in a conversation and has not sent yet: the words, and what they answer to.
import type { Core } from '../../client/core.ts'
import { readRow, writeRow } from '../../client/rows.ts'
import { drop, put, type Write } from '../../client/store.ts'
import { equal, fromUtf8, utf8 } from '../../protocol/bytes.ts'
import { blob, struct } from '../../protocol/codec.ts'
import { asId, type LogId, type MessageId, messageId, NO_ID } from '../../protocol/ids.ts'
import { MAX_REQUEST } from '../../protocol/limits.ts'
import { draftKey } from './local.ts'

/** Longer than a message may be: what is too long is refused when it is sent, not lost while it is written. */
export const draftRow = struct({ replyTo: messageId, text: blob(4, MAX_REQUEST) })
export type Draft = { text: string; replyTo: MessageId | null }
export const NO_DRAFT: Draft = { text: '', replyTo: null }

export async function draftOf({ store }: Core, log: LogId): Promise<Draft> {
  const row = await store.get('local', draftKey(log))
  if (row === null) return NO_DRAFT
  const { replyTo, text } = readRow(draftRow, row)
  return { text: fromUtf8(text), replyTo: equal(replyTo, NO_ID) ? null : replyTo }
}

export function draftWrite(log: LogId, { text, replyTo }: Draft): Write {
  if (text === '' && replyTo === null) return drop('local', draftKey(log))
  const row = { replyTo: replyTo ?? asId<MessageId>(NO_ID), text: utf8(text) }
  return put('local', draftKey(log), writeRow(draftRow, row))
}
