// Requests to a box as bytes decide: heads of any kind, bodies that are signed or not, framed truly or not.
import type { Core } from '../../client/core.ts'
import { LIVE_PATH, ROUTES, SIGNATURE_HEADER } from '../../protocol/api.ts'
import { concat, toBase64Url, utf8 } from '../../protocol/bytes.ts'
import { METHOD, type Method, signRequest } from '../../protocol/request.ts'
import { randomBytes } from '../../protocol/sodium.ts'
import { asBlob, type Dice } from './dice.ts'

export type Fire = {
  port: number
  host: string
  /** Whoever may sign: an owner, a member, somebody who waits, somebody who was removed. */
  signers: Core['signer'][]
  window(): Uint8Array
}

const MOST_REQUESTS = 4
const FRAMINGS = [
  'length',
  'length',
  'length',
  'chunked',
  'none',
  'lie',
  'both',
  'bad chunks',
  'hello',
  'frame',
] as const
type Framing = (typeof FRAMINGS)[number]

/** On how many connections at once: seldom on more than one. */
export function connectionsOf(input: Uint8Array): number {
  return (input[0] ?? 0) >= 0xe0 ? 3 : 1
}

/** All that is written on one connection, in pieces; signed anew each time. */
export function requestBytes(fire: Fire, dice: Dice): Uint8Array[] {
  const pieces = dice.below(4)
  const parts: Uint8Array[] = []
  for (let i = 0; i < MOST_REQUESTS && !dice.over; i++) parts.push(oneRequest(fire, dice))
  return cut(concat(...parts), pieces)
}

function cut(bytes: Uint8Array, pieces: number): Uint8Array[] {
  if (pieces === 0 || bytes.length < 8) return [bytes]
  const size = Math.ceil(bytes.length / (pieces * 3))
  const count = Math.ceil(bytes.length / size)
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
}

function oneRequest(fire: Fire, dice: Dice): Uint8Array {
  const signer = dice.below(fire.signers.length + 2)
  const framing = dice.one(FRAMINGS)
  const lie = dice.byte()
  const head = latin1(dice.blob()).replaceAll('{host}', fire.host)
  const body = dice.blob()
  if (framing === 'hello' || framing === 'frame')
    return upgrade(fire, { signer, framing, head, body })
  const signature =
    signer === 0 ? '' : `${SIGNATURE_HEADER}: ${signatureOf(fire, signer, head, body)}\r\n`
  const [lines, framed] = frame(framing, body, lie)
  return concat(bytesOf(`${head}${signature}${lines}\r\n`), framed)
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))

/** Signed for what the head says, as far as it says anything that can be signed. */
function signatureOf(fire: Fire, which: number, head: string, body: Uint8Array): string {
  const signer = fire.signers[which - 1]
  if (signer === undefined) return toBase64Url(randomBytes(129))
  const [, method = 'POST', target = '/'] = /^(\S+) (\S+) HTTP/.exec(head) ?? []
  const host = /^host: *(\S*)/im.exec(head)?.[1] ?? fire.host
  const known = (Object.hasOwn(METHOD, method) ? method : 'POST') as Method
  const who = {
    org: signer.org,
    device: signer.device,
    window: fire.window(),
    nonce: randomBytes(16),
  }
  const request = {
    method: known,
    host: host.toLowerCase().slice(0, 80),
    target: target.slice(0, 500),
    body,
  }
  return toBase64Url(signRequest(who, request, signer.secretKey))
}

function frame(framing: Framing, body: Uint8Array, lie: number): [lines: string, body: Uint8Array] {
  const length = `Content-Length: ${body.length}\r\n`
  const chunk = concat(bytesOf(`${body.length.toString(16)}\r\n`), body, bytesOf('\r\n0\r\n\r\n'))
  const lies = [body.length + 1, Math.max(0, body.length - 1), 2 ** 31, 2 ** 53, '-1', '1e3', '']
  switch (framing) {
    case 'chunked':
      return ['Transfer-Encoding: chunked\r\n', body.length === 0 ? bytesOf('0\r\n\r\n') : chunk]
    case 'none':
      return ['', body]
    case 'lie':
      return [`Content-Length: ${lies[lie % lies.length]}\r\n`, body]
    case 'both':
      return [`${length}Transfer-Encoding: chunked\r\n`, chunk]
    case 'bad chunks':
      return ['Transfer-Encoding: chunked\r\n', concat(bytesOf('zz\r\n'), body)]
    default:
      return [length, body]
  }
}

type Upgrade = { signer: number; framing: Framing; head: string; body: Uint8Array }

/** A WebSocket: the hello of a device in one frame, or frames as the bytes have them. */
function upgrade(fire: Fire, { signer, framing, head, body }: Upgrade): Uint8Array {
  const start = bytesOf(`${head}\r\n`)
  if (framing === 'frame') return concat(start, body)
  const key = fire.signers[signer - 1]
  const hello = key === undefined || body.length > 0 ? body : helloOf(fire, key)
  return concat(
    start,
    Uint8Array.of(0x82, 0x80 | 126, hello.length >> 8, hello.length & 0xff, 0, 0, 0, 0),
    hello,
  )
}

function helloOf(fire: Fire, signer: Core['signer']): Uint8Array {
  const who = {
    org: signer.org,
    device: signer.device,
    window: fire.window(),
    nonce: randomBytes(16),
  }
  const request = {
    method: 'LIVE',
    host: fire.host,
    target: LIVE_PATH,
    body: new Uint8Array(0),
  } as const
  return signRequest(who, request, signer.secretKey)
}

