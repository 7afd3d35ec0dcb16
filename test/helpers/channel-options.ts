// What a test may decide about an entry of a channel; everything else follows from the channel's state.
import type { Context } from '../../protocol/entry.ts'
import type { FieldsOf } from '../../protocol/entry-fields.ts'
import type { Hash, MessageId, PersonId } from '../../protocol/ids.ts'
import type { ChannelRole, KIND, MessageKind } from '../../protocol/kinds.ts'
import type { SegmentKey } from '../../protocol/message-keys.ts'

export type Place = { n: number; h: Hash }
export type ContextOptions = Partial<Context>
export type OperationOptions = {
  subjects?: PersonId[]
  role?: ChannelRole
  data?: Uint8Array
  context?: ContextOptions
  /** The place in the directory that the signer names; its head unless told. */
  dir?: Place
  fields?: Partial<FieldsOf<typeof KIND.add>>
}
export type AnnounceOptions = {
  seg?: number
  /** The records key; that of the directory unless told. */
  records?: { id: Uint8Array; publicKey: Uint8Array } | null
  context?: ContextOptions
  fields?: Partial<FieldsOf<typeof KIND.announce>>
}
export type ExtendOptions = {
  seg?: number
  gen?: number
  context?: ContextOptions
  fields?: Partial<FieldsOf<typeof KIND.extension>>
}
export type SendOptions = {
  kind?: MessageKind
  seq?: number
  mid?: MessageId
  keys?: SegmentKey[]
  context?: ContextOptions
  plain?: Uint8Array
}
export type OpenOptions = {
  people?: PersonId[]
  role?: ChannelRole
  recorded?: 0 | 1
  title?: string
}
