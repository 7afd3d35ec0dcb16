// The one error table: what may go wrong, how HTTP says it, and what a person should do.
import { OPERATOR_ERRORS } from './operator-errors.ts'

export const ERRORS = {
  ...OPERATOR_ERRORS,
  malformed: [
    400,
    'The data is not in the form Holdfast uses.',
    'Update this device, then try again.',
  ],
  unknown_version: [400, 'The data is of a newer version.', 'Update this device or the box.'],
  unknown_suite: [
    400,
    'The data uses unknown or withdrawn cryptography.',
    'Update this device or the box.',
  ],
  too_large: [413, 'That is larger than Holdfast carries.', 'Send less at once.'],
  bad_signature: [
    403,
    'A signature does not match.',
    'Nothing was changed; show this to an administrator.',
  ],
  signature_missing: [401, 'The request is not signed.', 'Use a Holdfast device.'],
  window: [
    401,
    'The signature belongs to an older time window.',
    'The device repeats the request by itself.',
  ],
  replayed: [401, 'This request was seen before.', 'The device repeats the request by itself.'],
  device_unknown: [
    401,
    'The box does not know this device.',
    'Check the address of the box, or join with a new card.',
  ],
  device_revoked: [
    401,
    'This device was removed from the organisation.',
    'Ask an administrator for a new card.',
  ],
  device_pending: [
    403,
    'This device waits for approval.',
    'Approve it on another device of the same person: holdfast approve DEVICE.',
  ],
  not_allowed: [
    403,
    'The role of this person does not allow that.',
    'Ask an administrator or a manager of the channel.',
  ],
  second_signature: [
    403,
    'That takes the signatures of two administrators.',
    'Let a second administrator sign it: holdfast cosign.',
  ],
  last_owner: [409, 'The last owner cannot be removed.', 'Make somebody else an owner first.'],
  not_found: [404, 'There is nothing here for this device.', 'Check the id; run holdfast sync.'],
  card_unknown: [
    404,
    'This box does not know this card.',
    'Check the address of the box and type the card once more.',
  ],
  card_used: [
    410,
    'This card was already used.',
    'If that was not you, tell an administrator at once; ask for a new card.',
  ],
  card_expired: [410, 'This card has expired.', 'Ask an administrator for a new card.'],
  card_revoked: [
    410,
    'This card was withdrawn or replaced by a newer one.',
    'Use the newest card, or ask for a new one.',
  ],
  card_mistyped: [
    400,
    'This is not a Holdfast card: a character is wrong or missing.',
    'Compare it with the paper, group by group.',
  ],
  clock_ahead: [
    400,
    'The clock of this device is days ahead of the clock of the box.',
    'Set the clock, then try again.',
  ],
  card_lifetime: [
    400,
    'The card would be valid for too long.',
    'Cards of coordinators and above live 7 days, others 90.',
  ],
  wrong_organisation: [
    403,
    'This belongs to another organisation.',
    'Check which card or device folder is in use.',
  ],
  person_unknown: [
    404,
    'Nobody in the directory has this id.',
    'List people with: holdfast people.',
  ],
  person_inactive: [
    409,
    'This person has left the organisation.',
    'Invite the person again if that is intended.',
  ],
  checkpoint_false: [
    409,
    'The checkpoint does not match the directory.',
    'Show this to an administrator: it tells newcomers something else than the log.',
  ],
  already_exists: [409, 'That exists already.', 'Run holdfast sync to see it.'],
  already_member: [409, 'This person is already in the channel.', 'Nothing to do.'],
  not_member: [409, 'This person is not in the channel.', 'Nothing to do.'],
  channel_fixed: [409, 'The people of a direct channel cannot change.', 'Create a group instead.'],
  channel_full: [409, 'The channel holds as many people as it can.', 'Create a second one.'],
  too_many_devices: [
    409,
    'This person has as many devices as they may have.',
    'Revoke one that is no longer used.',
  ],
  unknown_head: [
    409,
    'The sender has seen something that this log does not hold.',
    'The device synchronises and sends again.',
  ],
  directory_behind: [
    409,
    'The directory has to be synchronised first.',
    'The device does this by itself.',
  ],
  memb_moved: [
    409,
    'The membership has changed meanwhile.',
    'The device synchronises and tries again.',
  ],
  epoch_moved: [
    409,
    'The keys of the channel have changed meanwhile.',
    'The device synchronises and sends again.',
  ],
  epoch_stale: [
    409,
    'Somebody was removed: the channel needs new keys first.',
    'The device makes them and sends again.',
  ],
  epoch_commit: [409, 'Two different keys claim to be the same.', 'Show this to an administrator.'],
  no_key: [
    409,
    'This device holds no key for that yet.',
    'Somebody who is in the channel has to come online; run holdfast sync.',
  ],
  no_prekey: [
    409,
    'A device has no usable key to seal to, so it cannot read what comes next.',
    'Let the person open Holdfast on it, or give them a new card: holdfast invite --person ID.',
  ],
  seq_low: [
    409,
    'The sender has already used a later number.',
    'The device synchronises and sends again.',
  ],
  mid_conflict: [409, 'Another message has this id.', 'Show this to an administrator.'],
  records_mismatch: [
    409,
    'The keys do not match the records policy of the channel.',
    'Show this to an administrator.',
  ],
  cannot_open: [422, 'The sealed content does not open.', 'Show this to an administrator.'],
  forked: [
    409,
    'The box has shown different histories to different devices.',
    'Stop trusting this box; tell an administrator by another way.',
  ],
  rolled_back: [
    502,
    'The box has lost what it had confirmed, or hides it.',
    'Tell an administrator: the box may be an older copy of itself.',
  ],
  withheld: [
    502,
    'The box holds back something that this device should have.',
    'Tell an administrator by another way.',
  ],
  file_conflict: [
    409,
    'The box holds something else under the name of this file.',
    'Send the file anew.',
  ],
  file_quota: [
    413,
    'This device has stored as many files as it may.',
    'Delete files that are no longer needed, or let a colleague send it.',
  ],
  file_changed: [
    409,
    'The file is gone or has changed since it was chosen.',
    'Choose it again and send it anew.',
  ],
  file_damaged: [
    422,
    'The file is not what its sender has sent.',
    'Fetch it again; if that does not help, ask the sender to send it anew.',
  ],
  push_host: [
    400,
    'The box sends no push to this address.',
    'Use a browser whose maker runs a known push service.',
  ],
  rate_limited: [429, 'Too much at once.', 'The device waits and tries again.'],
  disk_full: [
    507,
    'The disk of the box is full.',
    'Free space on the box; what was accepted before is safe.',
  ],
  read_only: [
    503,
    'The disk of the box takes no writes at the moment.',
    'Look after the disk of the box; what was accepted before is safe and can be read.',
  ],
  draining: [503, 'The box is shutting down.', 'The device tries again by itself.'],
  restoring: [
    503,
    'The box was brought back from a backup and waits for what its devices hold.',
    'Nothing: what waits goes out when administrators have confirmed it (holdfast restored).',
  ],
  not_restoring: [
    409,
    'The box was not brought back from a backup, and still knows less than this device.',
    'Tell an administrator: either it was tampered with, or nobody has said that it was restored.',
  ],
  box_failed: [500, 'The box failed.', 'Look into the log of the box.'],
  box_unreachable: [503, 'The box cannot be reached.', 'Check the address and the network.'],
  wrong_box: [
    502,
    'What answers at this address is not the box of this organisation.',
    'Check the address.',
  ],
} as const satisfies Record<string, readonly [status: number, sentence: string, todo: string]>

export type ErrorCode = keyof typeof ERRORS

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERRORS, value)
}

/** A refusal that a person or the other side can act on. `detail` never holds secrets or content. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly code: ErrorCode
  readonly detail: string

  constructor(code: ErrorCode, detail = '', options?: ErrorOptions) {
    super(detail === '' ? ERRORS[code][1] : `${ERRORS[code][1]} (${detail})`, options)
    this.code = code
    this.detail = detail
  }

  get status(): number {
    return ERRORS[this.code][0]
  }

  get todo(): string {
    return ERRORS[this.code][2]
  }
}

/** Throws `code` unless `condition` holds. */
export function ensure(condition: boolean, code: ErrorCode, detail = ''): asserts condition {
  if (!condition) throw new ProtocolError(code, detail)
}
