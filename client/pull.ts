// Catching up: pages of frames until there is no more, each verified and committed in one piece.
import { equal } from '../protocol/bytes.ts'
import { decodeEntry, type EntryOf } from '../protocol/entry.ts'
import { keyAtGeneration, keyCommitment } from '../protocol/epoch-keys.ts'
import { ensure, ProtocolError } from '../protocol/errors.ts'
import type { Frame } from '../protocol/frames.ts'
import { type HeldKey, openHistory, readHistoryHead } from '../protocol/history-keys.ts'
import { IdMap, type LogId, type PersonId } from '../protocol/ids.ts'
import { KIND, type MessageKind } from '../protocol/kinds.ts'
import type { Core } from './core.ts'
import { completeDirectory } from './audit.ts'
import { compare } from './bring-back.ts'
import { Intake } from './intake.ts'
import { openContent } from './open-content.ts'
import { problemWrites } from './problems.ts'
import { entryRow, keyRow, readPlace, readRow, STANDING, writeRow } from './rows.ts'
import { drop, put, type Write } from './store.ts'

const MAX_PAGES = 100_000

export type Progress = (held: number) => void

/** Everything new, in as many requests as it takes. `progress` hears how many entries have come. */
export async function pull(core: Core, progress: Progress = () => {}): Promise<void> {
  let parcels: number[] = []
  let held = 0
  const heads = new IdMap<LogId, number>()
  for (let page = 0; page < MAX_PAGES; page++) {
    const frames = await core.line.frames(
      'sync',
      { have: have(core), wrapsSeen: core.replica.wrapsSeen, parcels },
      core.signer,
    )
    const intake = await takeIn(core, frames)
    parcels = intake.parcels.map(({ id }) => id)
    held += frames.length
    for (const [log, n] of intake.heads.entries()) heads.set(log, Math.max(n, heads.get(log) ?? 0))
    progress(held)
    if (!intake.more && parcels.length === 0) {
      if (intake.gap) await noteWithheld(core)
      await compare(core, heads)
      return
    }
  }
}

function have(core: Core): { log: LogId; n: number }[] {
  const { directory, channels, answers } = core.replica
  const states = [...channels.values(), ...answers.values()]
  return [
    { log: directory.log, n: directory.head.n },
    ...states.map(({ id, head }) => ({ log: id, n: head.n })),
  ]
}

/** Verifies and stores frames; then opens what waited for keys that came with them. */
export async function takeIn(core: Core, frames: Frame[]): Promise<Intake> {
  if (frames.some(mayTakeBack)) await completeDirectory(core)
  const intake = new Intake(core.replica, core.clock.now())
  for (const frame of frames) intake.take(frame)
  core.noteHeard(intake.boxTime)
  for (const parcel of intake.parcels) takeHistory(core, intake, parcel.bytes)
  await core.commit(intake.writes)
  if (intake.unlocked.length > 0) await openLocked(core, intake.unlocked)
  return intake
}

/** Read from the bytes alone: they have not been decoded yet. */
function mayTakeBack(frame: Frame): boolean {
  return frame.type === 'entry' && frame.bytes[1] === KIND.revoke
}

/** The whole answer came and something is still missing: the box holds it back, and that is visible. */
async function noteWithheld(core: Core): Promise<void> {
  const { log } = core.replica.directory
  await core.commit(problemWrites(log, 0, 'withheld', 'after a whole catch-up', core.clock.now()))
}

/**
 * Keys from another device of the same person, or from a colleague for channels of both, checked against the
 * commitments in the logs.
 */
function takeHistory(core: Core, intake: Intake, bytes: Uint8Array): void {
  const { replica } = core
  try {
    const head = readHistoryHead(bytes)
    const from = replica.directory.devices.get(head.from)
    const seed = replica.prekeys.get(head.pkid)?.seed
    ensure(from !== undefined, 'not_allowed', 'history of a stranger')
    ensure(from.from !== null && from.until === null, 'device_revoked')
    ensure(
      equal(head.to, replica.identity.device) && equal(head.org, replica.identity.org),
      'wrong_organisation',
    )
    ensure(seed !== undefined, 'cannot_open', 'prekey')
    for (const key of openHistory(bytes, from.signPk, seed)) {
      ensure(mayHand(core, from.person, key.channel), 'not_allowed', 'a channel of others')
      holdOlder(core, intake, key)
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    const { log } = replica.directory
    intake.problem(log, 0, error.code, 'history from another device')
  }
}

/** Whoever is not in a channel has no keys of it to give. */
function mayHand({ replica }: Core, from: PersonId, channel: LogId): boolean {
  const members = replica.channels.get(channel)?.members
  return equal(from, replica.identity.person) || members === undefined || members.has(from)
}

function holdOlder(core: Core, intake: Intake, { channel, epoch, gen, ak }: HeldKey): void {
  const { replica } = core
  const known = replica.channels.get(channel)?.epochs.get(epoch)
  if (known === undefined) return
  const later = [...known.commits].filter(([g]) => g >= gen)
  // Held against nothing, a key would be believed on its sender's word.
  ensure(later.length > 0, 'epoch_commit', 'history')
  for (const [g, commit] of later) {
    const here = keyAtGeneration({ gen, ak }, epoch, g)
    ensure(equal(keyCommitment(here, known.core, g), commit), 'epoch_commit', 'history')
  }
  const held = replica.keys.get(epoch)
  if (held !== undefined && held.gen <= gen) return
  replica.keys.set(epoch, { channel, gen, ak })
  intake.writes.push(put('keys', epoch, writeRow(keyRow, { channel, gen, ak })))
  intake.unlocked.push(channel)
}

async function openLocked(core: Core, channels: LogId[]): Promise<void> {
  const seen = new Set<string>()
  for (const channel of channels) {
    if (seen.has(channel.toHex())) continue
    seen.add(channel.toHex())
    const writes: Write[] = []
    for (const { key } of await core.store.list('locked', channel))
      writes.push(...(await tryOpen(core, key)))
    await core.commit(writes)
  }
}

async function tryOpen(core: Core, at: Uint8Array): Promise<Write[]> {
  const stored = await core.store.get('entries', at)
  if (stored === null) return [drop('locked', at)]
  const row = readRow(entryRow, stored)
  const entry = decodeEntry(row.bytes) as EntryOf<MessageKind>
  const { log, n } = readPlace(at)
  try {
    if (openContent(core.replica, entry) === null) return []
    core.replica.gaps.get(log)?.close(n)
    const opened = put('entries', at, writeRow(entryRow, { ...row, standing: STANDING.ok }))
    return [opened, drop('locked', at), put('news', at, new Uint8Array(0))]
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return [
      drop('locked', at),
      ...problemWrites(log, n, error.code, error.detail, core.clock.now()),
    ]
  }
}
