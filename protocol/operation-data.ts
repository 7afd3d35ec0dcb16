// The `data` of each operation.
import { blob, decode, encode, fixed, oneOf, struct, u16 } from './codec.ts'
import type { EntryOf } from './entry.ts'
import { epochId, type EpochId, logId, type LogId } from './ids.ts'
import { CHANNEL_TYPE, type ChannelType, KIND, type OperationKind } from './kinds.ts'
import { MAX_PROFILE } from './limits.ts'
import { XWING_PUBLIC_BYTES } from './sodium.ts'

const flag = oneOf(1, [0, 1])
const sealedTitle = blob(2, 512)
const createData = struct({
  type: oneOf(1, Object.values(CHANNEL_TYPE)),
  recorded: flag,
  dkVer: u16,
  title: sealedTitle,
})
const policyData = struct({ recorded: flag })
const titleData = struct({ dkVer: u16, title: sealedTitle })
const respkeyData = struct({ channel: logId, epoch: epochId, publicKey: fixed(XWING_PUBLIC_BYTES) })

type CreateData = {
  kind: 'create'
  type: ChannelType
  recorded: 0 | 1
  dkVer: number
  title: Uint8Array
}
export type OperationData =
  | CreateData
  | { kind: 'policy'; recorded: 0 | 1 }
  | { kind: 'title'; dkVer: number; title: Uint8Array }
  | { kind: 'respkey'; channel: LogId; epoch: EpochId; publicKey: Uint8Array }
  | { kind: 'none' }

const none = struct({})

export function decodeCreateData({ fields }: EntryOf<OperationKind>): CreateData {
  return { kind: 'create', ...decode(createData, fields.data, MAX_PROFILE) }
}

/** Throws `malformed` for data that does not fit the kind. */
export function decodeOperationData(entry: EntryOf<OperationKind>): OperationData {
  const { data } = entry.fields
  switch (entry.kind) {
    case KIND.create:
      return decodeCreateData(entry)
    case KIND.policy:
      return { kind: 'policy', ...decode(policyData, data, MAX_PROFILE) }
    case KIND.title:
      return { kind: 'title', ...decode(titleData, data, MAX_PROFILE) }
    case KIND.respkey:
      return { kind: 'respkey', ...decode(respkeyData, data, MAX_PROFILE) }
    default:
      decode(none, data, MAX_PROFILE)
      return { kind: 'none' }
  }
}

export function encodeOperationData(value: OperationData): Uint8Array {
  switch (value.kind) {
    case 'create':
      return encode(createData, value)
    case 'policy':
      return encode(policyData, value)
    case 'title':
      return encode(titleData, value)
    case 'respkey':
      return encode(respkeyData, value)
    case 'none':
      return new Uint8Array(0)
  }
}
