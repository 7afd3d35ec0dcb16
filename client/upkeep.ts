// What a device does without being asked: fresh prekeys, new epochs after a loss, keys for newcomers,
// response keys, receipts. Each pass does what is due and leaves the rest.
import { bareItem, type Item } from '../protocol/api.ts'
import { equal, toHex } from '../protocol/bytes.ts'
import type { Channel } from '../protocol/channel.ts'
import type { Epoch } from '../protocol/channel-state.ts'
import { responsePublic } from '../protocol/epoch-keys.ts'
import { signEntry } from '../protocol/entry.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { type DeviceId, type LogId, NO_ID } from '../protocol/ids.ts'
import { CHANNEL_ROLE, CHANNEL_TYPE, KIND, ROLE } from '../protocol/kinds.ts'
import { hash } from '../protocol/labels.ts'
import { DAY, PREKEY_GRACE, PREKEY_LIFE } from '../protocol/limits.ts'
import { encodeOperationData } from '../protocol/operation-data.ts'
import { signPrekey } from '../protocol/prekey.ts'
import { signReceipt } from '../protocol/receipt.ts'
import { randomBytes, xwingPublic } from '../protocol/sodium.ts'
import type { Core } from './core.ts'
import { extendEpoch, isLost, isSound, newEpoch, streamWraps, uncovered } from './epochs.ts'
import { pull } from './pull.ts'
import { refusalOf } from './refusal.ts'
import { prekeyRow, readPlace, receiptRow, writeRow } from './rows.ts'
import { drop, put, type Write } from './store.ts'
import { drafting, operation } from './operations.ts'
import { keepMembers } from './members.ts'
import { hasMoved, quietly, submit } from './submit.ts'

/** One pass over everything. Channels where others were faster are left to the next pass. */
export async function upkeep(core: Core): Promise<{ rekeyed: LogId[] }> {
  await renewPrekey(core)
  if (!core.replica.active) return { rekeyed: [] }
  await tick(core)
  await streamWraps(core)
  await askForLostWraps(core)
  const rekeyed = [...(await keepMembers(core)), ...(await keepAllKeys(core))]
  await publishResponseKeys(core)
  await sendReceipts(core)
  return { rekeyed }
}

/** What every connected device does on its own account, without racing the others for new keys. */
export async function tidy(core: Core): Promise<void> {
  if (!core.replica.active) return
  await publishResponseKeys(core)
  await sendReceipts(core)
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
    if (await keepKeys(core, channel)) rekeyed.push(channel.id)
  }
  return rekeyed
}

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
export async function keepKeys(core: Core, channel: Channel): Promise<boolean> {
  let made = 0
  try {
    await submit(core, async () => {
      const due = await drafting(channel, () => dueKeys(core, channel))
      made = due.length
      return due
    })
    await streamWraps(core)
  } catch (error) {
    if (error instanceof ProtocolError && (hasMoved(error) || error.code === 'not_allowed'))
      return false
    throw error
  }
  return made > 0
}

async function dueKeys(core: Core, channel: Channel): Promise<Item[]> {
  const due: Item[] = []
  const context = core.context(channel.id)
  for (const seg of channel.segments.keys()) {
    const epoch = channel.currentEpoch(seg)
    const old = epoch === null || isSpent(core, channel, epoch) || epoch.notAfter < core.clock.now()
    const newcomers = epoch === null ? [] : uncovered(channel, epoch)
    // Answers' keys derive from generation 0, so a response channel takes a new epoch for a newcomer.
    const anew = old || (newcomers.length > 0 && channel.type === CHANNEL_TYPE.response)
    if (anew && may(core, channel, 'announce'))
      due.push(await newEpoch(core, channel, seg, context))
    else if (
      !old &&
      epoch !== null &&
      newcomers.length > 0 &&
      core.replica.epochKey(epoch.id, epoch.gen + 1) !== null
    ) {
      due.push(await extendEpoch(core, channel, epoch, context))
    }
  }
  return due
}

/** Somebody lost access, a commitment is false, or the key never came to this device. */
function isSpent(core: Core, channel: Channel, epoch: Epoch): boolean {
  return (
    channel.isStale(epoch.seg) || !isSound(core, channel, epoch.seg) || isLost(core, channel, epoch)
  )
}

function may(core: Core, channel: Channel, act: 'announce' | 'respkey'): boolean {
  return channel.allows(act, core.replica.identity.person)
}

