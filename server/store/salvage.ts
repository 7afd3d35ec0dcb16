// What a damaged database still holds, as a database of its own: the box as it was before the first thing that is lost.
// What came after it, the devices bring back (server/org/regrow.ts).
import { concat, equal, toHex } from '../../protocol/bytes.ts'
import { emptyHead, type Head, nextHead, stubOf } from '../../protocol/chain.ts'
import { decodeKept, type Entry } from '../../protocol/entry.ts'
import { asId, type DeviceId, type LogId } from '../../protocol/ids.ts'
import { isMessageKind, type Kind, KIND } from '../../protocol/kinds.ts'
import { MAX_REST } from '../../protocol/api.ts'
import { copyBeside } from './copy-beside.ts'
import { type Db, openReader, openWriter } from './database.ts'
import { type LogKind, LogTable } from './logs.ts'
import { readable, type Row, rowAt } from './readable.ts'
import { checkEntry } from './scrub.ts'
import { plain, type Prepare, preparing } from './statements.ts'

/** Of one log, whose head was at `of`: entries 1 to `kept` stand, `wordless` of them without their words. */
export type SalvagedLog = {
  log: LogId
  kind: LogKind
  kept: number
  of: number
  wordless: number
}

type Stored = { id: LogId; kind: LogKind; parent: LogId | null; head: number }
/**
 * As far as a log stands: of each entry, which of all entries it was as they were taken. `lost`: the least that this can
 * be for the first one that does not stand any more; Infinity: all do. `wordless`: of those taken.
 */
type Whole = { taken: number[]; last: number; lost: number; wordless: number[] }
const NOTHING: Whole = { taken: [], last: 0, lost: 0, wordless: [] }
/** `worded`: its words are those that were signed. */
type Standing = { entry: Entry; head: Head; worded: boolean }

/**
 * Fills a new database at `to` with what can be read at `from` and agrees with its chains. Entries refer to the
 * directory, and answers to their alert: where one of those ends early, so do they.
 */
export function salvage(from: string, to: string, directory: LogId): SalvagedLog[] {
  const [old, fresh] = [openReader(from), openWriter(to)]
  try {
    return fresh.transaction(() => fill(old, fresh, directory))()
  } finally {
    old.close()
    fresh.close()
  }
}

function fill(old: Db, fresh: Db, directory: LogId): SalvagedLog[] {
  const stored = storedLogs(old, directory)
  const statement = preparing(old)
  const whole = placesOf(old, statement, stored)
  const ends = endsOf(stored, whole, directory)
  const logs = new LogTable(fresh)
  const kept = stored.map(({ id, kind, parent, head }) => {
    const { taken, last, wordless } = whole.get(toHex(id)) as Whole
    const stay = taken.filter((at) => at < ends(id, parent))
    if (stay.length > 0) {
      logs.create(id, kind, parent, emptyHead(id).h)
      copyEntries(statement, logs, id, stay)
    }
    const bare = wordless.filter((at) => stay.includes(at)).length
    return { log: id, kind, kept: stay.length, of: Math.max(head, last), wordless: bare }
  })
  copyBeside(old, fresh, kept.find(({ kind }) => kind === 'directory')?.kept ?? 0)
  return kept
}

/** Before which entry, as they were taken, a log has to end. */
function endsOf(
  stored: readonly Stored[],
  whole: ReadonlyMap<string, Whole>,
  directory: LogId,
): (log: LogId, parent: LogId | null) => number {
  const of = (log: LogId): Whole => whole.get(toHex(log)) ?? NOTHING
  // A log of which nothing is left shows nobody that the box has lost something: the directory has to.
  const known = new Set(stored.map(({ id }) => toHex(id)))
  const vanished =
    stored.some(({ id }) => of(id).taken.length === 0) ||
    [...whole.keys()].some((log) => !known.has(log))
  const { taken, lost } = of(directory)
  const all = vanished ? Math.min(lost, taken.at(-1) ?? 0) : lost
  return (log, parent) => {
    if (equal(log, directory)) return all
    return parent === null ? all : Math.min(all, of(parent).lost)
  }
}

/** The directory also where its row cannot be read. */
function storedLogs(db: Db, directory: LogId): Stored[] {
  const rows = readable(db, 'logs').filter(({ kind }) => isKind(kind))
  const stored = rows.map(({ id, kind, parent, head_n }) => ({
    id: asId<LogId>(plain(id as Uint8Array)),
    kind: kind as LogKind,
    parent: parent === null ? null : asId<LogId>(plain(parent as Uint8Array)),
    head: Number(head_n),
  }))
  if (stored.some(({ id }) => equal(id, directory))) return stored
  return [{ id: directory, kind: 'directory', parent: null, head: 0 }, ...stored]
}

const KINDS: readonly unknown[] = ['directory', 'channel', 'answers'] satisfies LogKind[]
const isKind = (kind: unknown): kind is LogKind => KINDS.includes(kind)

