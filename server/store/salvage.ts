// What a damaged database still holds, as a database of its own: the box as it was before the first thing that is lost.
// What came after it, the devices bring back (server/org/regrow.ts).
import { concat, equal, toHex } from '../../protocol/bytes.ts'
import { emptyHead, type Head, nextHead, stubOf } from '../../protocol/chain.ts'
import { decodeKept, type Entry } from '../../protocol/entry.ts'
import { asId, type DeviceId, type LogId } from '../../protocol/ids.ts'
import { isMessageKind } from '../../protocol/kinds.ts'
import { copyBeside } from './copy-beside.ts'
import { type Db, openReader, openWriter } from './database.ts'
import { type LogKind, LogTable } from './logs.ts'
import { readable, rowAt } from './readable.ts'
import { checkEntry } from './scrub.ts'
import { plain, type Prepare, preparing } from './statements.ts'

/** Of one log, whose head was at `of`: entries 1 to `kept` stand. */
export type SalvagedLog = { log: LogId; kind: LogKind; kept: number; of: number }

type Stored = { id: LogId; kind: LogKind; parent: LogId | null; head: number }
/**
 * As far as a log stands: of each entry, which of all entries it was as they were taken. `lost`: the same of the first one
 * that does not stand any more; Infinity: all do.
 */
type Whole = { taken: number[]; last: number; lost: number }
const NOTHING: Whole = { taken: [], last: 0, lost: 0 }

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
    const { taken, last } = whole.get(toHex(id)) as Whole
    const stay = taken.filter((at) => at < ends(id, parent))
    if (stay.length > 0) {
      logs.create(id, kind, parent, emptyHead(id).h)
      copyEntries(statement, logs, id, stay)
    }
    return { log: id, kind, kept: stay.length, of: Math.max(head, last) }
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
  const taken = new Set(rows.map(({ at }) => Number(at)))
  const byLog = Map.groupBy(rows, ({ log }) => toHex(log as Uint8Array))
  const known = stored.map(({ id, head }): [string, Whole] => {
    const places = byLog.get(toHex(id)) ?? []
    const at = new Map(places.map((row) => [Number(row['n']), Number(row['at'])]))
    return [toHex(id), wholeOf(statement, id, head, at, taken)]
  })
  const unknown = [...byLog.keys()].map((log): [string, Whole] => [log, NOTHING])
  return new Map([...unknown, ...known])
}

/** From the first entry on, as far as they stand one behind the other. `at`: by their number in the log. */
function wholeOf(
  statement: Prepare,
  id: LogId,
  head: number,
  at: ReadonlyMap<number, number>,
  everything: ReadonlySet<number>,
): Whole {
  const last = Math.max(head, ...at.keys())
  const taken: number[] = []
  for (let end = emptyHead(id); end.n < last;) {
    const place = at.get(end.n + 1)
    const next = place === undefined ? null : standing(statement, place, end)
    if (place === undefined || next === null)
      return { taken, last, lost: place ?? firstMissing(everything, taken.at(-1) ?? 0) }
    taken.push(place)
    end = next.head
  }
  return { taken, last, lost: Infinity }
}

/** Entries are numbered as they are taken, without a gap. */
function firstMissing(everything: ReadonlySet<number>, after: number): number {
  let at = after + 1
  while (everything.has(at)) at += 1
  return at
}

/** Null where it cannot be read, or is not the one that was taken there: then neither its id nor its hash is right. */
function standing(
  statement: Prepare,
  at: number,
  before: Head,
): { entry: Entry; head: Head } | null {
  try {
    const { id, h, header, payload } = rowAt(statement, 'entries', at)
    const [first, body] = [plain(header as Uint8Array), payload as Uint8Array | null]
    const entry = decodeKept(body === null ? first : concat(first, plain(body)))
    checkEntry(entry)
    const head = nextHead(before, stubOf(entry))
    const same = equal(entry.id, id as Uint8Array) || equal(head.h, h as Uint8Array)
    return same ? { entry, head } : null
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
    const { entry, head } = standing(statement, at, before) as { entry: Entry; head: Head }
    logs.append(id, head, entry, stubOf(entry))
    before = head
    if (!isMessageKind(entry.kind) || !('seq' in entry.fields)) continue
    const device = asId<DeviceId>(entry.prefix.signer)
    seqs.set(toHex(device), { device, seq: entry.fields.seq })
  }
  for (const { device, seq } of seqs.values()) logs.noteSeq(id, device, seq)
}
