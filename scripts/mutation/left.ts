// Checks that no test can miss when they are taken out, each with its reason. They count as not missed; a run
// does not try them. One that is no longer in the source fails a test (test/scripts/mutation.test.ts).
import type { Check } from './find-checks.ts'

type Left = { file: string; text: string; reason: string }

const CHANNEL = 'protocol/channel.ts'

export const LEFT: readonly Left[] = [
  {
    file: CHANNEL,
    text: "this.authorise('extension', this.members.get(device.person), fields.dirN)",
    reason:
      'today the table lets every member extend, and who is no member is no sender of the epoch either; with another table it decides',
  },
  {
    file: CHANNEL,
    text: "if (before === undefined) throw new TypeError('extension of an unknown epoch')",
    reason: 'for the type: apply comes after check, which has found the epoch',
  },
  {
    file: CHANNEL,
    text: 'if (segment === undefined) throw new TypeError(`no segment ${seg}`)',
    reason: 'for the type: the segment was found before',
  },
  {
    file: 'protocol/directory-apply.ts',
    text: "if (value === undefined) throw new TypeError('applied an entry that was not authorised')",
    reason: 'for the type: apply comes after authorise, which has found it',
  },
  {
    file: 'client/alerts.ts',
    text: "ensure(audience !== undefined, 'not_found', 'audience')",
    reason: 'for the type: the alert was found in a channel that is held',
  },
  {
    file: 'client/audit.ts',
    text: "ensure(expected !== undefined && equal(expected, h), 'forked', 'directory')",
    reason:
      'finds at once what the state at the end shows as well, which holds every hash of the chain',
  },
  {
    file: 'client/channels.ts',
    text: "ensure(made !== null, 'malformed')",
    reason: 'for the type: submit has built the draft when it returns',
  },
  {
    file: 'client/channels.ts',
    text: "ensure(found !== undefined, 'not_found', 'response channel')",
    reason: 'for the type: it was opened just before',
  },
  {
    file: 'client/enrol.ts',
    text: "ensure(row !== null, 'data_missing', 'enrolment')",
    reason: 'for the type: the row was written or found just before',
  },
  {
    file: 'client/enrol.ts',
    text: "ensure(core !== null, 'data_missing')",
    reason: 'for the type: the identity was written before',
  },
  {
    file: 'client/epochs.ts',
    text: "ensure(core0 !== undefined, 'malformed', 'epoch')",
    reason: 'for the type: the announce was applied to the draft just before',
  },
  {
    file: 'client/intake.ts',
    text: "if (head === undefined) throw new TypeError('kept an entry of an unknown log')",
    reason: 'for the type: entries are kept in logs that were found or opened',
  },
  {
    file: 'client/outbox.ts',
    text: "ensure(epoch !== null, 'no_key', 'no epoch yet')",
    reason: 'for the type: areSound has found an epoch in each segment',
  },
  {
    file: 'client/people.ts',
    text: "ensure(made !== undefined, 'person_unknown')",
    reason: 'for the type: one invitation was asked for, and it is made or refused',
  },
  {
    file: 'client/intake-keys.ts',
    text: "ensure(key !== undefined, 'records_mismatch')",
    reason:
      'for the type: an announce under another records key than the directory’s is refused before',
  },
]

export function reasonFor(check: Check): string | undefined {
  return LEFT.find(({ file, text }) => file === check.file && text === check.text)?.reason
}

/** Entries of the list that name no check any more. */
export function outdated(checks: readonly Check[]): Left[] {
  return LEFT.filter((one) => !checks.some((check) => reasonFor(check) === one.reason))
}
