// What a device does without being asked: fresh prekeys, new epochs after a loss, keys for newcomers,
// response keys, receipts. Each pass does what is due and leaves the rest.
import { bareItem } from '../protocol/api.ts'
import { toHex } from '../protocol/bytes.ts'
import { signEntry } from '../protocol/entry.ts'
import type { LogId } from '../protocol/ids.ts'
import { KIND, ROLE } from '../protocol/kinds.ts'
import { DAY } from '../protocol/limits.ts'
import { keepCheckpoint } from './checkpoint.ts'
import type { Core } from './core.ts'
import { isLost, streamWraps } from './epochs.ts'
import { keepKeys } from './keep-keys.ts'
import { keepMembers } from './members.ts'
import { renewPrekey } from './prekeys.ts'
import { pull } from './pull.ts'
import { isRestoring } from './refusal.ts'
import { sendReceipts } from './receipts.ts'
import { publishResponseKeys } from './response-keys.ts'
import { fillShelves } from './shelves.ts'
import { quietly, submit } from './submit.ts'

/**
 * One pass over everything. Channels where others were faster are left to the next pass, and so is all of it while a
 * restored box takes nothing new.
 */
export async function upkeep(core: Core): Promise<{ rekeyed: LogId[] }> {
  try {
    return await pass(core)
  } catch (error) {
    if (!isRestoring(error)) throw error
    return { rekeyed: [] }
  }
}

async function pass(core: Core): Promise<{ rekeyed: LogId[] }> {
  await renewPrekey(core)
  if (!core.replica.active) return { rekeyed: [] }
  await tick(core)
  await keepCheckpoint(core)
  await streamWraps(core)
  await askForLostWraps(core)
  const rekeyed = [...(await keepMembers(core)), ...(await keepAllKeys(core))]
  await publishResponseKeys(core)
  await sendReceipts(core)
  await fillShelves(core)
  return { rekeyed }
}

/** What every connected device does on its own account, without racing the others for new keys. */
export async function tidy(core: Core): Promise<void> {
  if (!core.replica.active) return
  await publishResponseKeys(core)
  await sendReceipts(core)
  await fillShelves(core)
}

/** Once a day an administrator's device vouches for the time, by which cards expire. */
async function tick(core: Core): Promise<void> {
  const { directory, identity, pair } = core.replica
  const now = core.clock.now()
  const due = now - directory.logTime > DAY && now - directory.tickedAt > DAY / 2
  if (!due || (directory.roleNow(identity.person) ?? 0) < ROLE.admin) return
  await quietly(() =>
    submit(core, async () => [
      bareItem(signEntry(KIND.tick, core.context(directory.log), {}, pair.secretKey)),
    ]),
  )
}

/**
 * The number up to which wraps have come is the box's own word. Before a key is given up for lost, all are asked
 * for once more.
 */
async function askForLostWraps(core: Core): Promise<void> {
  const { replica } = core
  const lost = [...replica.channels.values()].flatMap((channel) =>
    [...channel.segments.keys()].flatMap((seg) => {
      const epoch = channel.currentEpoch(seg)
      return epoch !== null && isLost(core, channel, epoch) ? [toHex(epoch.id)] : []
    }),
  )
  if (lost.every((epoch) => replica.askedAgain.has(epoch))) return
  for (const epoch of lost) replica.askedAgain.add(epoch)
  replica.wrapsSeen = 0
  await pull(core)
}

async function keepAllKeys(core: Core): Promise<LogId[]> {
  const rekeyed: LogId[] = []
  for (const channel of core.replica.channels.values()) {
    if (!channel.members.has(core.replica.identity.person)) continue
    if (await keepKeys(core, channel, 'quiet')) rekeyed.push(channel.id)
  }
  return rekeyed
}
