// The receipts of a channel as the box gave them last: an app that starts without it still says who has what.
import { hasEnded, type Held } from '../../client/alerts.ts'
import type { Core } from '../../client/core.ts'
import { readRow, writeRow } from '../../client/rows.ts'
import { put } from '../../client/store.ts'
import { list, struct, u64 } from '../../protocol/codec.ts'
import { gapList } from '../../protocol/gaps.ts'
import { deviceId, type LogId } from '../../protocol/ids.ts'
import { heldKey } from './local.ts'

/** More devices than an organisation has. */
const MAX_DEVICES = 100_000
const holding = struct({ device: deviceId, upto: u64, gaps: gapList })
/** `asOf`: when the box was asked; milliseconds. */
export const keptRow = struct({ asOf: u64, held: list(4, MAX_DEVICES, holding) })

export type KeptReceipts = { asOf: number; held: Held[] }

/** Null: nothing is known. Of devices that are known to be gone by now nothing counts. */
export async function keptReceipts(core: Core, log: LogId): Promise<KeptReceipts | null> {
  const row = await core.store.get('local', heldKey(log))
  if (row === null) return null
  const { asOf, held } = readRow(keptRow, row)
  const { devices } = core.replica.directory
  return {
    asOf,
    held: held.flatMap((one) => {
      const person = devices.get(one.device)?.person
      return person === undefined || hasEnded(core, one.device) ? [] : [{ ...one, person }]
    }),
  }
}

export function keepReceipts({ store }: Core, log: LogId, kept: KeptReceipts): Promise<void> {
  return store.commit([put('local', heldKey(log), writeRow(keptRow, kept))])
}
