// Why a file has branches that no test in one process takes. Defaults after `??` and `|| null` count as branches of
// their own: where the type says "perhaps" and the code before has made sure, nothing can take them.

const ENDS = 'the connection ends, or the box goes, in the middle of it: by chance in test/faults'
const SURE = 'a default for the type; what it stands for was made sure of before'
const CHILD = 'taken in test/faults and test/cli, in processes of their own, which are not counted'

export const LEFT: Readonly<Record<string, string>> = {
  'client/alerts.ts': 'a choice that the alert does not have, and an answer to a lost key',
  'client/audit.ts':
    'taking entries back in the middle of the reading, a page cut off by a box that is away',
  'client/channels.ts': `${SURE}; people without a role are no members`,
  'client/checkpoint.ts': `${SURE}; the box goes while a new device begins`,
  'client/epochs.ts': 'nothing to extend: looked at before',
  'client/intake-keys.ts': SURE,
  'client/intake.ts': `${SURE}; frames that come before the log they belong to`,
  'client/keep-keys.ts': `${ENDS}; another device was faster`,
  'client/live.ts': ENDS,
  'client/network.ts': ENDS,
  'client/node/sqlite-store.ts': CHILD,
  'client/notices.ts': SURE,
  'client/outbox.ts': `${SURE}; a row that another process has sent meanwhile`,
  'client/people.ts': `${SURE}; a person without a role who changes something`,
  'client/pull.ts': 'an entry that another process has dropped meanwhile',
  'client/recipient-keys.ts': 'more devices without keys than a problem names',
  'client/refusal.ts': 'errors that are no refusals go on as they are',
  'client/replica.ts': SURE,
  'client/response-keys.ts': `${SURE}; a coordinator without the key of the epoch`,
  'client/roster-columns.ts': SURE,
  'client/roster-file.ts': 'a file whose reading fails half way',
  'client/roster.ts': SURE,
  'client/submit.ts': ENDS,
  'client/views.ts': SURE,
  'protocol/channel-apply.ts': `${SURE}: apply comes after check`,
  'protocol/directory-apply.ts': `${SURE}: apply comes after authorise`,
  'protocol/directory-rights.ts': SURE,
  'protocol/directory-snapshot.ts': SURE,
  'protocol/directory.ts': SURE,
  'protocol/kinds.ts': 'kinds are looked up by numbers that the codec has checked',
  'server/store/blobs.ts': `${CHILD}; files that the disk has lost`,
  'server/store/box-keys.ts': CHILD,
  'server/store/database.ts': CHILD,
  'server/store/read-only.ts': CHILD,
  'server/store/reserve.ts': CHILD,
}
