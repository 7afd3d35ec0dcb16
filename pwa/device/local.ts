// What this device keeps in a browser: its databases, and the keys of the table `local`, one kind each.
import { concat, utf8 } from '../../protocol/bytes.ts'
import type { LogId, MessageId, PersonId } from '../../protocol/ids.ts'

export const DATABASE = 'holdfast'
export const VAULT = 'holdfast-vault'

/** Where a root key waits until its owner says that it is on paper. */
export const ROOT_PAPER = utf8('root paper')
/** There until somebody has gone through the first steps. */
export const WELCOME = utf8('welcome')
/** When a push was seen to arrive, and whether conversations may send some. */
export const PUSH_PROVEN = utf8('push proven')
export const PUSH_CHAT = utf8('push chat')
/** When the box was last there. */
export const HEARD = utf8('box heard')
/** Who held what of a channel when the box was asked last. */
export const heldKey = (log: LogId): Uint8Array => concat(utf8('held/'), log)
export const draftKey = (log: LogId): Uint8Array => concat(utf8('writing/'), log)
/** What this person has answered from here: the answer itself is sealed to the coordinators. */
export const ANSWER = utf8('answer/')
export const answerKey = (alert: MessageId): Uint8Array => concat(ANSWER, alert)
/** How many corrections of an alert were known here when it was answered: another one asks anew. */
export const heardKey = (alert: MessageId): Uint8Array => concat(utf8('heard/'), alert)
/** Files that somebody has stopped on their way, by the id of their message as text. */
export const PAUSED = utf8('paused/')
export const pausedKey = (id: string): Uint8Array => concat(PAUSED, utf8(id))
/** Whom somebody has met and compared, and what both have seen. */
export const COMPARED = utf8('compared/')
export const comparedKey = (person: PersonId): Uint8Array => concat(COMPARED, person)
/** Until when a conversation does not count as unread here; milliseconds, 0: until it is turned on again. */
export const muteKey = (log: LogId): Uint8Array => concat(utf8('mute/'), log)
