// A running box: configuration -> context -> app -> listening, and the orderly way down.
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { toHex } from '../protocol/bytes.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { CLOCK_TOLERANCE } from '../protocol/limits.ts'
import { createApp } from './app.ts'
import type { Config } from './config.ts'
import { type Context, createContext, type Overrides } from './context.ts'
import {
  ABANDONED_AFTER,
  DRAIN_TIME,
  HEADERS_TIMEOUT,
  KEEP_ALIVE,
  LISTEN_BACKLOG,
  MAX_HEADER_BYTES,
  REQUEST_TIMEOUT,
  SWEEP_INTERVAL,
} from './limits.ts'
import { openLiveDoor } from './live-door.ts'

export type Box = { url: string; context: Context; stop(): Promise<void> }

/** Resolves when the box accepts connections. Throws an operator's error with what to do. */
export async function startBox(config: Config, overrides: Overrides = {}): Promise<Box> {
  const context = createContext(config, overrides)
  try {
    const app = createApp(context)
    const listener = getRequestListener((request, bindings) => app.fetch(request, bindings))
    const options = {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT,
      requestTimeout: REQUEST_TIMEOUT,
      keepAliveTimeout: KEEP_ALIVE,
    }
    const server = makeServer(
      config,
      options,
      (request, response) => void listener(request, response),
    )
    server.on('clientError', answerClientError)
    const port = await listen(server, config)
    const closeLive = openLiveDoor(context, server)
    const sweeping = sweep(context)
    const scheme = config.tls === null ? 'http' : 'https'
    const url = config.origin ?? `${scheme}://${hostText(config.host)}:${port}`
    for (const host of hostsOf(config, url, port)) context.hosts.add(host)
    warnOfClock(context)
    context.log.info({ url, organisations: context.orgs.size }, 'listening')
    return { url, context, stop: () => drain(context, server, closeLive, sweeping) }
  } catch (error) {
    await context.close()
    throw error
  }
}

/** TLS 1.3 only: its session tickets spare a returning company the certificates. */
function makeServer(config: Config, options: ServerOptions, listener: RequestListener): Server {
  if (config.tls === null) return createServer(options, listener)
  const { cert, key } = config.tls
  const tls = { cert: readPem(cert), key: readPem(key), minVersion: 'TLSv1.3' } as const
  try {
    return createTlsServer({ ...options, ...tls }, listener)
  } catch (error) {
    throw new ProtocolError('tls_unusable', `${cert}, ${key}`, { cause: error })
  }
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new ProtocolError('tls_unusable', path, { cause: error })
  }
}

/** Cards expire by what administrators signed; a box whose clock lags behind that has a wrong clock. */
function warnOfClock(context: Context): void {
  for (const org of context.orgs.values()) {
    const behind = org.directory.logTime - context.clock.now()
    if (behind < CLOCK_TOLERANCE) continue
    const minutes = Math.round(behind / 60_000)
    context.log.warn({ org: toHex(org.id), minutes }, 'the clock of this machine is behind: set it')
  }
}

/** Every hour: what was begun and never finished makes room again. */
function sweep(context: Context): NodeJS.Timeout {
  const once = async (): Promise<void> => {
    for (const org of context.orgs.values()) {
      const dropped = await org.store.sweepFiles(context.clock.now() - ABANDONED_AFTER)
      if (dropped > 0) context.log.info({ org: toHex(org.id), dropped }, 'abandoned uploads')
    }
  }
  const run = (): void => {
    once().catch((error: unknown) => context.log.error({ err: error }, 'sweeping failed'))
  }
  run()
  return setInterval(run, SWEEP_INTERVAL).unref()
}

/** What Node refuses before the app sees it is refused in the same words. */
function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable) return void socket.destroy()
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW'
  const { code, message, todo, detail } = new ProtocolError(
    tooLarge ? 'too_large' : 'malformed',
    'headers',
  )
  const body = JSON.stringify({ error: { code, message, todo, detail } })
  const status = tooLarge ? '431 Request Header Fields Too Large' : '400 Bad Request'
  const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`
  socket.end(`${head}Connection: close\r\n\r\n${body}`)
}

function listen(server: Server, { host, port }: Config): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'EADDRINUSE' ? 'port_in_use' : 'listen_failed'
      reject(new ProtocolError(code, `${host}:${port}`, { cause: error }))
    })
    server.listen({ host, port, backlog: LISTEN_BACKLOG }, () =>
      resolve((server.address() as AddressInfo).port),
    )
  })
}

const hostText = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** The names that a signature may name: the origin, and the box's own address for those beside it. */
function hostsOf(config: Config, url: string, port: number): string[] {
  return [
    new URL(url).host,
    `${hostText(config.host)}:${port}`,
    `localhost:${port}`,
    `127.0.0.1:${port}`,
  ]
}

/** No new work, what is under way finishes, everything accepted is on disk. */
async function drain(
  context: Context,
  server: Server,
  closeLive: () => void,
  sweeping: NodeJS.Timeout,
): Promise<void> {
  clearInterval(sweeping)
  context.log.info('stopping: finishing what is under way')
  context.draining = true
  closeLive()
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const late = setTimeout(() => {
    context.live.terminateAll()
    server.closeAllConnections()
  }, DRAIN_TIME)
  await closed
  clearTimeout(late)
  await context.close()
}
