// The door for webhooks: path, method, secret, size, then what it says. One place writes the answers.
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { type Context as Http, Hono } from 'hono'
import { ensure, ProtocolError } from '../../protocol/errors.ts'
import type { GatewayConfig } from './config.ts'
import { type Notice, noticesOf } from './notices.ts'
import type { Queued } from './queue.ts'
import type { Route } from './routes.ts'
import { bearerFits, hmacFits } from './secret.ts'

export const MAX_WEBHOOK = 256 * 1024
const REQUEST_TIMEOUT = 30_000
/** How long a stopping gateway waits for webhooks under way. */
const PATIENCE = 5_000

type Env = { Bindings: HttpBindings }
export type Door = { url: string; close(): Promise<void> }
export type Inside = {
  accept(route: Route, notices: Notice[]): Promise<Queued>
  /** A request that was turned away or failed. */
  refused(path: string, error: unknown): void
}

/** Resolves when it accepts webhooks. Throws `port_in_use` or `listen_failed`. */
export async function openDoor(config: GatewayConfig, inside: Inside): Promise<Door> {
  const app = createDoorApp(config.routes, inside)
  const listener = getRequestListener((request, bindings) => app.fetch(request, bindings))
  const limits = { requestTimeout: REQUEST_TIMEOUT, headersTimeout: REQUEST_TIMEOUT }
  const server = createServer(limits, (request, response) => void listener(request, response))
  const port = await listen(server, config)
  const host = config.host.includes(':') ? `[${config.host}]` : config.host
  return { url: `http://${host}:${port}`, close: () => close(server) }
}

function listen(server: Server, { host, port }: GatewayConfig): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'EADDRINUSE' ? 'port_in_use' : 'listen_failed'
      reject(new ProtocolError(code, `${host}:${port}`, { cause: error }))
    })
    server.listen({ host, port }, () => resolve((server.address() as AddressInfo).port))
  })
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const late = setTimeout(() => server.closeAllConnections(), PATIENCE)
  await closed
  clearTimeout(late)
}

function createDoorApp(routes: Route[], inside: Inside): Hono<Env> {
  const app = new Hono<Env>()
  app.all('*', async (http) => {
    const route = routes.find(({ path }) => path === http.req.path)
    ensure(route !== undefined, 'webhook_unknown', http.req.path)
    ensure(http.req.method === 'POST', 'webhook_method', http.req.method)
    const notices = noticesOf(route, await admitted(route, http))
    const { ids, duplicates } = await inside.accept(route, notices)
    return http.json({ queued: ids.length, duplicates }, 202)
  })
  app.onError((error, http) => {
    inside.refused(http.req.path, error)
    return answer(http, error)
  })
  return app
}

/** The body of a webhook whose secret is right. A bearer is looked at before anything is read. */
async function admitted(route: Route, http: Http<Env>): Promise<Uint8Array> {
  if (route.type === 'alertmanager') {
    ensure(bearerFits(http.req.header('Authorization'), route.bearer), 'webhook_secret')
    return readBody(http.env.incoming)
  }
  const body = await readBody(http.env.incoming)
  ensure(hmacFits(http.req.header(route.header), body, route.hmac), 'webhook_secret')
  return body
}

/** Counts what really arrives: a length header may be absent or a lie. */
async function readBody(incoming: IncomingMessage): Promise<Uint8Array> {
  const announced = Number(incoming.headers['content-length'] ?? 0)
  ensure(announced <= MAX_WEBHOOK, 'too_large', `${announced} bytes, at most ${MAX_WEBHOOK}`)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    ensure(size <= MAX_WEBHOOK, 'too_large', `more than ${MAX_WEBHOOK} bytes`)
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

/** What is no refusal of ours is a fault of ours: the sender is to try again. */
function answer(http: Http<Env>, error: Error): Response {
  const known = error instanceof ProtocolError ? error : new ProtocolError('gateway_failed')
  const { code, message, todo, detail, status } = known
  if (code === 'webhook_method') http.header('Allow', 'POST')
  if (code === 'webhook_secret') http.header('WWW-Authenticate', 'Bearer')
  if (code === 'too_large') http.header('Connection', 'close')
  return http.json({ error: { code, message, todo, detail } }, status as 400)
}
