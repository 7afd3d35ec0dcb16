// Opening a verified message with the keys this device holds.
import { type Content, decodeContent } from '../protocol/content.ts'
import type { EntryOf } from '../protocol/entry.ts'
import { ensure } from '../protocol/errors.ts'
import { KIND, type MessageKind } from '../protocol/kinds.ts'
import { openMessage } from '../protocol/message-keys.ts'
import type { Replica } from './replica.ts'

/** The content of a message, or null when this device holds no key for it. Throws when it does not open. */
export function openContent(replica: Replica, entry: EntryOf<MessageKind>): Content | null {
  const plain = openMessage(entry, (epoch, gen) => replica.epochKey(epoch, gen))
  if (plain === null) return null
  const content = decodeContent(plain)
  const rings = entry.kind === KIND.alert || entry.kind === KIND.exercise
  ensure(rings === (content.type === 'alert'), 'malformed', 'kind and content differ')
  const says = content.type === 'text' || content.type === 'file'
  ensure((entry.kind === KIND.text) === says, 'malformed', 'kind and content differ')
  return content
}
