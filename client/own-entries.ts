// What this device has sent, seen in the chain that the box signs for.
import { equal } from '../protocol/bytes.ts'
import type { Item } from '../protocol/api.ts'
import { type BoxHead, openHead } from '../protocol/box-report.ts'
import { decodeEntry } from '../protocol/entry.ts'
import { ensure } from '../protocol/errors.ts'
import type { LogId } from '../protocol/ids.ts'
import type { Core } from './core.ts'
import { pull, takeIn } from './pull.ts'
import { refusalOf } from './refusal.ts'
import { entryRow, placeKey, readRow } from './rows.ts'

/** Throws `withheld` where the entry that was taken does not stand at its place on this device, too. */
export async function seeOwn(
  core: Core,
  log: LogId,
  n: number,
  items: Item[],
  heads: Uint8Array[],
): Promise<void> {
  const first = n - items.length + 1
  if (core.replica.headOf(log)?.n === first - 1) {
    const own = items.map(
      ({ entry }, i) => ({ type: 'entry', n: first + i, bytes: entry }) as const,
    )
    await takeIn(core, [...own, ...heads.map((bytes) => ({ type: 'head', bytes }) as const)])
  } else await pull(core)
  const stored = await core.store.get('entries', placeKey(log, n))
  const sealed = items.at(-1)?.entry
  // The stored copy may be trimmed to this device's segment: the header identifies it.
  const seen =
    stored !== null &&
    sealed !== undefined &&
    equal(idOf(readRow(entryRow, stored).bytes), idOf(sealed))
  ensure(seen, 'withheld', 'the entry is not where the box says')
}

function idOf(bytes: Uint8Array): Uint8Array {
  return decodeEntry(bytes).id
}

/** The box's signature stands for it: later it cannot show a history without this entry unnoticed. */
export function checkHead(core: Core, log: LogId, n: number, heads: Uint8Array[]): void {
  const { directory, identity, hashes } = core.replica
  const boxPk = directory.boxPk ?? identity.boxPk
  const known = heads.flatMap((bytes) => readHead(bytes, boxPk) ?? [])
  const head = known.find((one) => equal(one.log, log))
  ensure(head !== undefined && head.n >= n, 'withheld', 'no signed head')
  const here = hashes.get(log)?.[head.n]
  ensure(here === undefined || equal(here, head.h), 'forked', 'signed head')
}

function readHead(bytes: Uint8Array, boxPk: Uint8Array): BoxHead | null {
  try {
    return openHead(bytes, boxPk)
  } catch (error) {
    refusalOf(error)
    return null
  }
}
