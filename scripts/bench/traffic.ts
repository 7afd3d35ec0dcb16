// What devices send, built before the clock starts: hellos, signed requests, sealed messages.
import { bareItem, LIVE_PATH, ROUTES, SIGNATURE_HEADER, WINDOW_HEADER } from '../../protocol/api.ts'
import { fromBase64Url, toBase64Url } from '../../protocol/bytes.ts'
import { type Codec, encode } from '../../protocol/codec.ts'
import { encodeContent } from '../../protocol/content.ts'
import { asId, type MessageId, type OrgId } from '../../protocol/ids.ts'
import { KIND } from '../../protocol/kinds.ts'
import { sealMessage } from '../../protocol/message-keys.ts'
import { signRequest } from '../../protocol/request.ts'
import { randomBytes, signPairFromSeed } from '../../protocol/sodium.ts'
import { httpRequest, openPosting, type Target } from './raw-socket.ts'
import type { StagedChannel, StagedDevice } from './stage.ts'

const TEXT =
  'Plant 2: the fire is out. Work goes on at six. Keep the north gate free for the fire brigade.....'

/** A device that writes; its numbers rise with every message. */
export class Writer {
  readonly org: Uint8Array
  readonly who: StagedDevice
  readonly #pair: ReturnType<typeof signPairFromSeed>
  #seq = 0

  constructor(org: Uint8Array, who: StagedDevice) {
    this.org = org
    this.who = who
    this.#pair = signPairFromSeed(who.seed)
  }

  /** A sealed and signed text of 100 characters. */
  message({ log, keys, n, h }: StagedChannel): Uint8Array {
    const context = {
      org: this.org as OrgId,
      log,
      signer: this.who.device,
      refN: n,
      refH: h as never,
      t: Date.now(),
    }
    const plain = encodeContent({ type: 'text', text: TEXT, replyTo: null })
    const mid = asId<MessageId>(randomBytes(16))
    const draft = { kind: KIND.text, context, seq: (this.#seq += 1), mid, ttl: 0, keys, plain }
    return sealMessage(draft, this.#pair.secretKey)
  }

  hello(target: Target, window: Uint8Array): Uint8Array {
    return this.#sign('LIVE', target, LIVE_PATH, new Uint8Array(0), window)
  }

  request(
    target: Target,
    window: Uint8Array,
    route: 'entries' | 'sync',
    input: unknown,
  ): Uint8Array {
    const { path, input: codec } = ROUTES[route]
    const body = encode(codec as Codec<unknown>, input)
    const signature = toBase64Url(this.#sign('POST', target, path, body, window))
    return httpRequest(hostOf(target), 'POST', path, body, { [SIGNATURE_HEADER]: signature })
  }

  posting(target: Target, window: Uint8Array, ...messages: Uint8Array[]): Uint8Array {
    return this.request(target, window, 'entries', { items: messages.map(bareItem) })
  }

  #sign(
    method: 'POST' | 'LIVE',
    target: Target,
    path: string,
    body: Uint8Array,
    window: Uint8Array,
  ): Uint8Array {
    const who = { org: this.org as OrgId, device: this.who.device, window, nonce: randomBytes(16) }
    const request = { method, host: hostOf(target), target: path, body }
    return signRequest(who, request, this.#pair.secretKey)
  }
}

export const hostOf = ({ host, port }: Target): string => `${host}:${port}`

/** The window value that signatures belong to; good for five minutes. */
export async function windowOf(target: Target): Promise<Uint8Array> {
  const scheme = target.tls ? 'https' : 'http'
  if (!target.tls) {
    const answer = await fetch(`${scheme}://${hostOf(target)}/nowhere`, { method: 'POST' })
    return fromBase64Url(answer.headers.get(WINDOW_HEADER) ?? '')
  }
  const { default: https } = await import('node:https')
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', rejectUnauthorized: false }
    const request = https.request(`${scheme}://${hostOf(target)}/nowhere`, options, (answer) => {
      answer.resume()
      resolve(fromBase64Url(String(answer.headers[WINDOW_HEADER])))
    })
    request.on('error', reject)
    request.end()
  })
}

/** Each lane is a connection with its own requests, one after the other. Returns the answers' statuses. */
export async function postLanes(target: Target, lanes: Uint8Array[][]): Promise<number[]> {
  const statuses: number[] = []
  const run = async (requests: Uint8Array[]): Promise<void> => {
    const posting = await openPosting(target)
    for (const request of requests) statuses.push((await posting.post(request)).status)
    posting.close()
  }
  await Promise.all(lanes.map(run))
  return statuses
}

/** Deals requests out to `lanes`: what one writer sends stays in its order. */
export function dealt<T>(items: T[], lanes: number): T[][] {
  return Array.from({ length: lanes }, (_, lane) => items.filter((_item, i) => i % lanes === lane))
}