const CLOSE = 'Connection: close\r\n'
const post = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: {host}\r\n${CLOSE}`
const UPGRADE = `GET ${LIVE_PATH} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n`

/** Heads that are odd in one way each. */
const ODD = [
  `GET /v1/card HTTP/1.1\r\nHost: {host}\r\n${CLOSE}`,
  `HEAD /v1/sync HTTP/1.1\r\nHost: {host}\r\n${CLOSE}`,
  `OPTIONS * HTTP/1.1\r\nHost: {host}\r\n${CLOSE}`,
  `TRACE / HTTP/1.1\r\nHost: {host}\r\n${CLOSE}`,
  `CONNECT krise.example:443 HTTP/1.1\r\nHost: {host}\r\n${CLOSE}`,
  `POST http://krise.example/v1/sync HTTP/1.1\r\nHost: {host}\r\n${CLOSE}`,
  `POST http:// HTTP/1.1\r\nHost: {host}\r\n${CLOSE}`,
  `POST /v1/../v1/sync HTTP/1.1\r\nHost: {host}\r\n${CLOSE}`,
  `POST /v1\\sync HTTP/1.1\r\nHost: {host}\r\n${CLOSE}`,
  `POST /v1/%73ync?x=%ff HTTP/1.1\r\nHost: {host}\r\n${CLOSE}`,
  `POST //v1/sync HTTP/1.1\r\nHost: {host}\r\n${CLOSE}`,
  `POST /v1/sync HTTP/1.1\r\n${CLOSE}`,
  `POST /v1/sync HTTP/1.1\r\nHost:\r\n${CLOSE}`,
  `POST /v1/sync HTTP/1.1\r\nHost: a b\r\n${CLOSE}`,
  `POST /v1/sync HTTP/1.1\r\nHost: [::1\r\n${CLOSE}`,
  `POST /v1/sync HTTP/1.1\r\nHost: {host}\r\nHost: other\r\n${CLOSE}`,
  `POST /v1/sync HTTP/1.0\r\nHost: {host}\r\n`,
  `POST /v1/sync HTTP/2.0\r\nHost: {host}\r\n`,
  `POST /v1/sync HTTP/1.1\r\nHost: {host}\r\nExpect: 100-continue\r\n${CLOSE}`,
  `POST /v1/sync HTTP/1.1\r\nHost: {host}\r\nExpect: the impossible\r\n${CLOSE}`,
  `POST /v1/sync HTTP/1.1\r\nHost: {host}\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n`,
  `POST /v1/sync HTTP/1.1\r\nHost: {host}\r\nContent-Encoding: gzip\r\n${CLOSE}`,
  `POST /v1/sync HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3\r\n${CLOSE}`,
  `POST /v1/sync HTTP/1.1\r\nHost: {host}\r\nX: ${'x'.repeat(9000)}\r\n${CLOSE}`,
  `POST /v1/sync HTTP/1.1\r\nHost: {host}\r\n${'X: y\r\n'.repeat(300)}${CLOSE}`,
  `POST /${'a'.repeat(3000)} HTTP/1.1\r\nHost: {host}\r\n${CLOSE}`,
  `POST /v1/sync HTTP/1.1\r\nHost: {host}\r\n folded\r\n${CLOSE}`,
  `POST /v1/sync HTTP/1.1\nHost: {host}\n${CLOSE}`,
  UPGRADE.replace(LIVE_PATH, '/v1/elsewhere'),
  UPGRADE.replace('AAAA==', '!'),
  UPGRADE.replace('Version: 13', 'Version: 7'),
  UPGRADE.replace('GET', 'POST'),
  UPGRADE.replace('websocket', 'chat'),
]

const LENGTH = 0
const HELLO = 8
const FRAME = 9

function asInput(signer: number, framing: number, head: string, body: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(signer, framing, 0), asBlob(bytesOf(head)), asBlob(body))
}

/** Requests of every route, signed by each; odd heads; live connections; two on one connection. */
export function httpSamples(bodies: Record<string, Uint8Array>, signers: number): Uint8Array[] {
  const whole = Uint8Array.of(0)
  const keep = (path: string): string => post(path).replace(CLOSE, '')
  const routes = Object.entries(bodies).map(([name, body]) => ({
    path: ROUTES[name as keyof typeof ROUTES].path,
    body,
  }))
  const nothing = new Uint8Array(0)
  const all = [
    ...routes.flatMap(({ path, body }) =>
      Array.from({ length: signers + 2 }, (_, who) => asInput(who, LENGTH, post(path), body)),
    ),
    ...routes.flatMap(({ path, body }) =>
      [3, 5, 6, 7].map((framing) => asInput(1, framing, post(path), body)),
    ),
    ...ODD.flatMap((head) => [
      asInput(0, LENGTH, head, utf8('abc')),
      asInput(1, LENGTH, head, nothing),
    ]),
    ...Array.from({ length: signers + 1 }, (_, who) => asInput(who, HELLO, UPGRADE, nothing)),
    asInput(0, FRAME, UPGRADE, Uint8Array.of(0x88, 0x80, 0, 0, 0, 0)),
    asInput(0, FRAME, UPGRADE, Uint8Array.of(0x01, 0xff, 0xff, 0xff)),
    asInput(
      0,
      FRAME,
      UPGRADE,
      Uint8Array.of(0x82, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0),
    ),
    concat(
      asInput(1, LENGTH, keep('/v1/sync'), bodies['sync'] ?? nothing),
      asInput(0, LENGTH, post('/v1/card'), nothing),
    ),
  ]
  const thrice = routes.map(({ path, body }) => asInput(1, LENGTH, post(path), body))
  return [
    ...all.map((one) => concat(whole, one)),
    ...thrice.map((one) => concat(Uint8Array.of(0xfc), one)),
  ]
}
