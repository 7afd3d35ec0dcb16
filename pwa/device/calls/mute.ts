// Quiet for one conversation on this device. Alerts are never muted.
import { drop, put } from '../../../client/store.ts'
import { utf8 } from '../../../protocol/bytes.ts'
import { type LogId, parseId } from '../../../protocol/ids.ts'
import type { Device } from '../device.ts'
import { muteKey } from '../local.ts'

const HOUR = 3_600_000

type Muting = {
  channel: string
  /** null: until it is turned on again; 0: turned on. */
  hours: number | null
}

export async function muteChannel({ core }: Device, { channel, hours }: Muting): Promise<void> {
  const key = muteKey(parseId<LogId>(channel))
  const until = hours === null ? 0 : core.clock.now() + hours * HOUR
  await core.store.commit([
    hours === 0 ? drop('local', key) : put('local', key, utf8(String(until))),
  ])
}
