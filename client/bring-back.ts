// The box was brought back from a backup, or somebody has turned it back: it knows less than this device. The device
// brings back what the box lacks, byte for byte, and sends nothing new there until administrators have said that it was they.
import { ProtocolError } from '../protocol/errors.ts'
import type { IdMap, LogId } from '../protocol/ids.ts'
import { MAX_REQUEST } from '../protocol/limits.ts'
import type { Core } from './core.ts'
import { problemWrites } from './problems.ts'
import { META, type Replica } from './replica.ts'
import {
  countRow,
  distrustRow,
  entryRow,
  lostRow,
  placeKey,
  readRow,
  STANDING,
  writeRow,
} from './rows.ts'
import { drop, put, type Write } from './store.ts'

const AT_ONCE = 256
/** Leaves room for what stands around the entries. */
const BYTES_AT_ONCE = MAX_REQUEST / 2

type Behind = { log: LogId; has: number }

/**
 * Logs of which the box lacks what this device holds. `heads`: where it says that they stand, after a whole catch-up;
 * one that signs for nothing says nothing.
 */
function behind({ replica }: Core, heads: IdMap<LogId, number>): Behind[] {
  const { directory, channels, answers, identity } = replica
  if (!heads.has(directory.log)) return []
  // The box says nothing of channels that this person is in no more.
  const mine = [...channels.values()].filter(({ members }) => members.has(identity.person))
  const logs = [directory.log, ...mine.map(({ id }) => id)]
  for (const { id } of answers.values()) if (heads.has(id)) logs.push(id)
  const held = (log: LogId): number => replica.headOf(log)?.n ?? 0
  return logs
    .map((log) => ({ log, has: heads.get(log) ?? 0 }))
    .filter(({ log, has }) => has < held(log) && replica.lost.get(log) !== held(log))
}

/** After a whole catch-up: what the box lacks is brought back, or lost where administrators have closed the matter. */
export async function compare(core: Core, heads: IdMap<LogId, number>): Promise<void> {
  const lacking = behind(core, heads)
  if (core.replica.settling) await settle(core, lacking)
  else if (lacking.length > 0) await bringBack(core, lacking)
}

/** The box goes on without it; it stays on this device, and is an alarm once. */
async function settle(core: Core, lacking: Behind[]): Promise<void> {
  const { replica } = core
  for (const { log } of lacking) replica.lost.set(log, replica.headOf(log)?.n ?? 0)
  replica.settling = false
  const logs = [...replica.lost.entries()].map(([log, n]) => ({ log, n }))
  const alarms = alarmsOf(core, lacking)
  const known = put('meta', META.lost, writeRow(lostRow, { logs }))
  await core.commit([...alarms, drop('meta', META.settling), known])
}

const alarmsOf = (core: Core, lacking: Behind[]): Write[] =>
  lacking.flatMap(({ log, has }) => problemWrites(log, has, 'rolled_back', '', core.clock.now()))

/**
 * Alarms, remembers where the directory stands, and brings back what is lacking; the directory comes first, since
 * everything else is judged by it. Whatever the box says to that, the device believes it only by a signed word.
 */
async function bringBack(core: Core, lacking: Behind[]): Promise<void> {
  const { replica } = core
  const n = replica.distrust?.n ?? replica.directory.head.n
  replica.distrust = { n, logs: lacking.map(({ log }) => log) }
  const mark = put('meta', META.distrust, writeRow(distrustRow, replica.distrust))
  await core.commit([...alarmsOf(core, lacking), mark])
  try {
    for (const { log, has } of lacking) await bringLog(core, log, has)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    const { log } = replica.directory
    await core.commit(problemWrites(log, 0, error.code, 'bringing back', core.clock.now()))
  }
}

/** A statement at place n of the directory: it counts beyond what this device knew when it noticed. */
export function believe(replica: Replica, n: number): Write[] {
  if (replica.distrust !== null && n <= replica.distrust.n) return []
  replica.distrust = null
  replica.settling = true
  const said = put('meta', META.settling, writeRow(countRow, { value: n }))
  return [drop('meta', META.distrust), said]
}

async function bringLog(core: Core, log: LogId, has: number): Promise<void> {
  const end = core.replica.headOf(log)?.n ?? 0
  for (let from = has + 1; from <= end;) {
    const entries = await piece(core, log, from, end)
    if (entries.length === 0) return
    await core.line.call('resubmit', { log, from, entries }, core.signer)
    from += entries.length
  }
}

/** As much as goes into one request; ends before what this device holds as a stub alone: others have it. */
async function piece(core: Core, log: LogId, from: number, end: number): Promise<Uint8Array[]> {
  const entries: Uint8Array[] = []
  let size = 0
  for (let n = from; n <= end && entries.length < AT_ONCE; n++) {
    const stored = await core.store.get('entries', placeKey(log, n))
    if (stored === null) break
    const { standing, bytes } = readRow(entryRow, stored)
    size += bytes.length
    if (standing === STANDING.stub || (size > BYTES_AT_ONCE && entries.length > 0)) break
    entries.push(bytes)
  }
  return entries
}
