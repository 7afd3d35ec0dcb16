// Everything that a page can ask of the device, by name.
import { answer, raise } from './calls/alerts.ts'
import {
  addMembers,
  openAudienceOfAll,
  openChannel,
  openDirect,
  removeMembers,
} from './calls/channels.ts'
import {
  clearFiles,
  goOnWithFile,
  openFile,
  pauseFile,
  sendFile,
  thumbnail,
} from './calls/files.ts'
import { setAway } from './calls/away.ts'
import { lockNow, setLock, unlock } from './calls/lock.ts'
import { mark, markRead, saveDraft, send, takeBack } from './calls/messages.ts'
import {
  approve,
  changeRole,
  checkCard,
  cosign,
  handOver,
  invite,
  inviteAgain,
  join,
  readProposal,
  revoke,
  rootIsOnPaper,
  sayRestored,
  welcomed,
} from './calls/people.ts'
import { changeData, makeCards, readRoster } from './calls/roster.ts'
import { compare } from './calls/verification.ts'
import { muteChat, pushArrived, pushKey, subscribe, testPush } from './calls/push.ts'
import { dismissNews, hurry, wipe } from './calls/device.ts'
import { exportMine } from './calls/export.ts'
import { muteChannel } from './calls/mute.ts'
import { lineOf, search } from './calls/search.ts'
import { tally } from './calls/tally.ts'

export const CALLS = {
  checkCard,
  join,
  sayRestored,
  rootIsOnPaper,
  welcomed,
  send,
  mark,
  markRead,
  saveDraft,
  takeBack,
  sendFile,
  openFile,
  thumbnail,
  pauseFile,
  goOnWithFile,
  clearFiles,
  raise,
  answer,
  openChannel,
  openAudienceOfAll,
  openDirect,
  addMembers,
  removeMembers,
  invite,
  inviteAgain,
  revoke,
  approve,
  handOver,
  readProposal,
  cosign,
  changeRole,
  setAway,
  readRoster,
  makeCards,
  changeData,
  compare,
  pushKey,
  subscribe,
  muteChat,
  testPush,
  pushArrived,
  unlock,
  setLock,
  lockNow,
  hurry,
  dismissNews,
  muteChannel,
  search,
  lineOf,
  exportMine,
  tally,
  wipe,
}

/** What changes nothing: no view is worked out anew after it. */
export const READS: ReadonlySet<string> = new Set<keyof typeof CALLS>([
  'search',
  'lineOf',
  'exportMine',
  'tally',
  'checkCard',
  'readProposal',
])

/** What may be done twice without harm: asked for again when the tab that held the device is gone. */
export const REPEATABLE: ReadonlySet<string> = new Set<keyof typeof CALLS>([
  'search',
  'lineOf',
  'exportMine',
  'tally',
  'checkCard',
  'readProposal',
  'rootIsOnPaper',
  'welcomed',
  'send',
  'sendFile',
  'openFile',
  'thumbnail',
  'pauseFile',
  'goOnWithFile',
  'clearFiles',
  'raise',
  'answer',
  'markRead',
  'saveDraft',
  'hurry',
  'subscribe',
  'muteChat',
  'pushArrived',
  'dismissNews',
  'readRoster',
  'compare',
  'muteChannel',
])
