// Signed requests to a certificate authority that speaks ACME (RFC 8555, section 6), each with bounds on what comes back.
import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { request } from 'node:https'
import type { IncomingHttpHeaders } from 'node:http'
import { ensure, ProtocolError } from '../../../protocol/errors.ts'

export type Answer = { status: number; headers: IncomingHttpHeaders; body: string }

const PATIENCE = 30_000
const MAX_ANSWER = 128 * 1024
/** Nonces run out under load and between two servers of one authority: section 6.5 asks to try again. */
const TRIES = 5

const base64url = (value: string | Uint8Array): string => Buffer.from(value).toString('base64url')

/** One request, without redirects. `ca`: trusted besides, in PEM. Throws `acme_unreachable`. */
export function exchange(
  method: 'GET' | 'HEAD' | 'POST',
  url: string,
  ca: string | null,
  body = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const failed = (cause: unknown): void =>
      reject(new ProtocolError('acme_unreachable', new URL(url).host, { cause }))
    const headers = {
      'User-Agent': 'Holdfast',
      ...(body === '' ? {} : { 'Content-Type': 'application/jose+json' }),
      'Content-Length': Buffer.byteLength(body),
    }
    const signal = AbortSignal.timeout(PATIENCE)
    const options = { method, headers, signal, agent: false, ...(ca === null ? {} : { ca }) }
    const asking = request(url, options, (answer) => {
      const chunks: Buffer[] = []
      let size = 0
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > MAX_ANSWER) answer.destroy(new Error('too long an answer'))
        else chunks.push(chunk)
      })
      answer.on('error', failed)
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      )
    })
    asking.on('error', failed)
    asking.end(body)
  })
}

/** The members that RFC 7638 hashes, in its order. */
function jwkOf(key: KeyObject): { crv: string; kty: string; x: string; y: string } {
  const { x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' })
  return { crv: 'P-256', kty: 'EC', x, y }
}

/** What a challenge has to show for a token (section 8.1). */
export function keyAuthorization(token: string, key: KeyObject): string {
  const print = createHash('sha256')
    .update(JSON.stringify(jwkOf(key)))
    .digest('base64url')
  return `${token}.${print}`
}

export class Signed {
  readonly #key: KeyObject
  readonly #newNonce: string
  readonly #ca: string | null
  #nonce: string | null = null
  /** The account's address, once it is known. */
  account: string | null = null

  constructor(key: KeyObject, newNonce: string, ca: string | null) {
    this.#key = key
    this.#newNonce = newNonce
    this.#ca = ca
  }

  /** `payload` null: reads (POST-as-GET). Throws `acme_refused` with the authority's own words. */
  async post(url: string, payload: object | null): Promise<Answer> {
    for (let tries = 1; ; tries++) {
      const answer = await exchange('POST', url, this.#ca, await this.#sign(url, payload))
      this.#nonce = headerOf(answer, 'replay-nonce')
      if (answer.status < 400) return answer
      if (!/badNonce/.test(answer.body) || tries === TRIES) refused(answer)
    }
  }

  async #sign(url: string, payload: object | null): Promise<string> {
    const nonce = this.#nonce ?? (await this.#fetchNonce())
    const who = this.account === null ? { jwk: jwkOf(this.#key) } : { kid: this.account }
    const head = base64url(JSON.stringify({ alg: 'ES256', nonce, url, ...who }))
    const body = payload === null ? '' : base64url(JSON.stringify(payload))
    const key = { key: this.#key, dsaEncoding: 'ieee-p1363' } as const
    const signature = base64url(sign('sha256', Buffer.from(`${head}.${body}`), key))
    return JSON.stringify({ protected: head, payload: body, signature })
  }

  async #fetchNonce(): Promise<string> {
    const nonce = headerOf(await exchange('HEAD', this.#newNonce, this.#ca), 'replay-nonce')
    ensure(nonce !== null, 'acme_refused', 'no nonce')
    return nonce
  }
}

export function headerOf({ headers }: Answer, name: string): string | null {
  const value = headers[name]
  return typeof value === 'string' ? value : null
}

/** What an authority says is for people to read, shortened to a line. */
function refused({ status, body }: Answer): never {
  const said = /"detail"\s*:\s*"((?:[^"\\]|\\.){0,300})/.exec(body)?.[1] ?? body.slice(0, 100)
  throw new ProtocolError('acme_refused', `${status}: ${said.replaceAll(/[^\x20-\x7e]/g, ' ')}`)
}
