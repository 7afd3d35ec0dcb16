// The keys that answers are sealed to: published in peace, renewed when the coordinators change.
import { bareItem, type Item } from '../protocol/api.ts'
import { equal } from '../protocol/bytes.ts'
import type { Channel } from '../protocol/channel.ts'
import { responsePublic } from '../protocol/epoch-keys.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { CHANNEL_ROLE, CHANNEL_TYPE, KIND } from '../protocol/kinds.ts'
import { encodeOperationData } from '../protocol/operation-data.ts'
import type { Core } from './core.ts'
import { keepKeys } from './keep-keys.ts'
import { operation } from './operations.ts'
import { quietly, submit } from './submit.ts'

/** Audiences learn the key to answer to in peace, long before the alert. */
export async function publishResponseKeys(core: Core): Promise<void> {
  for (const audience of core.replica.channels.values()) await publishFor(core, audience)
}

/** Before an alert is written: its answers must not be readable by a coordinator who was removed. */
export async function readyForAnswers(core: Core, audience: Channel): Promise<void> {
  const response = responseOf(core, audience)
  if (response?.isStale(0)) await keepKeys(core, response, 'urgent')
  await publishFor(core, audience)
}

function responseOf(core: Core, audience: Channel): Channel | undefined {
  const channels = audience.respKeys.flatMap((key) => core.replica.channels.get(key.channel) ?? [])
  // Any publisher may name any channel; only one of this kind, and known here, is meant.
  return channels.findLast(({ type }) => type === CHANNEL_TYPE.response)
}

async function publishFor(core: Core, audience: Channel): Promise<void> {
  const { person } = core.replica.identity
  if (audience.type !== CHANNEL_TYPE.audience || !audience.allows('respkey', person)) return
  const response = responseOf(core, audience)
  const epoch = response?.currentEpoch(0)
  if (response === undefined || !epoch) return
  const ak0 = core.replica.epochKey(epoch.id, 0)
  const last = audience.respKeys.findLast((key) => equal(key.epoch, epoch.id))
  if (ak0 === null || (last && equal(last.publicKey, responsePublic(ak0, audience.id)))) return
  await quietly(() => submit(core, async () => [responseKeyItem(core, audience, response)]))
}

/** The operation that tells an audience which key to seal answers to. */
export function responseKeyItem(core: Core, audience: Channel, response: Channel): Item {
  const epoch = response.currentEpoch(0)
  const ak0 = epoch === null ? null : core.replica.epochKey(epoch.id, 0)
  if (epoch === null || ak0 === null) throw new ProtocolError('no_key', 'response channel')
  const data = encodeOperationData({
    kind: 'respkey',
    channel: response.id,
    epoch: epoch.id,
    publicKey: responsePublic(ak0, audience.id),
  })
  return bareItem(operation(core, audience, KIND.respkey, [], CHANNEL_ROLE.member, data))
}
