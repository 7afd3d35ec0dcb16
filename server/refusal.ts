// A refusal in JSON, for answers of the app and for those that Node or a library would give without it.
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type { ProtocolError } from '../protocol/errors.ts'
import { headersOf } from './headers.ts'

export function refusalBody({ code, message, todo, detail }: ProtocolError) {
  return { error: { code, message, todo, detail } }
}

/** Where there is a socket and no response: says it and closes. */
export function refuseSocket(socket: Duplex, error: ProtocolError, status = error.status): void {
  if (!socket.writable) return void socket.destroy()
  const body = Buffer.from(JSON.stringify(refusalBody(error)))
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Connection: close',
    ...Object.entries(headersOf(socket instanceof TLSSocket)).map(
      ([name, value]) => `${name}: ${value}`,
    ),
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  socket.end(body)
}
