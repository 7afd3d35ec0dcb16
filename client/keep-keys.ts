// Which keys of a channel are due, and who makes them: a new epoch after a loss, the next generation for
// newcomers, and in quiet times a fresh epoch for what has become old.
import type { Item } from '../protocol/api.ts'
import { toHex } from '../protocol/bytes.ts'
import type { Channel } from '../protocol/channel.ts'
import type { Epoch } from '../protocol/channel-state.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { type DeviceId, NO_ID } from '../protocol/ids.ts'
import { CHANNEL_TYPE } from '../protocol/kinds.ts'
import { hash } from '../protocol/labels.ts'
import type { Core } from './core.ts'
import {
  extendEpoch,
  type Haste,
  isLost,
  isSound,
  newEpoch,
  streamWraps,
  uncovered,
} from './epochs.ts'
import { drafting } from './operations.ts'
import { hasMoved, submit } from './submit.ts'

/**
 * How many devices go before this one where keys are due; null when nothing is. Whoever caused it acts at
 * once; of the others the first in an order that all compute alike, so that not everybody uploads.
 */
export function upkeepRank(core: Core): number | null {
  const { device, person } = core.replica.identity
  const ranks = [...core.replica.channels.values()].flatMap((channel) => {
    if (!channel.members.has(person)) return []
    return [...channel.segments.keys()].flatMap((seg) => {
      const epoch = channel.currentEpoch(seg)
      const due =
        epoch === null || isSpent(core, channel, epoch) || uncovered(channel, epoch).length > 0
      return due ? [rankOf(channel, seg, device)] : []
    })
  })
  return ranks.length === 0 ? null : Math.min(...ranks)
}

/** Position in the order of H("rank", epoch ‖ device) among those who hold the segment's keys. */
function rankOf(channel: Channel, seg: number, device: DeviceId): number {
  const epoch = channel.currentEpoch(seg)?.id ?? NO_ID
  const order = (id: DeviceId): string => toHex(hash('rank', epoch, id))
  const mine = order(device)
  const holders = channel.entitled(seg, channel.memb.n, channel.directory.head.n)
  const able = holders.filter(({ person }) => channel.allows('announce', person))
  return (able.length > 0 ? able : holders).filter(({ id }) => order(id) < mine).length
}

/** True when the channel got a new epoch or a newcomer got a key. */
export async function keepKeys(core: Core, channel: Channel, haste: Haste): Promise<boolean> {
  let made = 0
  try {
    await submit(core, () =>
      drafting(channel, async () => {
        const due = await dueKeys(core, channel, haste)
        made = due.length
        return due
      }),
    )
    if (haste === 'quiet') await streamWraps(core)
  } catch (error) {
    if (error instanceof ProtocolError && (hasMoved(error) || error.code === 'not_allowed'))
      return false
    throw error
  }
  return made > 0
}

/** Makes what is due on a draft of the channel: what comes next in it stands under the new keys. */
export async function dueKeys(core: Core, channel: Channel, haste: Haste): Promise<Item[]> {
  const due: Item[] = []
  let renewed = haste === 'urgent'
  for (const seg of channel.segments.keys()) {
    const epoch = channel.currentEpoch(seg)
    const item = needsNew(core, channel, epoch)
      ? await announce(core, channel, seg, haste)
      : await letNewcomersIn(core, channel, epoch, haste)
    if (item !== null) due.push(item)
    else if (!renewed && epoch !== null && epoch.notAfter < core.clock.now()) {
      const fresh = await announce(core, channel, seg, haste)
      if (fresh !== null) due.push(fresh)
      renewed = true
    }
  }
  return due
}

/** Answers' keys derive from generation 0, so a response channel takes a new epoch for a newcomer. */
function needsNew(core: Core, channel: Channel, epoch: Epoch | null): epoch is null {
  if (epoch === null || isSpent(core, channel, epoch)) return true
  return channel.type === CHANNEL_TYPE.response && uncovered(channel, epoch).length > 0
}

async function announce(
  core: Core,
  channel: Channel,
  seg: number,
  haste: Haste,
): Promise<Item | null> {
  if (!channel.allows('announce', core.replica.identity.person)) return null
  return newEpoch(core, channel, seg, core.context(channel.id), haste)
}

async function letNewcomersIn(
  core: Core,
  channel: Channel,
  epoch: Epoch,
  haste: Haste,
): Promise<Item | null> {
  const may = channel.allows('extension', core.replica.identity.person)
  if (!may || core.replica.epochKey(epoch.id, epoch.gen + 1) === null) return null
  if (uncovered(channel, epoch).length === 0) return null
  return extendEpoch(core, channel, epoch, core.context(channel.id), haste)
}

/** Somebody lost access, a commitment is false, or the key never came to this device. */
function isSpent(core: Core, channel: Channel, epoch: Epoch): boolean {
  return channel.isStale(epoch.seg) || !isSound(core, epoch) || isLost(core, channel, epoch)
}
