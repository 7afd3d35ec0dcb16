// The files of the app over HTTP. They are the same for everybody and hold no secret, so that they may be
// compressed, which nothing else here is.
import type { HttpBindings } from '@hono/node-server'
import type { Context as Http } from 'hono'
import { ProtocolError } from '../protocol/errors.ts'
import { appFileAt, type AppFile } from './app-files.ts'
import type { Context } from './context.ts'

type Env = { Bindings: HttpBindings }

/** Throws `not_found` for what is no file of the app. */
export function showApp(http: Http<Env>, { app }: Context): Response {
  const wantsPage = http.req.header('accept')?.includes('text/html') ?? false
  const file = appFileAt(app, http.req.path, wantsPage)
  if (file === null) throw new ProtocolError('not_found', app.size === 0 ? 'app not built' : '')
  return sendFile(http, file)
}

function sendFile(http: Http<Env>, file: AppFile): Response {
  const { bytes, brotli, type, etag, cache, policy } = file
  if (policy !== null) http.header('Content-Security-Policy', policy)
  http.header('Cache-Control', cache)
  http.header('ETag', etag)
  http.header('Vary', 'Accept-Encoding')
  if (http.req.header('if-none-match') === etag) return http.body(null, 304)
  const compressed = brotli !== null && accepts(http, 'br')
  if (compressed) http.header('Content-Encoding', 'br')
  const body = compressed ? brotli : bytes
  return http.body(body as Uint8Array<ArrayBuffer>, 200, { 'Content-Type': type })
}

function accepts(http: Http<Env>, encoding: string): boolean {
  const listed = (http.req.header('accept-encoding') ?? '').split(',')
  return listed.some((one) => one.trim() === encoding)
}
