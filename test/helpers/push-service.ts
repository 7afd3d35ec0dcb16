// A push service of this machine: speaks to Firefox as Mozilla's does (the autopush protocol over WebSocket) and
// to the box as RFC 8030 says. It delivers what the box has really encrypted and signed.
import { createPublicKey, randomUUID, verify } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { createServer as createTls } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'

export type Posted = {
  id: string
  bytes: number
  ttl: string
  urgency: string
  signed: boolean
  at: number
}
type Known = { uaid: string; channelID: string; key: string; queue: string[] }
type FromBrowser = {
  messageType?: string
  uaid?: string
  channelID?: string
  key?: string
  updates?: unknown[]
}

export class PushService {
  readonly posted: Posted[] = []
  /** What browsers have confirmed: delivered to the service worker. */
  readonly acknowledged: unknown[] = []
  readonly #known = new Map<string, Known>()
  readonly #browsers = new Map<string, WebSocket>()
  readonly #plain: Server = createServer()
  readonly #tls: ReturnType<typeof createTls>
  readonly #sockets: WebSocketServer

  /** `tls`: certificate for localhost and its key, PEM. */
  constructor(tls: { cert: string; key: string }) {
    this.#tls = createTls(tls, (asked, answer) => void this.#post(asked, answer))
    this.#sockets = new WebSocketServer({
      server: this.#plain,
      handleProtocols: (offered) =>
        offered.has('push-notification') ? 'push-notification' : false,
    })
    this.#sockets.on('connection', (socket) => this.#serve(socket))
  }

  async start(): Promise<void> {
    for (const server of [this.#plain, this.#tls])
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  }

  /** Where Firefox connects, and where the box posts to. */
  get ports(): { browser: number; box: number } {
    const portOf = (server: { address(): unknown }): number =>
      (server.address() as AddressInfo).port
    return { browser: portOf(this.#plain), box: portOf(this.#tls) }
  }

  stop(): void {
    for (const socket of this.#sockets.clients) socket.terminate()
    for (const server of [this.#plain, this.#tls]) {
      server.closeAllConnections()
      server.close()
    }
  }

  async #post(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = Buffer.concat(await Array.fromAsync(asked as AsyncIterable<Buffer>))
    const id = (asked.url ?? '').split('/').at(-1) ?? ''
    const known = this.#known.get(id)
    const signed = known !== undefined && isSigned(asked.headers.authorization ?? '', known.key)
    const { ttl, urgency } = asked.headers
    const posted = { id, bytes: body.length, ttl: String(ttl), urgency: String(urgency), signed }
    this.posted.push({ ...posted, at: Date.now() })
    if (known === undefined) return void answer.writeHead(410).end()
    if (!signed) return void answer.writeHead(403).end()
    this.#deliver(known, {
      messageType: 'notification',
      channelID: known.channelID,
      version: randomUUID(),
      ttl: Number(ttl),
      data: body.toString('base64url'),
      headers: { encoding: asked.headers['content-encoding'] },
    })
    answer.writeHead(201).end()
  }

  #deliver({ uaid, queue }: Known, message: object): void {
    const text = JSON.stringify(message)
    const browser = this.#browsers.get(uaid)
    if (browser?.readyState === 1) browser.send(text)
    else queue.push(text)
  }

  #serve(socket: WebSocket): void {
    let uaid = ''
    const say = (message: object): void => socket.send(JSON.stringify(message))
    socket.on('message', (data: Buffer) => {
      const heard = JSON.parse(data.toString()) as FromBrowser
      const { messageType, channelID = '', key = '' } = heard
      if (messageType === 'hello') {
        uaid = heard.uaid ?? randomUUID().replaceAll('-', '')
        this.#browsers.set(uaid, socket)
        say({ messageType, uaid, status: 200, use_webpush: true, broadcasts: {} })
        for (const known of this.#known.values())
          if (known.uaid === uaid) for (const text of known.queue.splice(0)) socket.send(text)
      } else if (messageType === 'register') {
        const id = randomUUID()
        this.#known.set(id, { uaid, channelID, key, queue: [] })
        const pushEndpoint = `https://localhost:${this.ports.box}/wpush/v2/${id}`
        say({ messageType, channelID, status: 200, pushEndpoint })
      } else if (messageType === 'unregister') {
        for (const [id, known] of this.#known)
          if (known.channelID === channelID) this.#known.delete(id)
        say({ messageType, channelID, status: 200 })
      } else if (messageType === 'ack') this.acknowledged.push(...(heard.updates ?? []))
      else say({})
    })
  }
}

/** VAPID (RFC 8292) with the very key that the subscription was made for. */
function isSigned(authorization: string, subscribed: string): boolean {
  const [, token = '', key = ''] = /^vapid t=([^,]+), ?k=(.+)$/.exec(authorization) ?? []
  const point = Buffer.from(key, 'base64url')
  const [head, claims, signature] = token.split('.')
  if (signature === undefined || !point.equals(Buffer.from(subscribed, 'base64url'))) return false
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((one) => one.toString('base64url'))
  const jwk = { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' }
  const publicKey = createPublicKey({ format: 'jwk', key: jwk })
  return verify(
    'sha256',
    Buffer.from(`${head}.${claims}`),
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  )
}
