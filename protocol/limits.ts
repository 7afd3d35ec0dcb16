// Every size, count and lifetime that both sides hold each other to, with its reason.
const KIB = 1024
const MINUTE = 60_000
export const DAY = 24 * 60 * MINUTE

/** One sealed body: longer texts belong into files; bounds what a hostile member makes others store. */
export const MAX_BODY = 64 * KIB
/** Header, wraps of 20 segments and body. */
export const MAX_ENTRY = MAX_BODY + 8 * KIB
/** Request bodies are hashed before they are used, so they have to fit in memory many times over. */
export const MAX_REQUEST = 1024 * KIB
/** One page of a catch-up: 80 s at 100 kbit/s, short enough to show progress. */
export const SYNC_PAGE = 768 * KIB
/** Characters are not bytes: 16 KiB of UTF-8 is about ten printed pages. */
export const MAX_TEXT = 16 * KIB

/** Directory: display name, mail, mobile, department, site and title of one person. */
export const MAX_PROFILE = 2 * KIB
export const MAX_TITLE = 200
/** Why somebody is away and who stands in for them: a line, not a letter. */
export const MAX_NOTE = 200
/** Every absence has one size: the box does not learn whether it is one, nor how much there is to say. */
export const ABSENCE_BYTES = 256
/** A number and a hash; one size, so that the box does not learn which release a device runs. */
export const RUNNING_BYTES = 64
export const MAX_DEVICES_PER_PERSON = 8
/** Larger batches would hold the box's only writer for too long. */
export const MAX_BATCH = 256

/** security.md section 6: what one epoch announcement of one segment can address. */
export const SEGMENT_PERSONS = 512
export const MAX_SEGMENTS = 20
export const MAX_GROUP_PERSONS = 500
export const MAX_AUDIENCE_PERSONS = SEGMENT_PERSONS * MAX_SEGMENTS
export const MAX_SUBJECTS = 256
/** 608 KB of wraps for a full segment fit in one request; more arrive in further ones. */
export const MAX_WRAPS = 800
/** device16 ‖ pkid4 ‖ X-Wing ciphertext 1120 ‖ sealed key 48. */
export const EPOCH_WRAP_BYTES = 1188
export const MAX_GEN = 0xffff

/** Cards of people who may change rights live a week, others until the next quarterly exercise. */
export const CARD_LIFE_STAFF = 90 * DAY
export const CARD_LIFE_TRUSTED = 7 * DAY
/** A device of an administrator signs the state once the log has grown by so much since it last did. */
export const CHECKPOINT_EVERY = 1000
/** 10,000 persons with a device each take 4 MB, their chain hashes 1 MB. */
export const MAX_CHECKPOINT = 64 * 1024 * KIB

/** How far one signed entry moves log time forward: a single administrator cannot expire everything. */
export const LOG_TIME_STEP = 2 * DAY

/** The box refuses directory entries from further in the future: their time decides what expires. */
export const CLOCK_LEAD = 2 * DAY

/** A reminder to rotate in quiet times; the newest epoch serves whatever its age. */
export const EPOCH_LIFE = 7 * DAY
export const PREKEY_LIFE = 7 * DAY
/** An old prekey is kept this long after its replacement, for wraps that were made before it. */
export const PREKEY_GRACE = 35 * DAY
/** A device that was away for longer needs a new card. */
export const PREKEY_LAST_RESORT = 400 * DAY

/** How often the box changes its window value; the current and the previous one are accepted. */
export const WINDOW_LIFE = 5 * MINUTE
/** A clock further off than this is worth a word to the person. */
export const CLOCK_TOLERANCE = 5 * MINUTE

export const MAX_HISTORY = 1000
/** What a receipt names of what its device lacks; a device with more of them claims less. */
export const MAX_GAPS = 16
/** Receipts of an audience at its largest, two devices a person, every one of them as long as it gets. */
export const MAX_RECEIPTS = 10 * 1024 * KIB
export const FILE_CHUNK = 64 * KIB
/** A chunk as the box holds it: nonce 24 ‖ chunk ‖ tag 16. */
export const SEALED_CHUNK_BYTES = 24 + FILE_CHUNK + 16
/** One request carries this many sealed chunks: 1 MiB, resumed one at a time. */
export const FILE_PART_CHUNKS = 16
/** A picture that shows what a file is; a body holds it beside the longest text. */
export const MAX_THUMBNAIL = 24 * KIB
export const MAX_FILE = 2 * 1024 * 1024 * KIB
/** 2 GiB need no padding: 32,768 chunks of nonce, content and tag. */
export const MAX_FILE_SEALED = (MAX_FILE / FILE_CHUNK) * SEALED_CHUNK_BYTES
