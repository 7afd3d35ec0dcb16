// A client that costs next to nothing: it speaks just enough HTTP and WebSocket to be counted, so that the load
// does not set the figures.
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export type Target = { host: string; port: number; tls: boolean; session?: Buffer }

function dial({ host, port, tls, session }: Target, ready: () => void): Socket {
  if (!tls) return connect({ host, port, noDelay: true }, ready)
  const trust = { rejectUnauthorized: false, servername: 'localhost' }
  return connectTls({ host, port, ...trust, ...(session === undefined ? {} : { session }) }, ready)
}

/** A masked binary frame, as clients send them; the mask is zero. */
function clientFrame(payload: Uint8Array): Buffer {
  const long = payload.length > 125
  const head = long
    ? [0x82, 0x80 | 126, payload.length >> 8, payload.length & 0xff]
    : [0x82, 0x80 | payload.length]
  return Buffer.concat([Buffer.from(head), Buffer.alloc(4), payload])
}

export type Live = { socket: Socket; onFrame: (frame: Uint8Array) => void; close(): void }

/** Resolves with the first frame, the server's greeting. */
export function openLive(target: Target, path: string, hello: () => Uint8Array): Promise<Live> {
  return new Promise((resolve, reject) => {
    const socket = dial(target, () => {
      const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13'
      const host = `${target.host}:${target.port}`
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${key}\r\n\r\n`,
      )
    })
    const live: Live = { socket, onFrame: () => {}, close: () => socket.destroy() }
    let upgraded = false
    let held: Buffer = Buffer.alloc(0)
    let greeted = false
    const frame = (payload: Uint8Array): void => {
      if (greeted) return live.onFrame(payload)
      greeted = true
      resolve(live)
    }
    socket.on('data', (chunk: Buffer) => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
      if (!upgraded) {
        const end = held.indexOf('\r\n\r\n')
        if (end === -1) return
        upgraded = true
        held = held.subarray(end + 4)
        socket.write(clientFrame(hello()))
      }
      held = takeFrames(held, frame)
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('closed before the greeting')))
  })
}

/** Calls back for each whole frame and returns what is left. */
function takeFrames(held: Buffer, frame: (payload: Uint8Array) => void): Buffer {
  let at = 0
  while (held.length - at >= 2) {
    const short = (held[at + 1] as number) & 0x7f
    const head = short < 126 ? 2 : short === 126 ? 4 : 10
    if (held.length - at < head) break
    const length =
      short < 126
        ? short
        : short === 126
          ? held.readUInt16BE(at + 2)
          : Number(held.readBigUInt64BE(at + 2))
    if (held.length - at < head + length) break
    if (((held[at] as number) & 0x0f) === 2) frame(held.subarray(at + head, at + head + length))
    at += head + length
  }
  return held.subarray(at)
}

export type Posting = {
  post(request: Uint8Array): Promise<{ status: number; body: Buffer }>
  close(): void
}

/** A kept-alive connection on which requests go out as they were built, one after the other. */
export function openPosting(target: Target): Promise<Posting> {
  return new Promise((resolve, reject) => {
    let held = Buffer.alloc(0)
    let answered: ((answer: { status: number; body: Buffer }) => void) | null = null
    const socket = dial(target, () => {
      resolve({
        post: (request) =>
          new Promise((done) => {
            answered = done
            socket.write(request)
          }),
        close: () => socket.destroy(),
      })
    })
    socket.on('error', reject)
    socket.on('data', (chunk: Buffer) => {
      held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk])
      const answer = readAnswer(held)
      if (answer === null) return
      held = Buffer.alloc(0)
      const done = answered
      answered = null
      done?.(answer)
    })
  })
}

function readAnswer(held: Buffer): { status: number; body: Buffer } | null {
  const end = held.indexOf('\r\n\r\n')
  if (end === -1) return null
  const head = held.subarray(0, end).toString('latin1')
  const length = /content-length: (\d+)/i.exec(head)
  const status = Number(head.slice(9, 12))
  const body = held.subarray(end + 4)
  if (length !== null) return body.length < Number(length[1]) ? null : { status, body }
  // Chunked: the last chunk ends it.
  return body.subarray(-5).toString('latin1') === '0\r\n\r\n' ? { status, body } : null
}

export function httpRequest(
  host: string,
  method: 'GET' | 'POST',
  path: string,
  body: Uint8Array,
  headers: Record<string, string> = {},
): Buffer {
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`, `Content-Length: ${body.length}`]
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body])
}
