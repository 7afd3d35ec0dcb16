// Waking devices that are not connected, after the commit. A push is only a knock on the door: constant words,
// and whoever hears it comes and looks.
import { toHex } from '../../protocol/bytes.ts'
import { Channel } from '../../protocol/channel.ts'
import { asId, type DeviceId } from '../../protocol/ids.ts'
import { CHANNEL_TYPE, isMessageKind, KIND, type MessageKind, rings } from '../../protocol/kinds.ts'
import type { Live, Urgency } from '../delivery/live.ts'
import type { Accepted } from '../org/accept.ts'
import type { Organisation } from '../org/organisation.ts'
import type { Subscription } from '../store/subscriptions.ts'
import type { PushService } from './endpoint.ts'
import { pushText } from './message.ts'
import type { Outcome } from './post.ts'
import type { Poster } from './poster.ts'
import { type Later, Queue } from './queue.ts'
import type { VapidKeys } from './vapid.ts'

/** Where people are alerted, only those who lead can mark anything: a correction wakes as the alert did. */
function urgencyOf(channel: Channel, kind: MessageKind): Urgency | null {
  if (rings(kind)) return 'alert'
  if (kind !== KIND.control) return 'chat'
  return channel.type === CHANNEL_TYPE.audience ? 'alert' : null
}

/** Seconds for which a service keeps it for a phone that is off. The same for all: it must not tell them apart. */
const TTL = 24 * 3600
/** A conversation knocks once and not with every line, until the device has come by. Milliseconds. */
const CHAT_PAUSE = 60_000

type Surroundings = {
  vapid: VapidKeys
  live: Live
  /** Where the app is. */
  origin: () => string
  now: () => number
  later: Later
  local: PushService | null
  poster: Poster
}

export class Push {
  readonly #on: Surroundings
  readonly #queue: Queue
  /** When a device was last knocked up for a conversation. */
  readonly #knocked = new Map<string, number>()

  constructor(on: Surroundings) {
    this.#on = on
    this.#queue = new Queue(on.now, on.later)
  }

  get publicKey(): Uint8Array {
    return new Uint8Array(this.#on.vapid.publicKey)
  }

  get local(): PushService | null {
    return this.#on.local
  }

  /** Call after the commit: whoever may read it and has no open line is woken. */
  wake(org: Organisation, accepted: readonly Accepted[]): void {
    for (const { fresh, log, entry } of accepted) {
      const channel = org.log(log)
      if (!fresh || !(channel instanceof Channel) || !isMessageKind(entry.kind)) continue
      const urgency = urgencyOf(channel, entry.kind)
      if (urgency === null) continue
      const sender = org.directory.devices.get(asId<DeviceId>(entry.prefix.signer))?.person
      for (const person of channel.members.keys()) {
        if (sender !== undefined && toHex(person) === toHex(sender)) continue
        for (const { id } of org.directory.activeDevices(person)) this.#knock(org, id, urgency)
      }
    }
  }

  /** A line was dead when a message went out on it: the device is woken as if it had had none. */
  missed(org: Organisation, device: DeviceId, urgency: Urgency): void {
    const subscription = org.store.committed.subscriptions.of(device)
    if (subscription === null || (urgency === 'chat' && !subscription.chat)) return
    this.send(org, device, subscription)
  }

  /** The device has come by: the next line of a conversation may knock again. */
  cameBy(device: DeviceId): void {
    this.#knocked.delete(toHex(device))
  }

  #knock(org: Organisation, device: DeviceId, urgency: Urgency): void {
    if (this.#on.live.isOpen(org.id, device)) return
    const subscription = org.store.committed.subscriptions.of(device)
    if (subscription === null || (urgency === 'chat' && !subscription.chat)) return
    if (urgency === 'chat' && !this.#mayKnock(device)) return
    this.send(org, device, subscription)
  }

  #mayKnock(device: DeviceId): boolean {
    const now = this.#on.now()
    const last = this.#knocked.get(toHex(device)) ?? -CHAT_PAUSE
    if (now - last < CHAT_PAUSE) return false
    this.#knocked.set(toHex(device), now)
    return true
  }

  send(org: Organisation, device: DeviceId, subscription: Subscription): void {
    const work = async (): Promise<Outcome> => {
      const outcome = await this.#post(subscription)
      if (outcome.gone)
        await org.store.group.run(
          () => forget(org, device, subscription),
          () => {},
        )
      return outcome
    }
    const { endpoint } = subscription
    this.#queue.add({ host: new URL(endpoint).host, endpoint, tries: 0, work })
  }

  async #post(subscription: Subscription): Promise<Outcome> {
    const { vapid, origin, poster } = this.#on
    // Loaded with the first push: a box without phones starts without it.
    const { default: webPush } = await import('web-push')
    const { endpoint, p256dh, auth } = subscription
    const text64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
    const details = webPush.generateRequestDetails(
      { endpoint, keys: { p256dh: text64(p256dh), auth: text64(auth) } },
      pushText(origin()),
      {
        TTL,
        urgency: 'high',
        contentEncoding: 'aes128gcm',
        vapidDetails: {
          subject: 'mailto:push@holdfast.invalid',
          publicKey: text64(vapid.publicKey),
          privateKey: text64(vapid.privateKey),
        },
      },
    )
    const { headers, body } = details
    return poster({ endpoint, headers, body })
  }
}

/** Only the one that the service has disowned: the device may have brought a new one meanwhile. */
function forget(org: Organisation, device: DeviceId, { endpoint }: Subscription): void {
  const { subscriptions } = org.store
  if (subscriptions.of(device)?.endpoint === endpoint) subscriptions.drop(device)
}
