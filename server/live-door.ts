// The door of live connections: the first frame is a signed request, or the door closes.
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { LIVE_PATH } from '../protocol/api.ts'
import { toHex } from '../protocol/bytes.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { encodeFrame } from '../protocol/frames.ts'
import { REQUEST_SIGNATURE_BYTES } from '../protocol/request.ts'
import { check } from './auth.ts'
import type { Context } from './context.ts'
import { CLOSE } from './delivery/outgoing.ts'
import { HELLO_TIMEOUT, LIMITS } from './limits.ts'
import { addressKey } from './rate.ts'
import { refuseSocket } from './refusal.ts'

/** Deflate stays off: sealed bytes do not compress, and it costs 234 KiB a socket. */
export function openLiveDoor(context: Context, server: Server): () => void {
  const door = new WebSocketServer({
    noServer: true,
    maxPayload: REQUEST_SIGNATURE_BYTES,
    perMessageDeflate: false,
  })
  door.on('wsClientError', (_, socket) =>
    refuseSocket(socket, new ProtocolError('malformed', 'live connection')),
  )
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    door.handleUpgrade(request, socket, head, (ws) => greet(context, ws, request))
  })
  const beat = setInterval(() => {
    context.live.alive(context.clock.now())
    context.reserve.keep()
    context.steady.look()
  }, context.aliveInterval)
  return () => {
    clearInterval(beat)
    context.live.closeAll()
    door.close()
  }
}

function greet(context: Context, socket: WebSocket, request: IncomingMessage): void {
  const late = setTimeout(() => socket.close(CLOSE.unsigned), HELLO_TIMEOUT)
  socket.on('error', () => socket.terminate())
  socket.on('close', () => clearTimeout(late))
  socket.once('message', (hello: Buffer) => {
    clearTimeout(late)
    admit(context, socket, request, new Uint8Array(hello))
  })
}

function admit(
  context: Context,
  socket: WebSocket,
  request: IncomingMessage,
  hello: Uint8Array,
): void {
  const host = (request.headers.host ?? '').toLowerCase()
  const address = addressKey(request.socket.remoteAddress ?? '')
  try {
    const { org, device } = check(context, hello, {
      method: 'LIVE',
      host,
      target: LIVE_PATH,
      body: new Uint8Array(0),
    })
    context.live.add(org.id, {
      device: device.id,
      person: device.person,
      pending: device.from === null,
      socket,
      unheard: null,
      asked: false,
    })
    context.push.cameBy(device.id)
    socket.send(encodeFrame({ type: 'alive', t: context.clock.now() }))
    context.log.debug({ org: toHex(org.id), device: toHex(device.id) }, 'live')
  } catch {
    context.rate.take(`strangers:${address}`, LIMITS.strangers)
    socket.close(CLOSE.unsigned)
  }
}
