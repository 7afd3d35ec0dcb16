// What screens keep on this device: keys of the table `local`, one kind each.
import { concat, utf8 } from '../../protocol/bytes.ts'
import type { LogId, MessageId } from '../../protocol/ids.ts'

/** Where a root key waits until its owner says that it is on paper. */
export const ROOT_PAPER = utf8('root paper')
/** There until somebody has gone through the first steps. */
export const WELCOME = utf8('welcome')
/** When a push was seen to arrive, and whether conversations may send some. */
export const PUSH_PROVEN = utf8('push proven')
export const PUSH_CHAT = utf8('push chat')
export const draftKey = (log: LogId): Uint8Array => concat(utf8('draft/'), log)
/** What this person has answered from here: the answer itself is sealed to the coordinators. */
export const ANSWER = utf8('answer/')
export const answerKey = (alert: MessageId): Uint8Array => concat(ANSWER, alert)
/** Until when a conversation does not count as unread here; milliseconds, 0: until it is turned on again. */
export const muteKey = (log: LogId): Uint8Array => concat(utf8('mute/'), log)
