// The box over HTTP: size before parsing, signature before lookup, one place that writes errors.
import { type HttpBindings, RequestError } from '@hono/node-server'
import { type Context as Http, Hono } from 'hono'
import {
  type Input,
  type Output,
  type RouteName,
  ROUTES,
  SIGNATURE_HEADER,
  TRUSTED_PATH,
  WINDOW_HEADER,
} from '../protocol/api.ts'
import { toBase64Url } from '../protocol/bytes.ts'
import { type Codec, decode, encode } from '../protocol/codec.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { authenticate, type Caller, ensureActive } from './auth.ts'
import { readBody } from './body.ts'
import type { Context } from './context.ts'
import { addressKey, RateLimited } from './rate.ts'
import { headersOf } from './headers.ts'
import { refusalBody } from './refusal.ts'
import { sync } from './routes/catch-up.ts'
import { showCheckpoint, showDirectory } from './routes/directory.ts'
import { enrol, showCard } from './routes/enrol.ts'
import { appendEntries, bringWraps } from './routes/entries.ts'
import { dropFile, getPart, openFile, putPart } from './routes/files.ts'
import { findPrekeys, findReceipts, putParcel, putPrekey, putReceipts } from './routes/mailbox.ts'
import { resubmit } from './routes/restore.ts'
import { putSubscription, showPushKey, testPush } from './routes/push.ts'
import { showApp } from './show-app.ts'

type Env = { Bindings: HttpBindings }
type Answer<R extends RouteName> = Output<R> | Uint8Array
type Open<R extends RouteName> = (
  context: Context,
  input: Input<R>,
  address: string,
) => Answer<R> | Promise<Answer<R>>
type Signed<R extends RouteName> = (
  context: Context,
  input: Input<R>,
  caller: Caller,
) => Answer<R> | Promise<Answer<R>>

/** What a waiting device may call: all it needs to learn that it was approved. */
const FOR_WAITING: readonly RouteName[] = ['sync', 'prekey', 'checkpoint', 'directory']

export function createApp(context: Context): Hono<Env> {
  const app = new Hono<Env>()
  app.use(async (http, next) => {
    http.header(WINDOW_HEADER, toBase64Url(context.windows.value))
    const headers = headersOf(context.config.tls !== null)
    for (const [name, value] of Object.entries(headers)) http.header(name, value)
    if (context.draining) {
      http.header('Connection', 'close')
      return sendError(http, new ProtocolError('draining'))
    }
    await next()
    return context.figures.request(http.req.path, http.res.status)
  })
  open(app, context, 'card', showCard)
  open(app, context, 'enrol', enrol)
  signed(app, context, 'entries', appendEntries)
  signed(app, context, 'wraps', bringWraps)
  signed(app, context, 'resubmit', resubmit)
  signed(app, context, 'sync', sync)
  signed(app, context, 'checkpoint', showCheckpoint)
  signed(app, context, 'directory', showDirectory)
  signed(app, context, 'prekey', putPrekey)
  signed(app, context, 'prekeys', findPrekeys)
  signed(app, context, 'receipt', putReceipts)
  signed(app, context, 'receipts', findReceipts)
  signed(app, context, 'parcel', putParcel)
  signed(app, context, 'fileOpen', openFile)
  signed(app, context, 'filePut', putPart)
  signed(app, context, 'fileGet', getPart)
  signed(app, context, 'fileDrop', dropFile)
  signed(app, context, 'pushKey', showPushKey)
  signed(app, context, 'pushPut', putSubscription)
  signed(app, context, 'pushTest', testPush)
  // Seen only by whoever trusts the certificate: how the page of provisioning/trust finds out.
  app.get(TRUSTED_PATH, (http) => http.text('yes', 200, { 'Access-Control-Allow-Origin': '*' }))
  app.get('*', (http) => showApp(http, context))
  app.notFound((http) => sendError(http, new ProtocolError('not_found')))
  app.onError((error, http) => sendError(http, known(context, error)))
  return app
}

function open<R extends RouteName>(
  app: Hono<Env>,
  context: Context,
  name: R,
  handler: Open<R>,
): void {
  const { path, max } = ROUTES[name]
  app.post(path, async (http) => {
    const body = await readBody(http.env.incoming, max)
    return sendAnswer(http, name, await handler(context, decodeInput(name, body), addressOf(http)))
  })
}

function signed<R extends RouteName>(
  app: Hono<Env>,
  context: Context,
  name: R,
  handler: Signed<R>,
): void {
  const { path, max } = ROUTES[name]
  app.post(path, async (http) => {
    const body = await readBody(http.env.incoming, max)
    const { incoming } = http.env
    const request = {
      method: 'POST',
      host: (incoming.headers.host ?? '').toLowerCase(),
      target: incoming.url ?? '',
      body,
    } as const
    const caller = authenticate(
      context,
      http.req.header(SIGNATURE_HEADER),
      request,
      addressOf(http),
    )
    if (!FOR_WAITING.includes(name)) ensureActive(caller)
    return sendAnswer(http, name, await handler(context, decodeInput(name, body), caller))
  })
}

function decodeInput<R extends RouteName>(name: R, body: Uint8Array): Input<R> {
  return decode(ROUTES[name].input as Codec<unknown>, body, ROUTES[name].max) as Input<R>
}

function sendAnswer<R extends RouteName>(http: Http<Env>, name: R, answer: Answer<R>): Response {
  const { output } = ROUTES[name]
  const bytes =
    output === 'frames' ? (answer as Uint8Array) : encode(output as Codec<unknown>, answer)
  return http.body(bytes as Uint8Array<ArrayBuffer>, 200, {
    'Content-Type': 'application/octet-stream',
  })
}

export function addressOf(http: Http<Env>): string {
  return addressKey(http.env.incoming.socket.remoteAddress ?? '')
}

/** Anything unexpected becomes `box_failed`, its text only in the log. */
function known(context: Context, error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error
  context.log.error({ err: error }, 'request failed')
  return new ProtocolError('box_failed', '', { cause: error })
}

function sendError(http: Http<Env>, error: ProtocolError): Response {
  if (error instanceof RateLimited) http.header('Retry-After', String(error.retryAfter))
  return http.json(refusalBody(error), error.status as 400)
}

/** A target or host of which no request can be made, hence nothing for a route. */
export function answerUnreadable(context: Context, error: unknown): Response {
  const unreadable = error instanceof RequestError
  const refusal = unreadable ? new ProtocolError('malformed', 'target') : known(context, error)
  const headers = headersOf(context.config.tls !== null)
  return Response.json(refusalBody(refusal), { status: refusal.status, headers })
}
