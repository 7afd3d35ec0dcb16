// What every route shares: it gets decoded input and the caller, and returns bytes.
import { toHex } from '../../protocol/bytes.ts'
import type { Device } from '../../protocol/directory-state.ts'
import type { LogId } from '../../protocol/ids.ts'
import type { Accepted } from '../org/accept.ts'
import type { Organisation } from '../org/organisation.ts'
import type { Context } from '../context.ts'

export type Caller = { org: Organisation; device: Device }

export const deviceKey = (caller: Caller): string => toHex(caller.device.id)

/** Where the entries stand, and the signed heads of their logs. Call when they are on disk. */
export function placesOf(
  context: Context,
  org: Organisation,
  accepted: Accepted[],
): {
  places: { log: LogId; n: number }[]
  heads: Uint8Array[]
} {
  const logs = new Map(accepted.map((one) => [toHex(one.log), one.log]))
  return {
    places: accepted.map(({ log, n }) => ({ log, n })),
    heads: [...logs.values()].map((log) => context.headOf(org, log)),
  }
}
