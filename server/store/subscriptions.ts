// Where each device can be woken, as its browser has told it.
import type { DeviceId } from '../../protocol/ids.ts'
import type { Db } from './database.ts'
import { plain, type Prepare, preparing } from './statements.ts'

const PUT = `INSERT INTO subscriptions (device, endpoint, p256dh, auth, chat) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (device) DO UPDATE SET endpoint = excluded.endpoint, p256dh = excluded.p256dh,
  auth = excluded.auth, chat = excluded.chat`
const OF = 'SELECT endpoint, p256dh, auth, chat FROM subscriptions WHERE device = ?'
const DROP = 'DELETE FROM subscriptions WHERE device = ?'

export type Subscription = {
  endpoint: string
  p256dh: Uint8Array
  auth: Uint8Array
  /** Also for conversations; alerts always. */
  chat: boolean
}

export class SubscriptionTable {
  readonly #statement: Prepare

  constructor(db: Db) {
    this.#statement = preparing(db)
  }

  put(device: DeviceId, { endpoint, p256dh, auth, chat }: Subscription): void {
    this.#statement(PUT).run(device, endpoint, p256dh, auth, chat ? 1 : 0)
  }

  of(device: DeviceId): Subscription | null {
    type Raw = { endpoint: string; p256dh: Uint8Array; auth: Uint8Array; chat: number }
    const row = this.#statement(OF).get(device) as Raw | undefined
    if (row === undefined) return null
    return { ...row, p256dh: plain(row.p256dh), auth: plain(row.auth), chat: row.chat === 1 }
  }

  drop(device: DeviceId): void {
    this.#statement(DROP).run(device)
  }
}
