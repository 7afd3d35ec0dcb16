// Beginning with a checkpoint: a device that joins a large organisation takes the state of the directory that
// its card's maker has signed, works with it at once, and reads and verifies the years before it later, a page
// at a time. What does not add up then is an alarm.
import { equal, isZero } from '../protocol/bytes.ts'
import { fixed, struct } from '../protocol/codec.ts'
import { Directory } from '../protocol/directory.ts'
import { stateHash } from '../protocol/directory-snapshot.ts'
import { decodeHeader, signEntry, verifyEntry } from '../protocol/entry.ts'
import { bareItem } from '../protocol/api.ts'
import { ensure, ProtocolError } from '../protocol/errors.ts'
import { type DeviceId, type Hash } from '../protocol/ids.ts'
import { KIND, ROLE } from '../protocol/kinds.ts'
import { hashId } from '../protocol/labels.ts'
import { CHECKPOINT_EVERY, MAX_CHECKPOINT } from '../protocol/limits.ts'
import type { Core } from './core.ts'
import { pieces } from './pieces.ts'
import { problemWrites } from './problems.ts'
import { refusalOf } from './refusal.ts'
import { META } from './replica.ts'
import { auditRow, type Identity, readRow, writeRow } from './rows.ts'
import { put } from './store.ts'
import { quietly, submit } from './submit.ts'

const makerRow = struct({ makerPk: fixed(32) })

/** What the card says about whose checkpoints count; null on the founding card. */
export function makerWrite(makerPk: Uint8Array): ReturnType<typeof put>[] {
  return isZero(makerPk) ? [] : [put('meta', META.maker, writeRow(makerRow, { makerPk }))]
}

/** Each device of an administrator signs the state now and then; its cards name it. */
export async function keepCheckpoint(core: Core): Promise<void> {
  const { directory, identity, pair } = core.replica
  if ((directory.roleNow(identity.person) ?? 0) < ROLE.admin) return
  const mine = directory.checkpoints.findLast(({ by }) => equal(by, identity.device))
  if (directory.head.n - (mine?.n ?? directory.missing) < CHECKPOINT_EVERY) return
  await quietly(() =>
    submit(core, async () => {
      const fields = { stateHash: stateHash(directory.snapshot()) }
      const context = core.context(directory.log)
      return [bareItem(signEntry(KIND.checkpoint, context, fields, pair.secretKey))]
    }),
  )
}

/** For a device that has just joined. Without a usable checkpoint it reads the whole log, as ever. */
export async function beginWithCheckpoint(core: Core): Promise<void> {
  const row = await core.store.get('meta', META.maker)
  if (row === null || core.replica.directory.head.n > 0) return
  const { makerPk } = readRow(makerRow, row)
  try {
    const found = await fetchCheckpoint(core, hashId<DeviceId>('dev', makerPk))
    if (found === null) return
    const hash = checkCheckpoint(core.replica.identity, makerPk, found)
    const audit = { target: found.n - 1, hash, failed: 0 } as const
    await core.store.commit([
      ...pieces('snapshot', found.bytes),
      put('meta', META.audit, writeRow(auditRow, audit)),
    ])
    await core.reload()
  } catch (error) {
    const { code } = refusalOf(error)
    if (code === 'box_unreachable') throw error
    const { log } = core.replica.directory
    await core.commit(problemWrites(log, 0, code, 'checkpoint', core.clock.now()))
  }
}

/** The largest snapshot in pieces of 64 KiB, a twelfth of what a box sends at once; beginning again counts too. */
const MOST_PIECES = 1024

type Found = { n: number; entry: Uint8Array; bytes: Uint8Array }
/** What the card has told for good. */
type Pinned = Pick<Identity, 'org' | 'rootPk' | 'dirN' | 'dirH'>

/** Null when the device that made the card has signed none. */
async function fetchCheckpoint(core: Core, by: DeviceId): Promise<Found | null> {
  let [bytes, n] = [new Uint8Array(0), 0]
  let at = 0
  for (let asked = 0; asked < MOST_PIECES; asked++) {
    const piece = await core.line.call('checkpoint', { by, at }, core.signer).catch(noneFound)
    if (piece === null) return null
    // A newer one meanwhile: this piece is from its middle, so begin again with that.
    if (at > 0 && (piece.total !== bytes.length || piece.n !== n)) {
      at = 0
      continue
    }
    ensure(piece.total <= MAX_CHECKPOINT && piece.bytes.length > 0, 'malformed', 'checkpoint')
    if (at === 0) [bytes, n] = [new Uint8Array(piece.total), piece.n]
    ensure(at + piece.bytes.length <= piece.total, 'malformed', 'checkpoint')
    bytes.set(piece.bytes, at)
    at += piece.bytes.length
    if (at === piece.total) return { n: piece.n, entry: piece.entry, bytes }
  }
  throw new ProtocolError('withheld', 'checkpoint')
}

function noneFound(error: unknown): null {
  if (refusalOf(error).code === 'not_found') return null
  throw error
}

/** Throws unless the card's maker has signed exactly this state at exactly this place. Returns its hash. */
export function checkCheckpoint(pinned: Pinned, makerPk: Uint8Array, found: Found): Hash {
  const entry = decodeHeader(found.entry)
  ensure(entry.kind === KIND.checkpoint, 'malformed', 'not a checkpoint')
  verifyEntry(entry, makerPk)
  const { prefix, fields } = entry
  const hash = stateHash(found.bytes)
  ensure(equal(fields.stateHash, hash), 'checkpoint_false')
  const directory = Directory.restore(pinned.org, pinned.rootPk, found.bytes)
  const { n, h } = directory.head
  ensure(
    prefix.refN === n && equal(prefix.refH, h) && found.n === n + 1,
    'checkpoint_false',
    'place',
  )
  const vouched = directory.hashAt(pinned.dirN)
  ensure(vouched === undefined || equal(vouched, pinned.dirH), 'forked', 'checkpoint')
  const maker = directory.deviceAt(hashId<DeviceId>('dev', makerPk), n)
  const role = maker === null ? null : directory.roleNow(maker.person)
  ensure((role ?? 0) >= ROLE.admin, 'checkpoint_false', 'signer')
  return hash
}
