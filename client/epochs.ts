// Making and sealing the keys of a channel: new epochs after somebody lost access, extensions for
// newcomers. Whoever is online and may does it; the first in the log wins and the others take its key.
import type { Item } from '../protocol/api.ts'
import { equal, u16be } from '../protocol/bytes.ts'
import type { Channel } from '../protocol/channel.ts'
import type { Epoch } from '../protocol/channel-state.ts'
import type { Device } from '../protocol/directory-state.ts'
import { type Context, decodeEntry, type Entry, signEntry } from '../protocol/entry.ts'
import { epochIdOf } from '../protocol/epoch-core.ts'
import { announceEpoch, keyCommitment, sealEpochKey } from '../protocol/epoch-keys.ts'
import { ensure } from '../protocol/errors.ts'
import { asId, type DeviceId, type EpochId, type Hash, type LogId, NO_ID } from '../protocol/ids.ts'
import { KIND } from '../protocol/kinds.ts'
import { EPOCH_LIFE, WINDOW_LIFE } from '../protocol/limits.ts'
import type { Prekey } from '../protocol/prekey.ts'
import type { Core } from './core.ts'
import { prekeysOf } from './recipient-keys.ts'
import { keyRow, type LaterWrap, laterRow, readRow, writeRow } from './rows.ts'
import { drop, key, put, type Row } from './store.ts'

/** Wraps that travel with an announce, so that it takes effect on a thin uplink before the rest follows. */
const FIRST_WRAPS = 64
/** All announces of one batch together stay well below one request. */
const FIRST_WRAPS_IN_ALL = 400
const LATER_WRAPS = 256
/** What a message that waits for new keys takes along: 19 KB, so that a small team reads at once. */
const URGENT_WRAPS = 16
/** A request that was sent and given up can still reach the box, as long as its window is accepted. */
const LATER_LIFE = 2 * WINDOW_LIFE
/** As long as wraps may stream behind their announce before a member who got none makes a new epoch. */
const WRAP_PATIENCE = 60_000

/**
 * `urgent`: a message waits for the keys. Only what it cannot go without is made, and the wraps follow it.
 * `quiet`: nothing waits; what has become old is renewed too, one segment a pass.
 */
export type Haste = 'urgent' | 'quiet'

/** `context.log` is the channel; `channel` may be a draft that runs ahead of the log. */
export async function newEpoch(
  core: Core,
  channel: Channel,
  seg: number,
  context: Context,
  haste: Haste = 'quiet',
): Promise<Item> {
  const { directory, pair } = core.replica
  const devices = channel.entitled(seg, channel.memb.n, directory.head.n)
  const prekeys = await prekeysOf(core, channel.id, devices)
  const fields = {
    seg,
    prevEpoch: channel.currentEpoch(seg)?.id ?? asId<EpochId>(NO_ID),
    ...heads(channel),
    notAfter: core.clock.now() + EPOCH_LIFE,
    nwraps: prekeys.length,
  }
  const records = channel.recordsKey(directory.head.n)
  const { entry, ak } = announceEpoch({ context, fields, records }, pair.secretKey)
  const announce = decodeEntry(entry)
  const epoch = epochIdOf(announce)
  channel.apply(announce as Parameters<Channel['apply']>[0])
  const core0 = channel.epochs.get(epoch)?.core
  ensure(core0 !== undefined, 'malformed', 'epoch')
  await holdKey(core, channel.id, epoch, 0, ak)
  const wraps = wrapAll(ak, core0, 0, prekeys)
  return sealed(core, channel, entry, { epoch, gen: 0, wraps, haste })
}

function heads(channel: Channel): { membN: number; membHead: Hash; dirN: number; dirH: Hash } {
  const { directory, memb } = channel
  return { membN: memb.n, membHead: memb.head, dirN: directory.head.n, dirH: directory.head.h }
}

/** Kept before anything is sent: an accepted announce must not find its maker without the key. */
async function holdKey(
  core: Core,
  channel: LogId,
  epoch: EpochId,
  gen: number,
  ak: Uint8Array,
): Promise<void> {
  core.replica.keys.set(epoch, { channel, gen, ak })
  await core.store.commit([put('keys', epoch, writeRow(keyRow, { channel, gen, ak }))])
}

function wrapAll(ak: Uint8Array, core0: Hash, gen: number, prekeys: Prekey[]): Uint8Array[] {
  return prekeys.map((prekey) => sealEpochKey(ak, core0, gen, prekey))
}

/** The first wraps travel with the entry; the others wait on disk until the entry stands. */
async function sealed(
  core: Core,
  channel: Channel,
  entry: Uint8Array,
  { epoch, gen, wraps, haste }: { epoch: EpochId; gen: number; wraps: Uint8Array[]; haste: Haste },
): Promise<Item> {
  const first =
    haste === 'quiet'
      ? Math.min(FIRST_WRAPS, Math.floor(FIRST_WRAPS_IN_ALL / channel.segments.length))
      : wraps.length > URGENT_WRAPS || channel.segments.length > 1
        ? 0
        : URGENT_WRAPS
  const later = wraps.slice(first).map((wrap) => {
    const row = writeRow(laterRow, { log: channel.id, epoch, gen, wrap, t: core.clock.now() })
    return put('later', key(epoch, u16be(gen), wrap.subarray(0, 16)), row)
  })
  await core.store.commit(later)
  return { entry, card: new Uint8Array(0), wraps: wraps.slice(0, first) }
}

