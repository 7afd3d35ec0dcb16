// Removing everything from this browser, as its owner wants it.
import { call } from './link.ts'
import { forgetJoining } from './platform.ts'
import { fallSilent } from './push.ts'

export async function wipe(): Promise<void> {
  // First: the start page must not call lost what somebody has removed.
  forgetJoining()
  await fallSilent()
  await call('wipe', undefined)
}
