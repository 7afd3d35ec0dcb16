// Judges the messages of a channel. Who may send follows from the newest epoch of the sender's segment.
import type { Channel, MessageEntry } from './channel.ts'
import { verifyEntry } from './entry.ts'
import { ensure } from './errors.ts'
import { asId, type DeviceId } from './ids.ts'
import { rings } from './kinds.ts'
import { checkPayload, messageWraps } from './payload.ts'
import { actOfMessage } from './permissions.ts'

/** Throws the reason why the message may not stand next. */
export function checkMessage(channel: Channel, entry: MessageEntry): void {
  const device = channel.directory.devices.get(asId<DeviceId>(entry.prefix.signer))
  ensure(device !== undefined, 'device_unknown')
  const member = channel.members.get(device.person)
  ensure(member !== undefined, 'not_allowed', 'not in the channel')
  const epoch = channel.currentEpoch(member.seg)
  ensure(epoch !== null, 'epoch_stale')
  ensure(channel.isSender(device, epoch), 'not_allowed', 'not in the epoch')
  verifyEntry(entry, device.signPk)
  channel.authorise(actOfMessage(entry.kind), member, channel.dirN)
  ensure(entry.fields.seq > (channel.seqs.get(device.id) ?? 0), 'seq_low')
  // Answers name an alert by its message id alone: a second one would draw them to itself.
  ensure(!rings(entry.kind) || !channel.alerts.has(entry.fields.mid), 'mid_conflict', 'alert')
  ensure(entry.fields.nseg === channel.segments.length, 'epoch_moved', 'segments')
  ensure(!channel.isStale(member.seg, channel.dirN), 'epoch_stale')
  if (entry.payload !== null) checkWraps(channel, entry)
}

/** Each current segment exactly once, in order, under its newest epoch, none of them stale. */
function checkWraps(channel: Channel, entry: MessageEntry): void {
  checkPayload(entry)
  const wraps = messageWraps(entry)
  for (const [i, wrap] of wraps.list.entries()) {
    const epoch = channel.epochs.get(wrap.epoch)
    ensure(epoch !== undefined && channel.currentEpoch(epoch.seg) === epoch, 'epoch_moved')
    ensure(wraps.trimmed || epoch.seg === i, 'epoch_moved')
    ensure(wrap.gen <= epoch.gen, 'epoch_moved')
    ensure(!channel.isStale(epoch.seg, channel.dirN), 'epoch_stale')
  }
}
