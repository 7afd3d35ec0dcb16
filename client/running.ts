// Which release each device runs, as it says itself, sealed for the organisation: administrators see the odd one out.
// An app that somebody has swapped may lie; one that is old, or that only some were given, is seen.
import { bareItem } from '../protocol/api.ts'
import { equal } from '../protocol/bytes.ts'
import { signEntry } from '../protocol/entry.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { asId, type DeviceId, type PersonId } from '../protocol/ids.ts'
import { KIND } from '../protocol/kinds.ts'
import { openRunning, type Running, sealRunning } from '../protocol/profile.ts'
import type { Core } from './core.ts'
import { readPlace, readRow, runningRow } from './rows.ts'
import type { Row } from './store.ts'
import { quietly, submit } from './submit.ts'

/** Says so where the directory does not know it yet. Guests hold no key for what the directory says. */
export async function sayRunning(core: Core, running: Running): Promise<void> {
  const { directory, identity, pair, active } = core.replica
  const { dk, dkVer, device } = identity
  if (!active || dkVer === 0) return
  const known = newest(core, device, await core.store.list('running', device))
  if (known?.version === running.version && equal(known.manifest, running.manifest)) return
  const sealed = sealRunning(dk, device, running)
  await quietly(() =>
    submit(core, async () => [
      bareItem(
        signEntry(KIND.running, core.context(directory.log), { dkVer, sealed }, pair.secretKey),
      ),
    ]),
  )
}

/** `running` null: the device has not said, or not so that this one can read it. */
export type DeviceRunning = { device: DeviceId; person: PersonId; running: Running | null }

/** Of every device that is in use. */
export async function runningDevices(core: Core): Promise<DeviceRunning[]> {
  const rows = Map.groupBy(await core.store.list('running'), ({ key }) =>
    asId<DeviceId>(key.subarray(0, 16)).toHex(),
  )
  return [...core.replica.directory.devices.values()]
    .filter(({ from, until }) => from !== null && until === null)
    .map(({ id, person }) => ({
      device: id,
      person,
      running: newest(core, id, rows.get(id.toHex()) ?? []),
    }))
}

/** Whoever says something new has seen what they said before: the box cannot show an old word once more. */
function newest(core: Core, device: DeviceId, rows: readonly Row[]): Running | null {
  let kept: { n: number; dkVer: number; sealed: Uint8Array } | null = null
  for (const { key, value } of rows) {
    const { refN, dkVer, sealed } = readRow(runningRow, value)
    const { n } = readPlace(key)
    if (kept === null || refN >= kept.n) kept = { n, dkVer, sealed }
  }
  return kept === null ? null : opened(core, device, kept)
}

function opened(
  { replica }: Core,
  device: DeviceId,
  { dkVer, sealed }: { dkVer: number; sealed: Uint8Array },
): Running | null {
  const { identity } = replica
  if (dkVer !== identity.dkVer) return null
  try {
    return openRunning(identity.dk, device, sealed)
  } catch (error) {
    // Whoever signs nonsense has said nothing.
    if (error instanceof ProtocolError) return null
    throw error
  }
}
