// What the box lets one address or one device do, in one table. Only what fails counts against an
// address, so that 500 people behind one office router can enrol and work.
export type Bucket = { burst: number; perSecond: number }

export const LIMITS = {
  /** Unsigned or wrongly signed requests of one address (IPv6: of one /64). */
  strangers: { burst: 60, perSecond: 0.2 },
  /** Failed enrolments of one address: 10 an hour. */
  failedEnrolments: { burst: 10, perSecond: 10 / 3600 },
  /** Failed enrolments of all addresses together: 200 an hour. */
  failedEnrolmentsInAll: { burst: 200, perSecond: 200 / 3600 },
  /** Whatever one device writes. */
  writes: { burst: 100, perSecond: 20 },
  /**
   * Cards for oneself, absences and releases from one device of somebody who is no administrator: everybody takes the whole
   * directory, and keeps it. A batch may overdraw it by as much again, and then the device waits for longer.
   */
  directory: { burst: 30, perSecond: 1 / 60 },
  /** Catch-ups of one device. */
  reads: { burst: 200, perSecond: 20 },
  /** Parts of files, a MiB each: a fast line is used, a flood is not. */
  files: { burst: 64, perSecond: 32 },
  /** Pushes that a device asks for to see whether they arrive. */
  pushTests: { burst: 5, perSecond: 1 / 60 },
  /** Prekeys one device may ask for: 10,000 an hour. */
  prekeys: { burst: 12_000, perSecond: 10_000 / 3600 },
} as const satisfies Record<string, Bucket>

export const MAX_HEADER_BYTES = 8 * 1024
export const HEADERS_TIMEOUT = 10_000
export const REQUEST_TIMEOUT = 30_000
/** Longer than devices pause between two requests, so that a reused connection is not cut under one. */
export const KEEP_ALIVE = 75_000
export const CONNECTIONS_PER_DEVICE = 3
export const CONNECTIONS_PER_ORGANISATION = 12_000
/** A reader that falls behind by more is cut off: it pulls what it missed. */
export const MAX_BUFFERED = 1024 * 1024
/** Encoded entries that are kept for the next who catches up. */
export const MAX_BACKLOG = 32 * 1024 * 1024
/** A signed head is good for this long: in a storm thousands ask for the same one. */
export const HEAD_LIFE = 1000
/** A silent connection is found dead after two of these, on both sides. */
export const ALIVE_INTERVAL = 25_000
export const HELLO_TIMEOUT = 10_000
export const PARCELS_PER_DEVICE = 200
/** Files of one device, padded and sealed: 5 GiB (security.md, section 6). */
export const FILE_BYTES_PER_DEVICE = 5 * 1024 ** 3
/** Of what files hold and what is free, files leave a fifth to everything else. */
export const FILE_DISK_SHARE = 0.8
/** An upload that has not moved for a day is given up; devices begin it anew. */
export const ABANDONED_AFTER = 24 * 60 * 60_000
export const SWEEP_INTERVAL = 60 * 60_000
/** How soon a new certificate is noticed. */
export const RENEWAL_INTERVAL = 10_000
/** How often a certificate that ends is told in the log. */
export const AGE_INTERVAL = 24 * 60 * 60_000
/** How long a stopping box waits for requests under way. */
export const DRAIN_TIME = 5_000
/** Space that a full disk leaves to alerts, keys and administration; little beside any disk of a box. */
export const RESERVE_BYTES = 32 * 1024 * 1024
/** Made only where it does not fill the disk itself. */
export const RESERVE_MARGIN = 8 * 1024 * 1024
const DAY = 24 * 60 * 60 * 1000
/** How long the clock of the box has to run evenly after it was set, before it may expire cards again. */
export const STEADY_AFTER = DAY
/**
 * How far beyond log time the clock of a box that has just started may stand and still expire cards: two
 * quarters without any administrator. A clock further ahead is more likely wrong, and waits a day as well.
 */
export const PLAUSIBLE_AHEAD = 180 * DAY
