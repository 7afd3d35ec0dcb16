// The lock of this device.
import type { Device } from '../device.ts'

/** What a page has learned of somebody: words, or the answer of a passkey. */
type Opening = { passphrase: string } | { prf: Uint8Array }

export function unlock(device: Device, opening: Opening): Promise<void> {
  return device.unlock(opening)
}

type Locking =
  | { kind: 'none' }
  | { kind: 'passphrase'; passphrase: string }
  | { kind: 'passkey'; credential: Uint8Array; salt: Uint8Array; prf: Uint8Array }

export async function setLock(device: Device, locking: Locking): Promise<void> {
  switch (locking.kind) {
    case 'none':
      return device.guard({ kind: 'none' }, null)
    case 'passphrase':
      return device.guard({ kind: 'passphrase' }, { passphrase: locking.passphrase })
    case 'passkey': {
      const { kind, credential, salt, prf } = locking
      return device.guard({ kind, credential, salt }, { prf })
    }
  }
}

export function lockNow(device: Device): Promise<void> {
  device.lockNow()
  return Promise.resolve()
}
