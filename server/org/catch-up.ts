// What one device may have of each log, as frames: the directory, every channel its person is or was
// in, and the answers that its person may read. Reads only what is committed.
import { joinFrames, encodeFrame, type Frame } from '../../protocol/frames.ts'
import type { AnswerLog } from '../../protocol/answer-log.ts'
import type { Channel } from '../../protocol/channel.ts'
import type { Device } from '../../protocol/directory-state.ts'
import { decodeEntry, type EntryOf } from '../../protocol/entry.ts'
import { concat } from '../../protocol/bytes.ts'
import { type DeviceId, IdMap, type LogId, type PersonId } from '../../protocol/ids.ts'
import { isMessageKind, type MessageKind } from '../../protocol/kinds.ts'
import { SYNC_PAGE } from '../../protocol/limits.ts'
import { trimEntry } from '../../protocol/payload.ts'
import type { EntryRow } from '../store/logs.ts'
import type { Organisation } from './organisation.ts'

const ROWS = 256

/** Frames up to one page; says whether the page is full. */
class Page {
  readonly frames: Uint8Array[] = []
  #size = 0

  get full(): boolean {
    return this.#size >= SYNC_PAGE
  }

  add(frame: Frame): void {
    this.push(encodeFrame(frame))
  }

  push(bytes: Uint8Array): void {
    this.frames.push(bytes)
    this.#size += bytes.length + 4
  }
}

type Known = { have: { log: LogId; n: number }[]; wrapsSeen: number }

/** One page for a device. `headOf` signs the head of a log; a full page ends with a `more` frame. */
export function catchUp(
  org: Organisation,
  device: Device,
  known: Known,
  headOf: (log: LogId) => Uint8Array,
): Uint8Array {
  const have = new IdMap<LogId, number>()
  for (const { log, n } of known.have) have.set(log, n)
  const page = new Page()
  const logs = device.from === null ? [org.directory.log] : readableLogs(org, device.person)
  addWraps(org, device.id, known.wrapsSeen, page)
  for (const log of logs) {
    if (page.full) break
    addLog(org, device.person, log, have.get(log) ?? 0, page)
    const left = org.channels.get(log)?.members.has(device.person) === false
    if (!page.full && !left) page.add({ type: 'head', bytes: headOf(log) })
  }
  addParcels(org, device.id, page)
  if (page.full) page.add({ type: 'more' })
  return joinFrames(page.frames)
}

/** A page of the directory's entries from an index on, for whoever began with a checkpoint. */
export function directoryPage(org: Organisation, from: number): Uint8Array {
  const page = new Page()
  const { log } = org.directory
  for (let next = Math.max(1, from); !page.full;) {
    const rows = org.store.committed.logs.range(log, next, Number.MAX_SAFE_INTEGER, ROWS)
    for (const row of rows) if (!page.full) page.add(entryFrame(row))
    next += rows.length
    if (rows.length < ROWS) break
  }
  return joinFrames(page.frames)
}

/** The directory first: everything else is judged by it. */
function readableLogs(org: Organisation, person: PersonId): LogId[] {
  const channels = [...org.channels.values()].filter((channel) => channel.spans.has(person))
  const answers = [...org.answers.values()].filter((log) => mayReadAnswers(org, log, person))
  return [
    org.directory.log,
    ...channels.map((channel) => channel.id),
    ...answers.map((log) => log.id),
  ]
}

/** Coordinators who were alerted too: whoever does not know the alert could not judge its answers. */
export function mayReadAnswers(org: Organisation, log: AnswerLog, person: PersonId): boolean {
  if (!log.channel.readable(person, log.alertN)) return false
  return log.readers().some((id) => org.channels.get(id)?.members.has(person) ?? false)
}

function addLog(org: Organisation, person: PersonId, log: LogId, have: number, page: Page): void {
  const channel = org.channels.get(log)
  const shared = channel === undefined ? null : sharedBy(org, channel, person, have)
  for (let after = have; !page.full;) {
    const known = shared?.[after + 1]
    if (known !== undefined) {
      page.push(known)
      after += 1
      continue
    }
    const rows = org.store.committed.logs.range(log, after + 1, Number.MAX_SAFE_INTEGER, ROWS)
    for (const row of rows) {
      const frame = channel === undefined ? entryFrame(row) : channelFrame(channel, person, row)
      if (frame === null) return
      const bytes = encodeFrame(frame)
      if (shared !== null) org.backlog.keep(shared, row.n, bytes)
      page.push(bytes)
      after = row.n
      if (page.full) return
    }
    if (rows.length < ROWS) return
  }
}

/**
 * The frames that this reader shares with all others of the segment: those of a member who has been in since
 * before what is asked for. Null for everybody else: they get stubs, or an end.
 */
function sharedBy(
  org: Organisation,
  channel: Channel,
  person: PersonId,
  have: number,
): Uint8Array[] | null {
  const span = channel.spans.get(person)?.at(-1)
  if (span === undefined || span.to !== null || span.from > have + 1) return null
  return org.backlog.of(channel.id, span.seg)
}

function entryFrame(row: EntryRow): Frame {
  const bytes = row.payload === null ? row.header : concat(row.header, row.payload)
  return { type: 'entry', n: row.n, bytes }
}

/**
 * Operations and epochs are for every member, from the first; messages from the person's admission on.
 * Null after the person's removal: the log ends there for them.
 */
export function channelFrame(channel: Channel, person: PersonId, row: EntryRow): Frame | null {
  const spans = channel.spans.get(person) ?? []
  const last = spans.at(-1)
  if (last === undefined || (last.to !== null && row.n > last.to)) return null
  if (!isMessageKind(row.stub.kind)) return entryFrame(row)
  const span = spans.find(({ from, to }) => from <= row.n && (to === null || row.n <= to))
  if (span === undefined) return { type: 'stub', log: channel.id, n: row.n, stub: row.stub }
  if (row.payload === null) return { type: 'header', n: row.n, bytes: row.header }
  const bytes = concat(row.header, row.payload)
  if (channel.segments.length === 1) return { type: 'entry', n: row.n, bytes }
  return { type: 'entry', n: row.n, bytes: trimmedFor(bytes, span.seg) }
}

function trimmedFor(bytes: Uint8Array, seg: number): Uint8Array {
  const entry = decodeEntry(bytes) as EntryOf<MessageKind>
  return entry.fields.nseg === 1 ? bytes : trimEntry(entry, seg)
}

function addWraps(org: Organisation, device: DeviceId, seen: number, page: Page): void {
  for (let after = seen; !page.full;) {
    const rows = org.store.committed.mailbox.wrapsAfter(device, after, ROWS)
    for (const { id, log, epoch, gen, bytes } of rows) {
      page.add({ type: 'wrap', id, log, epoch, gen, wrap: bytes })
      after = id
      if (page.full) return
    }
    if (rows.length < ROWS) return
  }
}

function addParcels(org: Organisation, device: DeviceId, page: Page): void {
  if (page.full) return
  for (const { id, bytes } of org.store.committed.mailbox.parcels(device, ROWS)) {
    page.add({ type: 'parcel', id, bytes })
    if (page.full) return
  }
}