/** Devices that belong to the channel now and not yet to the epoch. */
export function uncovered(channel: Channel, epoch: Epoch): Device[] {
  const { directory, memb } = channel
  if (epoch.membN === memb.n && epoch.dirN === directory.head.n) return []
  const all = channel.entitled(epoch.seg, memb.n, directory.head.n)
  return all.filter((device) => !channel.isSender(device, epoch))
}

/** AK_{g+1} for newcomers: they read on from here and cannot go back; the others derive it. */
export async function extendEpoch(
  core: Core,
  channel: Channel,
  epoch: Epoch,
  context: Context,
  haste: Haste = 'quiet',
): Promise<Item> {
  const gen = epoch.gen + 1
  const ak = core.replica.epochKey(epoch.id, gen)
  ensure(ak !== null, 'no_key')
  const prekeys = await prekeysOf(core, channel.id, uncovered(channel, epoch))
  const fields = {
    epoch: epoch.id,
    gen,
    ...heads(channel),
    akgCommit: keyCommitment(ak, epoch.core, gen),
    nwraps: prekeys.length,
  }
  const entry = signEntry(KIND.extension, context, fields, core.replica.pair.secretKey)
  channel.apply(decodeEntry(entry) as Parameters<Channel['apply']>[0])
  const wraps = wrapAll(ak, epoch.core, gen, prekeys)
  return sealed(core, channel, entry, { epoch: epoch.id, gen, wraps, haste })
}

/**
 * Brings the wraps that did not travel with their entry, also those of a run that was cut off. Those of an entry
 * that does not stand are dropped once it cannot come to stand any more; whoever has left is left out.
 */
export async function streamWraps(core: Core): Promise<void> {
  const rows = await core.store.list('later')
  for (let at = 0; at < rows.length;) {
    const batch = sameEpoch(rows.slice(at, at + LATER_WRAPS))
    const { log, epoch, gen } = batch.of
    const channel = core.replica.channels.get(log)
    const sealers = channel?.epochs.get(epoch)?.sealers.get(gen) ?? []
    const stands = sealers.some((id) => equal(id, core.replica.identity.device))
    const wraps = batch.all.filter(({ wrap }) => belongs(channel, wrap)).map(({ wrap }) => wrap)
    if (stands && wraps.length > 0 && channel?.members.has(core.replica.identity.person) === true)
      await core.line.call('wraps', { log, epoch, gen, wraps }, core.signer)
    const over = ({ t }: LaterWrap): boolean => stands || core.clock.now() - t > LATER_LIFE
    await core.store.commit(
      batch.all.flatMap((one, i) => (over(one) ? [drop('later', (rows[at + i] as Row).key)] : [])),
    )
    at += batch.all.length
  }
}

/** Is the device that a wrap is for still one of a member's? */
function belongs(channel: Channel | undefined, wrap: Uint8Array): boolean {
  const device = channel?.directory.devices.get(asId<DeviceId>(wrap.subarray(0, 16)))
  return device !== undefined && channel?.members.has(device.person) === true
}

/** After a definite no: these entries do not stand, and nothing of them goes out any more. */
export async function forgetWraps(core: Core, items: readonly Item[]): Promise<void> {
  for (const item of items) {
    const place = placeOfKeys(decodeEntry(item.entry))
    const rows = place === null ? [] : await core.store.list('later', place)
    await core.store.commit(rows.map((row) => drop('later', row.key)))
  }
}

/** Where the wraps of an entry wait. */
function placeOfKeys(entry: Entry): Uint8Array | null {
  if (entry.kind === KIND.announce) return key(epochIdOf(entry), u16be(0))
  if (entry.kind !== KIND.extension) return null
  return key(entry.fields.epoch, u16be(entry.fields.gen))
}

/** The rows at the front that belong to one key: rows are ordered by epoch and generation. */
function sameEpoch(rows: Row[]): { of: LaterWrap; all: LaterWrap[] } {
  const all = rows.map((row) => readRow(laterRow, row.value))
  const of = all[0] as LaterWrap
  const end = all.findIndex((one) => !equal(one.epoch, of.epoch) || one.gen !== of.gen)
  return { of, all: end === -1 ? all : all.slice(0, end) }
}

/** False when a commitment in the log contradicts the key held: nothing is sent under such an epoch. */
export function isSound(core: Core, epoch: Epoch): boolean {
  return [...epoch.commits].every(([gen, commit]) => {
    const ak = core.replica.epochKey(epoch.id, gen)
    return ak === null || equal(keyCommitment(ak, epoch.core, gen), commit)
  })
}

/** This device belongs to the epoch and its key has not come for so long that it never will. */
export function isLost(core: Core, channel: Channel, epoch: Epoch): boolean {
  const { device } = core.replica
  if (device === undefined || !channel.isSender(device, epoch)) return false
  if (core.replica.epochKey(epoch.id, epoch.gen) !== null) return false
  return core.clock.now() - epoch.t > WRAP_PATIENCE
}
