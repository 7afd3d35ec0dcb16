// Plain HTTP for what phones need before they trust the box: a page and a certificate, both public, and nothing else.
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { type Door, openDoor } from '../../server/listen.ts'
import { AUTHORITY_FILE } from '../certificates/private-ca.ts'
import { mobileconfig } from './mobileconfig.ts'
import { LANGUAGES, languageOf, page, policyOf, systemOf } from './page.ts'

export type TrustDoor = Door & { fingerprint: string }
type Opening = { folder: string; host: string; port: number; address: string }

const NAME = 'Holdfast'

/** `folder`: of the authority. `address`: the origin of the box. Throws `port_in_use` or `listen_failed`. */
export async function openTrustDoor({ folder, host, port, address }: Opening): Promise<TrustDoor> {
  const authority = new X509Certificate(readFileSync(join(folder, AUTHORITY_FILE)))
  const door = await openDoor(host, port, (request, response) =>
    answer(request, response, authority, address),
  )
  return { ...door, fingerprint: authority.fingerprint256 }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  authority: X509Certificate,
  address: string,
): void {
  const asked = URL.parse(request.url ?? '/', 'http://holdfast.invalid')
  if (asked === null) return void response.writeHead(400, { 'Content-Type': 'text/plain' }).end()
  const { pathname, searchParams } = asked
  const language = languageOf(searchParams.get('lang'), request.headers['accept-language'] ?? '')
  const system = systemOf(request.headers['user-agent'] ?? '')
  const send = (
    type: string,
    body: string | Uint8Array,
    more: Record<string, string> = {},
  ): void => {
    const common = { 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store' }
    response.writeHead(200, { 'Content-Type': type, ...common, ...more }).end(body)
  }
  if (pathname === '/') {
    const { fingerprint256: fingerprint } = authority
    const shown = page({ language, system, address, fingerprint })
    send('text/html; charset=utf-8', shown, {
      'Content-Security-Policy': policyOf(address),
      'Referrer-Policy': 'no-referrer',
    })
  } else if (pathname === '/holdfast.mobileconfig') {
    const { profileAbout } = LANGUAGES[language]
    send('application/x-apple-aspen-config', mobileconfig(authority, NAME, profileAbout))
  } else if (pathname === '/holdfast.crt') {
    send('application/x-x509-ca-cert', authority.raw, {
      'Content-Disposition': 'attachment; filename="holdfast.crt"',
    })
  } else response.writeHead(404, { 'Content-Type': 'text/plain' }).end()
}
