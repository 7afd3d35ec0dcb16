// A running box: configuration -> context -> app -> listening, and the orderly way down.
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer, Server as TlsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { LIVE_PATH } from '../protocol/api.ts'
import { toHex } from '../protocol/bytes.ts'
import { ensure, ProtocolError } from '../protocol/errors.ts'
import { CLOCK_TOLERANCE } from '../protocol/limits.ts'
import { openOperatorDoor } from './operate/door.ts'
import { answerUnreadable, createApp } from './app.ts'
import type { Config } from './config.ts'
import { type Context, createContext, type Overrides } from './context.ts'
import {
  ABANDONED_AFTER,
  AGE_INTERVAL,
  DRAIN_TIME,
  HEADERS_TIMEOUT,
  KEEP_ALIVE,
  MAX_HEADER_BYTES,
  RENEWAL_INTERVAL,
  REQUEST_TIMEOUT,
  SWEEP_INTERVAL,
} from './limits.ts'
import { type Door, listenOn } from './listen.ts'
import { openLiveDoor } from './live-door.ts'
import { refuseSocket } from './refusal.ts'
import { readCertificate, renewing, tellAge } from './tls.ts'
import { VERSION } from './version.ts'

export type Box = {
  url: string
  context: Context
  operatorPort: number | null
  /** Looks whether there is a new certificate; the box looks by itself every few seconds. */
  renew(): void
  stop(): Promise<void>
}

/** Resolves when the box accepts connections. Throws an operator's error with what to do. */
export async function startBox(config: Config, overrides: Overrides = {}): Promise<Box> {
  ensureSealed(config)
  const context = createContext(config, overrides)
  try {
    const server = serverOf(config, context, createApp(context))
    const door = config.operator && (await openOperatorDoor(context, config.operator, VERSION))
    const listening = listenOn(server, config.host, config.port)
    const port = await orElse(listening, () => door?.close())
    const closeLive = openLiveDoor(context, server)
    const renew = renewal(config, context, server)
    const timers = [
      sweep(context),
      setInterval(renew, RENEWAL_INTERVAL).unref(),
      watchAge(config, context),
    ]
    const scheme = config.tls === null ? 'http' : 'https'
    const url = config.origin ?? `${scheme}://${hostText(config.host)}:${port}`
    for (const host of hostsOf(config, url, port)) context.hosts.add(host)
    warnOfClock(context)
    context.log.info({ url, organisations: context.orgs.size }, 'listening')
    return {
      url,
      context,
      renew,
      operatorPort: door?.port ?? null,
      stop: () => drain(context, { server, closeLive, timers, door }),
    }
  } catch (error) {
    await context.close()
    throw error
  }
}

/** What is open already would keep a box alive that could not start. */
async function orElse<T>(work: Promise<T>, undo: () => Promise<void> | undefined): Promise<T> {
  try {
    return await work
  } catch (error) {
    await undo()
    throw error
  }
}

/** Its session tickets spare a returning company the certificates. */
function makeServer(config: Config, options: ServerOptions, listener: RequestListener): Server {
  if (config.tls === null) return createServer(options, listener)
  return createTlsServer({ ...options, ...readCertificate(config.tls).context }, listener)
}

/** Requests are signed and contents sealed without TLS too, but no phone installs an app from there. */
function ensureSealed({ tls, host, port }: Config): void {
  const loopback = host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
  ensure(tls !== null || loopback, 'plain_http', `${hostText(host)}:${port}`)
}

function watchAge({ tls }: Config, { log, clock }: Context): NodeJS.Timeout {
  const look = (): void => {
    try {
      if (tls !== null) tellAge(log, readCertificate(tls).leaf, clock.now())
    } catch (error) {
      log.error({ err: error }, 'the certificate cannot be read any more')
    }
  }
  look()
  return setInterval(look, AGE_INTERVAL).unref()
}

function renewal({ tls }: Config, { log }: Context, server: Server): () => void {
  if (tls === null || !(server instanceof TlsServer)) return () => {}
  return renewing(server, tls, {
    renewed: ({ validTo }) => log.info({ until: validTo }, 'new certificate'),
    unusable: (error) => log.error({ err: error }, 'the new certificate cannot be used'),
  })
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

/** What Node or its bridge to the app would turn away by themselves is refused in the same words. */
function serverOf(config: Config, context: Context, app: ReturnType<typeof createApp>): Server {
  const listener = getRequestListener((request, bindings) => app.fetch(request, bindings), {
    errorHandler: (error) => answerUnreadable(context, error),
  })
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT,
    requestTimeout: REQUEST_TIMEOUT,
    keepAliveTimeout: KEEP_ALIVE,
    requireHostHeader: false,
    // Some clients offer another protocol with every request; they get their answer in this one.
    shouldUpgradeCallback: ({ url }: IncomingMessage) => url === LIVE_PATH,
  }
  const answer = (request: IncomingMessage, response: ServerResponse): void =>
    void listener(request, response)
  const server = makeServer(config, options, answer)
  server.on('checkExpectation', answer)
  server.on('connect', (_, socket) => refuseSocket(socket, new ProtocolError('not_found')))
  server.on('clientError', answerClientError)
  return server
}

function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW'
  if (tooLarge) refuseSocket(socket, new ProtocolError('too_large', 'headers'), 431)
  else refuseSocket(socket, new ProtocolError('malformed', 'headers'))
}

const hostText = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** The names that a signature may name: the origin, and the box's own address for those beside it. */
function hostsOf(config: Config, url: string, port: number): string[] {
  return [
    new URL(url).host,
    ...(config.also ?? []).map((one) => new URL(one).host),
    `${hostText(config.host)}:${port}`,
    `localhost:${port}`,
    `127.0.0.1:${port}`,
  ]
}

type Open = {
  server: Server
  closeLive: () => void
  timers: NodeJS.Timeout[]
  door: Door | null
}

/** No new work, what is under way finishes, everything accepted is on disk. */
async function drain(context: Context, { server, closeLive, timers, door }: Open): Promise<void> {
  timers.forEach(clearInterval)
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
  await door?.close()
  clearTimeout(late)
  await context.close()
}
