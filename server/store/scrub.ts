// Reads everything that an organisation has on disk and holds it against itself: pages, chains, signed hashes of
// what was sealed, parts of files. For a process that does nothing else: it takes as long as the disk takes.
import Database from 'better-sqlite3'
import { existsSync } from 'node:fs'
import { checkAnswerPayload } from '../../protocol/answer.ts'
import { concat, equal } from '../../protocol/bytes.ts'
import { emptyHead, type Head, nextHead, stubOf } from '../../protocol/chain.ts'
import { decodeKept, type Entry } from '../../protocol/entry.ts'
import { FILE_PART_CHUNKS, SEALED_CHUNK_BYTES } from '../../protocol/limits.ts'
import { isMessageKind, KIND } from '../../protocol/kinds.ts'
import { checkPayload } from '../../protocol/payload.ts'
import { blake2b } from '../../protocol/sodium.ts'
import { Blobs } from './blobs.ts'
import { CheckpointTable } from './checkpoints.ts'
import { type Db, openReader, operatorError } from './database.ts'
import { FileTable } from './files.ts'
import { type EntryRow, type FoundBy, type LogRow, LogTable } from './logs.ts'

/** Where the damage is, as far as it can be told, and what it is. */
export type Damage = { place: string; what: string }
export type Scrubbed = { entries: number; files: number; heads: LogRow[]; damage: Damage[] }

const NONE = new Uint8Array(0)
/** Entries that are held in memory at a time. */
const ROWS = 64
/** Of what SQLite finds; more says nothing more. */
const MOST_FINDINGS = 20
const PART_BYTES = FILE_PART_CHUNKS * SEALED_CHUNK_BYTES

/** Of the database at `path`, and of the files beside it where `withFiles`: what there is and what is damaged. */
export async function scrubAll(path: string, withFiles = true): Promise<Scrubbed> {
  try {
    return await scrubbed(path, withFiles)
  } catch (error) {
    const told = operatorError(error, path)
    const unreadable = error instanceof Database.SqliteError || told !== error
    if (!unreadable || !existsSync(path)) throw told
    const damage = [{ place: 'database', what: error instanceof Error ? error.message : '' }]
    return { entries: 0, files: 0, heads: [], damage }
  }
}

async function scrubbed(path: string, withFiles: boolean): Promise<Scrubbed> {
  const db = openReader(path)
  try {
    const damage = findingsOf(db)
    for (const n of new CheckpointTable(db).damaged())
      damage.push({ place: `checkpoint ${n}`, what: 'not what was signed' })
    const logs = new LogTable(db)
    const heads = logs.list()
    let entries = 0
    for (const log of heads) {
      let head = emptyHead(log.id)
      while (head.n < log.head.n) {
        const rows = logs.range(log.id, head.n + 1, log.head.n, ROWS)
        const beside = logs.foundBy(log.id, head.n + 1, log.head.n, ROWS)
        const found = holdRows(log, head, rows, beside)
        damage.push(...found.damage)
        entries += rows.length
        if (found.head === null) break
        head = found.head
      }
      const whole = head.n === log.head.n && equal(head.h, log.head.h)
      if (!whole && damage.length === 0) damage.push({ place: placeOf(log, head.n), what: 'head' })
    }
    const files = new FileTable(db)
    const ids = withFiles ? files.all() : []
    for (const id of ids)
      damage.push(...(await damagedParts(files, new Blobs(`${path}.files`), id)))
    return { entries, files: ids.length, heads, damage }
  } finally {
    db.close()
  }
}

const placeOf = (log: LogRow, n: number): string => `log ${log.id.toHex()}, entry ${n}`

function findingsOf(db: Db): Damage[] {
  const rows = db.pragma(`integrity_check(${MOST_FINDINGS})`) as { integrity_check: string }[]
  return rows
    .filter(({ integrity_check: said }) => said !== 'ok')
    .map(({ integrity_check: said }) => ({ place: 'database', what: said }))
}

/** `head` null: what follows cannot be judged. */
function holdRows(
  log: LogRow,
  from: Head,
  rows: EntryRow[],
  beside: FoundBy[],
): { head: Head | null; damage: Damage[] } {
  let head = from
  const damage: Damage[] = []
  for (const [i, row] of rows.entries()) {
    const place = placeOf(log, head.n + 1)
    try {
      const entry = entryOf(row)
      head = nextHead(head, stubOf(entry))
      if (!isFoundBy(entry, head, beside[i])) damage.push({ place, what: 'place in the chain' })
    } catch (error) {
      damage.push({ place, what: error instanceof Error ? error.message : 'unreadable' })
      return { head: null, damage }
    }
    if (row.n === head.n) continue
    damage.push({ place, what: 'missing' })
    return { head: null, damage }
  }
  return rows.length === 0
    ? { head: null, damage: [{ place: placeOf(log, head.n + 1), what: 'missing' }] }
    : { head, damage }
}

/** Throws where header, id, kind, subject or sealed bytes are not those that were signed. */
function entryOf({ header, payload, stub }: EntryRow) {
  const entry = decodeKept(payload === null ? header : concat(header, payload))
  const own = stubOf(entry)
  if (!equal(own.id, stub.id)) throw new Error('header')
  if (own.kind !== stub.kind || !equal(own.subject, stub.subject)) throw new Error('stub')
  checkEntry(entry)
  return entry
}

/** Throws where its payload is not the one that was signed. */
export function checkEntry(entry: Entry): void {
  if (entry.payload !== null && isMessageKind(entry.kind))
    checkPayload(entry as Parameters<typeof checkPayload>[0])
  if (entry.payload !== null && entry.kind === KIND.answer) checkAnswerPayload(entry)
}

function isFoundBy(entry: Entry, head: Head, beside: FoundBy | undefined): boolean {
  if (beside === undefined) return false
  const mid = isMessageKind(entry.kind) && 'mid' in entry.fields ? entry.fields.mid : null
  const same = mid === null ? beside.mid === null : equal(beside.mid ?? NONE, mid)
  return same && equal(beside.signer, entry.prefix.signer) && equal(beside.h, head.h)
}

async function damagedParts(files: FileTable, blobs: Blobs, id: number): Promise<Damage[]> {
  const damage: Damage[] = []
  const whole = files.sizeOf(id)
  for (const part of files.parts(id)) {
    const place = `file ${id}, part ${part}`
    const at = part * PART_BYTES
    const bytes = await blobs.read(id, at, Math.min(PART_BYTES, whole - at)).catch(() => null)
    const known = files.partHash(id, part)
    if (bytes === null) damage.push({ place, what: 'missing' })
    else if (known === null || !equal(blake2b(32, bytes), known))
      damage.push({ place, what: 'changed' })
  }
  return damage
}
