// Keys as they come in: wraps, and the commitments they are held against.
import { concat, equal, fromHex, toHex, u16be, u64be } from '../protocol/bytes.ts'
import type { Channel } from '../protocol/channel.ts'
import type { Epoch } from '../protocol/channel-state.ts'
import type { EntryOf } from '../protocol/entry.ts'
import {
  checkRecordsWrap,
  decodeEpochWrap,
  keyCommitment,
  openEpochKey,
  responsePublic,
} from '../protocol/epoch-keys.ts'
import { ensure, type ErrorCode } from '../protocol/errors.ts'
import type { Frame } from '../protocol/frames.ts'
import type { EpochId, Hash, LogId } from '../protocol/ids.ts'
import type { KIND } from '../protocol/kinds.ts'
import { META, type Replica } from './replica.ts'
import { refusalOf } from './refusal.ts'
import { countRow, keyRow, wrapRow, writeRow } from './rows.ts'
import { drop, put, type Write } from './store.ts'

/** What the handling of keys needs of the intake around it. */
export type KeyIntake = {
  readonly replica: Replica
  readonly writes: Write[]
  readonly unlocked: LogId[]
  problem(log: LogId, n: number, code: ErrorCode, detail: string): void
}

/** Whoever holds the key checks what newcomers are promised: a false commitment locks them out. */
export function takeExtension(
  intake: KeyIntake,
  channel: Channel,
  { fields }: EntryOf<typeof KIND.extension>,
): void {
  const epoch = channel.epochs.get(fields.epoch)
  const ak = intake.replica.epochKey(fields.epoch, fields.gen)
  const sound =
    ak === null ||
    epoch === undefined ||
    equal(keyCommitment(ak, epoch.core, fields.gen), fields.akgCommit)
  if (!sound) intake.problem(channel.id, channel.head.n, 'epoch_commit', 'extension')
  tryWrap(intake, channel, fields.epoch, fields.gen)
}

/** Members of the response channel recompute the key that answers will be sealed to. */
export function checkResponseKey(intake: KeyIntake, audience: Channel): void {
  const key = audience.respKeys.at(-1)
  const ak0 = key === undefined ? null : intake.replica.epochKey(key.epoch, 0)
  if (key === undefined || ak0 === null) return
  const sound = equal(responsePublic(ak0, audience.id), key.publicKey)
  if (!sound) intake.problem(audience.id, audience.head.n, 'epoch_commit', 'response key')
}

export function takeWrap(
  intake: KeyIntake,
  { id, log, epoch, gen, wrap }: Extract<Frame, { type: 'wrap' }>,
): void {
  const replica = intake.replica
  if (id > replica.wrapsSeen) {
    replica.wrapsSeen = id
    intake.writes.push(put('meta', META.wrapsSeen, writeRow(countRow, { value: id })))
  }
  // Several may claim the same place: noise from one sealer must not hide the wrap of another.
  const slot = concat(epoch, u16be(gen), u64be(id))
  replica.wraps.set(toHex(slot), { log, wrap })
  intake.writes.push(put('wraps', slot, writeRow(wrapRow, { log, wrap })))
  const channel = replica.channels.get(log)
  if (channel !== undefined) tryWrap(intake, channel, epoch, gen)
}

/** Opens the wrap of an announced key, when both have come. */
export function tryWrap(intake: KeyIntake, channel: Channel, epochId: EpochId, gen: number): void {
  const { replica } = intake
  const epoch = channel.epochs.get(epochId)
  const commit = epoch?.commits.get(gen)
  if (epoch === undefined || commit === undefined) return
  const place = toHex(concat(epochId, u16be(gen)))
  for (const [slot, { wrap }] of replica.wraps) {
    if (!slot.startsWith(place)) continue
    replica.wraps.delete(slot)
    intake.writes.push(drop('wraps', fromHex(slot)))
    const held = replica.keys.get(epochId)
    if (held === undefined || held.gen > gen) openWrap(intake, channel.id, epoch, gen, commit, wrap)
  }
}

function openWrap(
  intake: KeyIntake,
  log: LogId,
  epoch: Epoch,
  gen: number,
  commit: Hash,
  bytes: Uint8Array,
): void {
  const { replica } = intake
  try {
    const wrap = decodeEpochWrap(bytes)
    const seed = replica.prekeys.get(wrap.pkid)?.seed
    const mine = equal(wrap.device, replica.identity.device)
    ensure(mine && seed !== undefined, 'cannot_open', 'prekey')
    const ak = openEpochKey(wrap, epoch.core, gen, commit, seed)
    checkRecords(replica, epoch, gen, ak)
    hold(intake, log, epoch.id, gen, ak)
  } catch (error) {
    intake.problem(log, epoch.n, refusalOf(error).code, 'key of an epoch')
  }
}

function hold(
  intake: KeyIntake,
  channel: LogId,
  epoch: EpochId,
  gen: number,
  ak: Uint8Array,
): void {
  intake.replica.keys.set(epoch, { channel, gen, ak })
  intake.writes.push(put('keys', epoch, writeRow(keyRow, { channel, gen, ak })))
  intake.unlocked.push(channel)
}

/** A founding member recomputes the whole wrap to the records key; newcomers trust that one did. */
function checkRecords(replica: Replica, epoch: Epoch, gen: number, ak: Uint8Array): void {
  const { records } = epoch
  if (records === null || gen > 0) return
  const key = replica.directory.records.find(({ id }) => equal(id, records.key))
  ensure(key !== undefined, 'records_mismatch')
  checkRecordsWrap(ak, epoch.core, key.publicKey, records.wrap)
}
