// Every view that a page can watch, by name.
import { alertView, unsentAlertView } from './views/alert.ts'
import { cardsView } from './views/cards.ts'
import { channelsView, channelView } from './views/channels.ts'
import { holdersView } from './views/holders.ts'
import { keysView } from './views/keys.ts'
import { linesView, messageView } from './views/lines.ts'
import { nowView } from './views/now.ts'
import { peopleView, personView } from './views/people.ts'
import { pinnedView } from './views/pinned.ts'
import { pushView } from './views/push.ts'
import { releasesView } from './views/releases.ts'
import { stageView } from './views/stage.ts'
import { verificationView } from './views/verification.ts'

export const VIEWS = {
  stage: stageView,
  push: pushView,
  now: nowView,
  channels: channelsView,
  channel: channelView,
  lines: linesView,
  message: messageView,
  pinned: pinnedView,
  holders: holdersView,
  alert: alertView,
  unsentAlert: unsentAlertView,
  people: peopleView,
  person: personView,
  cards: cardsView,
  verification: verificationView,
  keys: keysView,
  releases: releasesView,
}