/** Audiences learn the key to answer to in peace, long before the alert. */
async function publishResponseKeys(core: Core): Promise<void> {
  for (const audience of core.replica.channels.values()) {
    if (audience.type !== CHANNEL_TYPE.audience || !may(core, audience, 'respkey')) continue
    const answers = audience.respKeys.at(-1)?.channel
    const response = answers === undefined ? undefined : core.replica.channels.get(answers)
    const epoch = response?.currentEpoch(0)
    if (response === undefined || !epoch) continue
    const ak0 = core.replica.epochKey(epoch.id, 0)
    const last = audience.respKeys.findLast((key) => equal(key.epoch, epoch.id))
    if (ak0 === null || (last && equal(last.publicKey, responsePublic(ak0, audience.id)))) continue
    await quietly(() => submit(core, async () => [responseKeyItem(core, audience, response)]))
  }
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

/** A prekey a week. The old secret stays for wraps that were made before, then goes. */
async function renewPrekey(core: Core): Promise<void> {
  const { replica, clock } = core
  const newest = Math.max(0, ...replica.prekeys.keys())
  const current = replica.prekeys.get(newest)
  if (current !== undefined && clock.now() - current.madeAt < PREKEY_LIFE) {
    const older = [...replica.prekeys].filter(([pkid]) => pkid !== newest)
    if (older.some(([, { replacedAt }]) => replacedAt === 0))
      await uploadPrekey(core, newest, current.seed)
    return
  }
  const made = { seed: randomBytes(32), madeAt: clock.now(), replacedAt: 0 }
  await core.commit([put('prekeys', pkidKey(newest + 1), writeRow(prekeyRow, made))])
  replica.prekeys.set(newest + 1, made)
  await uploadPrekey(core, newest + 1, made.seed)
}

/** Until the box has confirmed it the older one counts as current, and this is done again. */
async function uploadPrekey(core: Core, pkid: number, seed: Uint8Array): Promise<void> {
  await core.line.call('prekey', { prekey: prekeyFor(core, pkid, seed) }, core.signer)
  await retirePrekeys(core, pkid)
}

function prekeyFor(core: Core, pkid: number, seed: Uint8Array): Uint8Array {
  const { identity, pair } = core.replica
  const notBefore = core.clock.now()
  const value = {
    org: identity.org,
    device: identity.device,
    pkid,
    notBefore,
    notAfter: notBefore + PREKEY_LIFE,
  }
  return signPrekey({ ...value, publicKey: xwingPublic(seed) }, pair.secretKey)
}

/** Only after the box has confirmed the newer one. */
async function retirePrekeys(core: Core, newest: number): Promise<void> {
  const now = core.clock.now()
  const writes: Write[] = []
  for (const [pkid, secret] of core.replica.prekeys) {
    if (pkid === newest) continue
    if (secret.replacedAt === 0) {
      secret.replacedAt = now
      writes.push(put('prekeys', pkidKey(pkid), writeRow(prekeyRow, secret)))
    } else if (now - secret.replacedAt > PREKEY_GRACE) {
      core.replica.prekeys.delete(pkid)
      writes.push(drop('prekeys', pkidKey(pkid)))
    }
  }
  await core.commit(writes)
}

export function pkidKey(pkid: number): Uint8Array {
  return Uint8Array.of(pkid >>> 24, pkid >>> 16, pkid >>> 8, pkid)
}

/** "I hold and have opened this log up to n", for every channel that has grown. */
async function sendReceipts(core: Core): Promise<void> {
  const { identity, pair, channels } = core.replica
  const receipts: Uint8Array[] = []
  const writes: Write[] = []
  for (const channel of channels.values()) {
    const { n, h } = channel.head
    const last = await core.store.get('receipts', channel.id)
    const miss = await newestMissed(core, channel)
    if (!channel.members.has(identity.person)) continue
    const saying = writeRow(receiptRow, { upto: n, miss })
    if (last !== null && equal(last, saying)) continue
    const value = {
      org: identity.org,
      log: channel.id,
      device: identity.device,
      upto: n,
      h,
      miss,
      t: core.clock.now(),
    }
    receipts.push(signReceipt(value, pair.secretKey))
    writes.push(put('receipts', channel.id, saying))
  }
  if (receipts.length === 0) return
  await postReceipts(core, receipts)
  await core.commit(writes)
}

/**
 * Where the box holds another history than this device has seen, it refuses the receipt. That shows
 * elsewhere; it must not keep the receipts of other channels back.
 */
async function postReceipts(core: Core, receipts: Uint8Array[]): Promise<void> {
  try {
    await core.line.call('receipt', { receipts }, core.signer)
  } catch (error) {
    if (refusalOf(error).code !== 'unknown_head') throw error
    if (receipts.length > 1) for (const receipt of receipts) await postReceipts(core, [receipt])
  }
}

/** The newest entry that this device could not open or verify; it does not count as delivered. */
async function newestMissed(core: Core, channel: Channel): Promise<number> {
  const rows = [
    ...(await core.store.list('locked', channel.id)),
    ...(await core.store.list('problems', channel.id)),
  ]
  const places = rows.map(({ key }) => readPlace(key).n)
  return Math.max(0, ...places.filter((n) => n <= channel.head.n))
}
