// Reading what came before a checkpoint, a page at a time: each entry is verified as if it had come in its
// time, and in the end the state has to be the one that was begun with.
import { equal } from '../protocol/bytes.ts'
import { stubOf, nextHead } from '../protocol/chain.ts'
import { Directory, takesBack } from '../protocol/directory.ts'
import { stateHash } from '../protocol/directory-snapshot.ts'
import { decodeHeader, type Entry } from '../protocol/entry.ts'
import { ensure } from '../protocol/errors.ts'
import type { Frame } from '../protocol/frames.ts'
import type { Core } from './core.ts'
import { dropPieces, pieces, readPieces } from './pieces.ts'
import { problemWrites } from './problems.ts'
import { refusalOf } from './refusal.ts'
import { META } from './replica.ts'
import {
  type Audit,
  auditRow,
  entryRow,
  placeKey,
  readPlace,
  readRow,
  STANDING,
  writeRow,
} from './rows.ts'
import { runningWrites } from './running-rows.ts'
import { drop, put, type Write } from './store.ts'

/** Null: this device has read everything itself. */
export async function openAudit(core: Core): Promise<Audit | null> {
  const row = await core.store.get('meta', META.audit)
  return row === null ? null : readRow(auditRow, row)
}

/** One page more. True when there is nothing left to read. */
export async function auditPage(core: Core): Promise<boolean> {
  const audit = await openAudit(core)
  if (audit === null || audit.failed === 1) return true
  const scratch = await scratchOf(core)
  try {
    const writes = await readPage(core, scratch, audit)
    if (scratch.head.n < audit.target) {
      await core.store.commit([...writes, ...pieces('audit', scratch.snapshot())])
      return false
    }
    ensure(equal(stateHash(scratch.snapshot()), audit.hash), 'forked', 'checkpoint')
    const done = [...(await dropPieces(core.store, 'audit')), drop('meta', META.audit)]
    await core.store.commit([...writes, ...done])
  } catch (error) {
    await fail(core, audit, refusalOf(error).code)
  }
  return true
}

async function scratchOf(core: Core): Promise<Directory> {
  const { org, rootPk } = core.replica.identity
  const bytes = await readPieces(core.store, 'audit')
  return bytes === null ? new Directory(org, rootPk) : Directory.restore(org, rootPk, bytes)
}

/** Throws `forked` for entries of another history and `withheld` when none come. */
async function readPage(core: Core, scratch: Directory, { target }: Audit): Promise<Write[]> {
  const from = scratch.head.n + 1
  const frames = await core.line.frames('directory', { from }, core.signer)
  const entries = frames.flatMap((frame) => entryOf(frame, from, target))
  ensure(entries.length > 0, 'withheld', 'entries before the checkpoint')
  const writes: Write[] = []
  if (entries.some(takesBack) && scratch.missing > 0)
    scratch.fill(await headersOf(core, scratch.missing))
  for (const entry of entries) writes.push(...take(core, scratch, entry))
  return writes
}

function entryOf(frame: Frame, from: number, target: number): Entry[] {
  if (frame.type !== 'entry' || frame.n < from || frame.n > target) return []
  return [decodeHeader(frame.bytes)]
}

function take(core: Core, scratch: Directory, entry: Entry): Write[] {
  const { head } = scratch
  const expected = core.replica.directory.hashAt(head.n + 1)
  const { n, h } = nextHead(head, stubOf(entry))
  ensure(expected !== undefined && equal(expected, h), 'forked', 'directory')
  const standing = accepts(scratch, entry) ? STANDING.ok : STANDING.refused
  const row = writeRow(entryRow, { standing, h, bytes: entry.header })
  const said = standing === STANDING.ok ? runningWrites(entry, n) : []
  return [put('entries', placeKey(scratch.log, n), row), ...said]
}

function accepts(scratch: Directory, entry: Entry): boolean {
  try {
    scratch.accept(entry)
    return true
  } catch (error) {
    refusalOf(error)
    scratch.skip(entry)
    return false
  }
}

async function fail(core: Core, audit: Audit, code: Parameters<typeof problemWrites>[2]) {
  // The box is away or slow: another time.
  if (code === 'box_unreachable' || code === 'rate_limited') return
  const { log } = core.replica.directory
  await core.store.commit([
    put('meta', META.audit, writeRow(auditRow, { ...audit, failed: 1 })),
    ...problemWrites(log, 0, code, 'the state that this device began with', core.clock.now()),
  ])
}

/** Headers of the directory's entries 1 to `n` as this device has kept them; refused ones as null. */
async function headersOf(core: Core, n: number): Promise<(Uint8Array | null)[]> {
  const rows = await core.store.list('entries', core.replica.directory.log)
  const kept = rows.filter(({ key }) => readPlace(key).n <= n)
  return kept.map(({ value }) => {
    const { standing, bytes } = readRow(entryRow, value)
    return standing === STANDING.refused ? null : bytes
  })
}

/**
 * Before an entry that takes others back is judged, everything before it has to be known. Does nothing when it is.
 */
export async function completeDirectory(core: Core): Promise<void> {
  const { directory } = core.replica
  if (directory.missing === 0) return
  while (!(await auditPage(core)));
  const headers = await headersOf(core, directory.missing)
  if (headers.length === directory.missing) directory.fill(headers)
}
