// The box was brought back from a backup, or somebody has turned it back: it knows less than this device. The device
// brings back what the box lacks, byte for byte, and sends nothing new there until administrators have said that it was they.
import { MAX_REST } from '../protocol/api.ts'
import { equal } from '../protocol/bytes.ts'
import { type Stub, stubOf } from '../protocol/chain.ts'
import { decodeKept } from '../protocol/entry.ts'
import type { IdMap, LogId } from '../protocol/ids.ts'
import { MAX_REQUEST } from '../protocol/limits.ts'
import type { Core } from './core.ts'
import { showPrekey } from './prekeys.ts'
import { problemWrites } from './problems.ts'
import { refusalOf } from './refusal.ts'
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
/** The rest is for the stubs of what follows. */
const BYTES_AT_ONCE = MAX_REQUEST / 4

type Behind = { log: LogId; has: number }

/**
 * Logs of which the box lacks what this device holds. `heads`: where it says that they stand, after a whole catch-up;
 * one that signs for nothing says nothing.
 */
function behind({ replica }: Core, heads: IdMap<LogId, number>): Behind[] {
  const { directory, channels, answers, identity } = replica
  const held = (log: LogId): number => replica.headOf(log)?.n ?? 0
  const lacks = (log: LogId): boolean =>
    (heads.get(log) ?? 0) < held(log) && replica.lost.get(log) !== held(log)
  // The box says nothing of channels that this person is in no more.
  const mine = [...channels.values()].filter(({ members }) => members.has(identity.person))
  const logs = [directory, ...mine, ...answers.values()].map((state) => logOf(state))
  // A log of which it says nothing at all proves nothing by itself: somebody may just have been removed.
  const proven = logs.some((log) => heads.has(log) && lacks(log))
  return proven ? logs.filter(lacks).map((log) => ({ log, has: heads.get(log) ?? 0 })) : []
}

const logOf = (state: { log: LogId } | { id: LogId }): LogId =>
  'id' in state ? state.id : state.log

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
  // What stood beside the logs is as it was in the backup: it is said anew.
  const receipts = (await core.store.list('receipts')).map(({ key }) => drop('receipts', key))
  await core.commit([...alarms, ...receipts, drop('meta', META.settling), known])
  await showPrekey(core)
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
  const known = replica.distrust?.logs ?? []
  // Told once: it is tried again at each catch-up.
  const fresh = lacking.filter(({ log }) => !known.some((one) => equal(one, log)))
  replica.distrust = { n, logs: [...known, ...fresh.map(({ log }) => log)] }
  const mark = put('meta', META.distrust, writeRow(distrustRow, replica.distrust))
  await core.commit([...alarmsOf(core, fresh), mark])
  for (const one of lacking) await bringLogOrTell(core, one, fresh.includes(one))
}

/** One log that cannot be brought back must not keep the others from it. */
async function bringLogOrTell(core: Core, { log, has }: Behind, tell: boolean): Promise<void> {
  try {
    await bringLog(core, log, has)
  } catch (error) {
    const { code } = refusalOf(error)
    if (tell) await core.commit(problemWrites(log, 0, code, 'bringing back', core.clock.now()))
  }
}

/** A statement at place n of the directory: it counts beyond what this device knew when it noticed. */
export function believe(replica: Replica, n: number): Write[] {
  replica.restoring = false
  const goes = drop('meta', META.restoring)
  if (replica.distrust !== null && n <= replica.distrust.n) return [goes]
  replica.distrust = null
  replica.settling = true
  const said = put('meta', META.settling, writeRow(countRow, { value: n }))
  return [goes, drop('meta', META.distrust), said]
}

/** As far as the box has signed for: that it stood there is what it believes, and nothing else. */
async function bringLog(core: Core, log: LogId, has: number): Promise<void> {
  const signed = core.replica.signedHeads.get(log)
  if (signed === undefined || signed.n <= has) return
  const stored = await whole(core, log, has + 1, signed.n)
  if (stored === null) return
  for (let at = 0; at < stored.length;) {
    const entries = piece(stored.slice(at).map(({ bytes }) => bytes))
    const rest = stored.slice(at + entries.length).map(({ stub }) => stub)
    const from = has + 1 + at
    await core.line.call('resubmit', { log, from, entries, rest, head: signed.head }, core.signer)
    at += entries.length
  }
}

type Held = { bytes: Uint8Array; stub: Stub }

/** Null where this device holds a stub alone: others have the entry. */
async function whole(core: Core, log: LogId, from: number, to: number): Promise<Held[] | null> {
  const found: Held[] = []
  for (let n = from; n <= to; n++) {
    const stored = await core.store.get('entries', placeKey(log, n))
    if (stored === null) return null
    const { standing, bytes } = readRow(entryRow, stored)
    if (standing === STANDING.stub) return null
    found.push({ bytes, stub: stubOf(decodeKept(bytes)) })
  }
  return found.length <= MAX_REST ? found : null
}

/** As many as go into one request, at least one. */
function piece(entries: Uint8Array[]): Uint8Array[] {
  let size = 0
  const fits = entries.findIndex(
    (bytes, i) => i >= AT_ONCE || ((size += bytes.length) > BYTES_AT_ONCE && i > 0),
  )
  return fits < 0 ? entries : entries.slice(0, fits)
}
