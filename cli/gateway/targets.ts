// Where a gateway may speak: settled at the start from what the device has verified, so that a webhook
// needs no box, and looked at again with each webhook.
import { findChannel, channels, titleOf } from '../../client/views.ts'
import type { Replica } from '../../client/replica.ts'
import { type Channel } from '../../protocol/channel.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { LogId } from '../../protocol/ids.ts'
import { CHANNEL_TYPE } from '../../protocol/kinds.ts'
import { mayInChannel } from '../../protocol/permissions.ts'
import type { Deed, Destination, Route } from './routes.ts'
import { afterwards } from './notices.ts'

/** Channels by how the configuration calls them; a channel that is renamed later stays the same one. */
export type Targets = Map<string, LogId>

/** Throws `gateway_config` unless every destination exists and this person may speak there. */
export function settleTargets(replica: Replica, routes: Route[]): Targets {
  if (!replica.active) throw new ProtocolError('device_pending')
  const targets: Targets = new Map()
  for (const route of routes) {
    for (const destination of [route.otherwise, ...route.map.map(({ goal }) => goal)]) {
      const channel = channelAt(replica, destination)
      const deeds = [destination.as]
      if (route.type === 'alertmanager' && route.resolved !== null)
        deeds.push(afterwards(destination.as))
      for (const deed of deeds) complain(destination, whyNot(replica, channel, deed))
      targets.set(destination.to, channel.id)
    }
  }
  return targets
}

function channelAt(replica: Replica, destination: Destination): Channel {
  try {
    return findChannel(replica, destination.to)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    if (error.code !== 'not_found') return complain(destination, error.detail)
    const known = channels(replica).map((channel) => `"${titleOf(replica, channel)}"`)
    return complain(
      destination,
      `this device is in no such channel; it is in ${known.join(', ') || 'none'}`,
    )
  }
}

function complain(destination: Destination, reason: string): never
function complain(destination: Destination, reason: string | null): void
function complain({ at, to }: Destination, reason: string | null): void {
  if (reason !== null) throw new ProtocolError('gateway_config', `${at} "${to}": ${reason}`)
}

/** Why this person may not do that in the channel; null when all is well. */
export function whyNot(replica: Replica, channel: Channel | undefined, deed: Deed): string | null {
  const { person } = replica.identity
  const member = channel?.members.get(person)
  const role = replica.directory.roleNow(person)
  if (channel === undefined || member === undefined || role === null)
    return 'this device is no longer in the channel'
  const act = deed === 'message' ? 'text' : 'alert'
  if (act === 'alert' && channel.type !== CHANNEL_TYPE.audience)
    return 'alerts go to an audience: holdfast channel create NAME --audience'
  if (!mayInChannel(channel.type, act, member.role, role)) {
    const cure = 'make the person a publisher of the channel: holdfast channel role'
    return `the role of this person does not allow ${deed}s there; ${cure}`
  }
  if (act === 'alert' && channel.respKeys.length === 0)
    return 'the audience has no key for answers yet; a coordinator has to come online'
  return null
}
