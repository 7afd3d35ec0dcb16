// What pages and the service worker say to each other. A window of the release before listens, too: the words stay.

/** A page to the service worker: is there a newer release; and it may take over (ui/update.ts). */
export const LOOK = 'look'
export const TAKE_OVER = 'take over'
/** The service worker to pages: one is kept and waits; and it has taken over. */
export const WAITS = 'waits'
export const CHANGED = 'changed'
/** The service worker to pages: it has stored something, and what is on the screen is old. */
export const PUSHED = 'pushed'
export const ANSWERED = 'answered'
/** Background Sync: what waits is to be sent. */
export const OUTBOX = 'outbox'
/** One notification at a time, the one of what matters most. */
export const TAG = 'holdfast'