function placesOf(db: Db, statement: Prepare, stored: readonly Stored[]): Map<string, Whole> {
  const rows = readable(db, 'entries', 'log, n')
  const byLog = Map.groupBy(rows, ({ log }) => toHex(log as Uint8Array))
  const known = new Set(stored.map(({ id }) => toHex(id)))
  const elsewhere = [...byLog].flatMap(([log, found]) => (known.has(log) ? [] : found.map(takenAt)))
  const gaps = gapsIn(rows.map(takenAt))
  const whole = stored.map(({ id, head }): [string, Whole] => {
    const places = byLog.get(toHex(id)) ?? []
    const walk = { id, head, places, doubtful: [...gaps, ...elsewhere, ...places.map(takenAt)] }
    return [toHex(id), wholeOf(statement, walk)]
  })
  const unknown = [...byLog.keys()].map((log): [string, Whole] => [log, NOTHING])
  return new Map([...unknown, ...whole])
}

const takenAt = ({ at }: Row): number => Number(at)

/** Entries are numbered as they are taken, without a gap: where there is one, something cannot be read. */
function gapsIn(taken: readonly number[]): number[] {
  const sorted = taken.toSorted((a, b) => a - b)
  const gaps = sorted.filter((at, i) => at !== (sorted[i - 1] ?? 0) + 1).map((at) => at - 1)
  return [...gaps, (sorted.at(-1) ?? 0) + 1]
}

type Walk = {
  id: LogId
  head: number
  /** Rows that say that they are of this log, with their place in it. */
  places: Row[]
  /** Where an entry of it may have been that is nowhere now. */
  doubtful: number[]
}

/** From the first entry on, as far as they stand one behind the other. */
function wholeOf(statement: Prepare, { id, head, places, doubtful }: Walk): Whole {
  const byPlace = Map.groupBy(places, ({ n }) => Number(n))
  const last = Math.max(head, ...byPlace.keys())
  const taken: number[] = []
  const wordless: number[] = []
  let changed = 0
  let end = emptyHead(id)
  for (; end.n < last;) {
    const before = end
    const next = (byPlace.get(end.n + 1) ?? [])
      .map((row) => ({ at: takenAt(row), stands: standing(statement, takenAt(row), before) }))
      .find(({ stands }) => stands !== null)
    if (next === undefined || next.stands === null) break
    if (!next.stands.worded && !isMessageKind(next.stands.entry.kind)) break
    if (!next.stands.worded) wordless.push(taken.length)
    if (CHANGES.includes(next.stands.entry.kind)) changed = taken.length
    taken.push(next.at)
    end = next.stands.head
  }
  const [first] = wordless
  if (first !== undefined && comesBack(taken.length - first, changed < first))
    return { taken: taken.slice(0, first), last, lost: taken[first] as number, wordless: [] }
  const bare = wordless.map((i) => taken[i] as number)
  if (end.n === last) return { taken, last, lost: Infinity, wordless: bare }
  const before = taken.at(-1) ?? 0
  return { taken, last, lost: Math.min(...doubtful.filter((at) => at > before)), wordless: bare }
}

/** Who is in a channel, and what devices may bring back. */
const CHANGES: readonly Kind[] = [KIND.create, KIND.add, KIND.remove]

/**
 * Whether a log that ends before an entry without its words gets it back with all that followed: as much as a device
 * can prove, and from the same people. Otherwise that entry stays, and only its words are missing.
 */
const comesBack = (count: number, samePeople: boolean): boolean => count <= MAX_REST && samePeople

/** Null where it cannot be read, or is not the one that was taken there. */
function standing(statement: Prepare, at: number, before: Head): Standing | null {
  try {
    const { h, header, payload } = rowAt(statement, 'entries', at)
    const first = plain(header as Uint8Array)
    const entry = withWords(first, payload as Uint8Array | null)
    const known = entry ?? decodeKept(first)
    const head = nextHead(before, stubOf(known))
    return equal(head.h, h as Uint8Array) ? { entry: known, head, worded: entry !== null } : null
  } catch {
    return null
  }
}

/** Null where they are not what was signed. */
function withWords(header: Uint8Array, payload: Uint8Array | null): Entry | null {
  try {
    const entry = decodeKept(payload === null ? header : concat(header, plain(payload)))
    checkEntry(entry)
    return entry
  } catch {
    return null
  }
}

function copyEntries(
  statement: Prepare,
  logs: LogTable,
  id: LogId,
  taken: readonly number[],
): void {
  const seqs = new Map<string, { device: DeviceId; seq: number }>()
  let before = emptyHead(id)
  for (const at of taken) {
    const { entry, head } = standing(statement, at, before) as Standing
    logs.append(id, head, entry, stubOf(entry))
    before = head
    if (!isMessageKind(entry.kind) || !('seq' in entry.fields)) continue
    const device = asId<DeviceId>(entry.prefix.signer)
    seqs.set(toHex(device), { device, seq: entry.fields.seq })
  }
  for (const { device, seq } of seqs.values()) logs.noteSeq(id, device, seq)
}
