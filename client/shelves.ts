// What a start needs to know of messages that came long ago, 256 of them in one row: their place in the chain, their
// sender and their ids. The entries themselves stay where they are; whoever opens the app need not read them all.
import { type Decoded, list, struct, u64, u8 } from '../protocol/codec.ts'
import { decodeEntry } from '../protocol/entry.ts'
import { ensure } from '../protocol/errors.ts'
import { asId, type DeviceId, deviceId, hash32, type LogId, messageId } from '../protocol/ids.ts'
import { isMessageKind, type MessageKind } from '../protocol/kinds.ts'
import type { Core } from './core.ts'
import {
  type EntryRow,
  entryRow,
  placeKey,
  readPlace,
  readRow,
  STANDING,
  writeRow,
} from './rows.ts'
import { put, type Row } from './store.ts'

/** Entries of one shelf: those whose index differs in the last byte alone. */
export const SHELF = 256
/** A log of years is put on shelves in several passes: none delays what waits. */
const MOST_AT_ONCE = 16

const shelved = struct({
  /** Of the message; 0: no message that this device has opened, its row has to be read. */
  kind: u8,
  h: hash32,
  signer: deviceId,
  seq: u64,
  mid: messageId,
})
export type Shelved = Decoded<typeof shelved>
const shelf = list(2, SHELF, shelved)

const NOTHING = { signer: new Uint8Array(16), seq: 0, mid: new Uint8Array(16) }

/** Begins every key of the entries on one shelf, and is the key of the shelf. */
export const shelfKey = (log: LogId, index: number): Uint8Array =>
  placeKey(log, index * SHELF).subarray(0, 23)

/** The index of the first entry on a shelf; logs begin at 1. */
export const firstOn = (index: number): number => Math.max(1, index * SHELF)
export const shelfOf = (n: number): number => Math.floor(n / SHELF)

/** Puts what has been full for a while on shelves. Costs nothing where there is nothing to do. */
export async function fillShelves(core: Core): Promise<void> {
  let left = MOST_AT_ONCE
  for (const { id, head } of core.replica.channels.values()) {
    for (let at = core.replica.shelves.get(id) ?? 0; at < shelfOf(head.n + 1) && left > 0; at++) {
      const rows = await core.store.list('entries', shelfKey(id, at))
      const value = writeRow(shelf, rows.map(shelvedOf))
      await core.commit([put('shelves', shelfKey(id, at), value)])
      core.replica.shelves.set(id, at + 1)
      left -= 1
    }
  }
}

function shelvedOf({ value }: Row): Shelved {
  const { standing, h, bytes } = readRow(entryRow, value)
  const entry = standing === STANDING.ok ? decodeEntry(bytes) : null
  if (entry === null || !isMessageKind(entry.kind) || !('mid' in entry.fields))
    return { ...(NOTHING as Shelved), kind: 0, h }
  const { seq, mid } = entry.fields as { seq: number; mid: Shelved['mid'] }
  return { kind: entry.kind, h, signer: asId<DeviceId>(entry.prefix.signer), seq, mid }
}

/** Throws `database_damaged` for a shelf that is not the next of its log, or not full. */
export function readShelf(row: Row, index: number): Shelved[] {
  const { n } = readPlace(placeOfShelf(row.key))
  ensure(n === index * SHELF, 'database_damaged', 'shelves')
  const all = readRow(shelf, row.value)
  ensure(all.length === SHELF - (index === 0 ? 1 : 0), 'database_damaged', 'shelf')
  return all
}

const placeOfShelf = (key: Uint8Array): Uint8Array => {
  const place = new Uint8Array(24)
  place.set(key)
  return place
}

export type MessageOnShelf = Shelved & { kind: MessageKind }
export const isOnShelf = (one: Shelved | EntryRow): one is Shelved => 'mid' in one
