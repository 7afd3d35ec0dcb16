// Whether pushes have been seen to arrive on this device, and when.
import { fromUtf8 } from '../../../protocol/bytes.ts'
import type { Device } from '../device.ts'
import { PUSH_CHAT, PUSH_PROVEN } from '../local.ts'

export type PushView = { proven: number | null; muted: boolean }

export async function pushView({ core }: Device): Promise<PushView> {
  const proven = await core.store.get('local', PUSH_PROVEN)
  return {
    proven: proven === null ? null : Number(fromUtf8(proven)),
    muted: (await core.store.get('local', PUSH_CHAT)) !== null,
  }
}
