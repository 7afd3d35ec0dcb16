// What every route shares: it gets decoded input and the caller, and returns bytes.
import { toHex } from '../../protocol/bytes.ts'
import type { Device } from '../../protocol/directory-state.ts'
import { ensure, ProtocolError } from '../../protocol/errors.ts'
import type { LogId } from '../../protocol/ids.ts'
import type { Accepted } from '../org/accept.ts'
import type { Organisation } from '../org/organisation.ts'
import type { Context } from '../context.ts'

export type Caller = { org: Organisation; device: Device }

type Writing<T> = {
  work: (org: Organisation) => T
  /** After the commit, before the answer. */
  effects?: (result: T, org: Organisation) => void
  /** What a full disk puts off, so that the rest may go on. */
  ordinary?: boolean
}

/**
 * Resolves when it is on disk. Where the disk turned out to be full and the reserve could be freed, it is
 * tried once more, on the organisation as it has been read again.
 */
export async function write<T>(
  context: Context,
  org: Organisation,
  { work, effects = () => {}, ordinary = false }: Writing<T>,
): Promise<T> {
  ensure(!context.readOnly.now, 'read_only')
  ensure(!ordinary || !context.reserve.scarce, 'disk_full')
  const once = (on: Organisation): Promise<T> =>
    on.store.group.run(
      () => work(on),
      (result) => effects(result, on),
    )
  const { held } = context.reserve
  try {
    return await once(org)
  } catch (error) {
    const full = error instanceof ProtocolError && error.code === 'disk_full'
    if (!full || !held || ordinary) throw error
    context.reserve.free()
    return once(context.orgs.get(org.id) ?? org)
  }
}

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
