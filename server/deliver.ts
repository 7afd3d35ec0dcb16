// The process that takes pushes out: it is handed sealed bodies over a UNIX socket, posts them to known services, and
// says what came of it. It holds no key, no database and no list of anybody.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { fromBase64Url } from '../protocol/bytes.ts'
import { ensure, ProtocolError } from '../protocol/errors.ts'
import { readBody } from './body.ts'
import { refusalBody } from './refusal.ts'
import type { PushService } from './push/endpoint.ts'
import { post, type Push } from './push/post.ts'
import { DELIVER_PATH } from './push/poster.ts'

/** A sealed body is 256 bytes and its key; the rest are an address and a signature. */
const MAX_REQUEST = 16 * 1024
/** What RFC 8030, 8188 and 8292 say of a push; nothing else goes out. */
const HEADERS = ['authorization', 'content-encoding', 'content-type', 'topic', 'ttl', 'urgency']
const PATIENCE = 10_000

export type Deliver = { stop(): Promise<void> }

/** `where`: path of the socket, or the descriptor of one that systemd has opened. Throws `listen_failed`. */
export async function startDeliver(
  where: { path: string } | { fd: number },
  local: PushService | null = null,
): Promise<Deliver> {
  const options = { requestTimeout: PATIENCE, headersTimeout: PATIENCE, maxHeaderSize: 8192 }
  const server = createServer(options, (request, response) => void answer(request, response, local))
  await open(server, where)
  return {
    async stop() {
      const closing = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      await closing
    },
  }
}

function open(server: Server, where: { path: string } | { fd: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const place = 'path' in where ? where.path : 'the socket of the service'
      reject(new ProtocolError('listen_failed', place, { cause }))
    })
    server.listen(where, resolve)
  })
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  local: PushService | null,
): Promise<void> {
  const send = (status: number, body: unknown): void =>
    void response
      .writeHead(status, { 'Content-Type': 'application/json' })
      .end(JSON.stringify(body))
  try {
    ensure(request.method === 'POST' && request.url === DELIVER_PATH, 'not_found')
    send(200, await post(readPush(await readBody(request, MAX_REQUEST)), local))
  } catch (error) {
    const known = error instanceof ProtocolError ? error : new ProtocolError('box_failed')
    send(known.status, refusalBody(known))
  }
}

/** Throws `malformed`. Where it may go is checked where it goes. */
function readPush(bytes: Uint8Array): Push {
  const value = parsed(bytes)
  const { endpoint, headers, body } = value
  ensure(typeof endpoint === 'string' && typeof body === 'string', 'malformed', 'push')
  ensure(typeof headers === 'object' && headers !== null, 'malformed', 'headers')
  const kept: Record<string, string> = {}
  for (const [name, one] of Object.entries(headers)) {
    const known = HEADERS.includes(name.toLowerCase())
    const plain = typeof one === 'string' ? /^[\x20-\x7e]*$/.test(one) : Number.isFinite(one)
    if (known) ensure(plain, 'malformed', name)
    if (known) kept[name] = String(one)
  }
  return { endpoint, headers: kept, body: fromBase64Url(body) }
}

function parsed(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString())
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw new ProtocolError('malformed', 'push')
}
