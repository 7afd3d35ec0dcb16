// What shows that the box has told different histories: the bytes that contradict this device's own chain, and
// the newest head of that chain which the box has signed. Both can be handed to somebody else to judge.
import { encode } from '../protocol/codec.ts'
import { type Stub, stub as stubCodec, stubOf } from '../protocol/chain.ts'
import { decodeKept } from '../protocol/entry.ts'
import type { Hash, LogId } from '../protocol/ids.ts'
import type { Core } from './core.ts'
import type { Replica } from './replica.ts'
import {
  contraryRow,
  entryRow,
  headRow,
  placeKey,
  readPlace,
  readRow,
  STANDING,
  writeRow,
} from './rows.ts'
import { put, type Write } from './store.ts'

type Keeping = { readonly replica: Replica; readonly writes: Write[] }

/** A signed head that agrees: the newest one vouches for everything before it. */
export function keepHead(to: Keeping, log: LogId, n: number, head: Uint8Array): void {
  const known = to.replica.signedHeads.get(log)
  if (known !== undefined && known.n >= n) return
  to.replica.signedHeads.set(log, { n, head })
  to.writes.push(put('heads', log, writeRow(headRow, { n, head })))
}

/**
 * `n`: the index that the signed bytes speak of; `place`: where the problem stands. The last one at a place
 * is kept: one is enough, and a hostile box cannot fill the device with more.
 */
export function keepContrary(
  to: Keeping,
  log: LogId,
  place: number,
  contrary: { n: number; signed: Uint8Array },
): void {
  to.writes.push(put('contrary', placeKey(log, place), writeRow(contraryRow, contrary)))
}

export type Evidence = {
  log: LogId
  /** Where the problem stands, and the index that the contrary bytes speak of. */
  place: number
  n: number
  /** A head of the box, or the header of an entry with its signatures. */
  contrary: Uint8Array
  /** The newest agreeing head of the box; null as long as it has signed none. */
  head: Uint8Array | null
  /** This device's chain hash at `from`, and the 49-byte stubs from there up to the head. */
  from: number
  h: Hash
  stubs: Uint8Array[]
}

/** Everything that contradicts what this device was shown, with the chain that the box has signed for. */
export async function evidence(core: Core): Promise<Evidence[]> {
  const found: Evidence[] = []
  for (const { key, value } of await core.store.list('contrary')) {
    const { log, n: place } = readPlace(key)
    const { n, signed: contrary } = readRow(contraryRow, value)
    const known = core.replica.signedHeads.get(log)
    const from = Math.max(0, Math.min(n, place - 1, known?.n ?? 0))
    const h = core.replica.hashes.get(log)?.[from]
    if (h === undefined) continue
    const stubs = await stubsOf(core, log, from + 1, known?.n ?? 0)
    found.push({ log, place, n, contrary, head: known?.head ?? null, from, h, stubs })
  }
  return found
}

async function stubsOf(core: Core, log: LogId, from: number, to: number): Promise<Uint8Array[]> {
  const stubs: Uint8Array[] = []
  for (let n = from; n <= to; n++) {
    const stored = await core.store.get('entries', placeKey(log, n))
    if (stored === null) break
    const row = readRow(entryRow, stored)
    stubs.push(row.standing === STANDING.stub ? row.bytes : encode(stubCodec, stubAt(row.bytes)))
  }
  return stubs
}

const stubAt = (bytes: Uint8Array): Stub => stubOf(decodeKept(bytes))
