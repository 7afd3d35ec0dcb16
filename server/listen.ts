// A server that accepts connections, or an operator's error.
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { ProtocolError } from '../protocol/errors.ts'

/** Connections that wait to be accepted: a whole company that returns at once is not refused. */
const BACKLOG = 4096

/** Resolves with the port. Throws `port_in_use` or `listen_failed`. */
export function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'EADDRINUSE' ? 'port_in_use' : 'listen_failed'
      reject(new ProtocolError(code, `${host}:${port}`, { cause: error }))
    })
    server.listen({ host, port, backlog: BACKLOG }, () =>
      resolve((server.address() as AddressInfo).port),
    )
  })
}

/** Of whoever asks for one small answer. */
const PATIENCE = 10_000
const MOST_HEADER_BYTES = 8192

export type Door = { port: number; close(): Promise<void> }

/** Plain HTTP that gives small public answers. Throws as {@link listenOn}. */
export async function openDoor(host: string, port: number, answer: RequestListener): Promise<Door> {
  const options = {
    requestTimeout: PATIENCE,
    headersTimeout: PATIENCE,
    maxHeaderSize: MOST_HEADER_BYTES,
  }
  const server = createServer(options, answer)
  return {
    port: await listenOn(server, host, port),
    async close() {
      const closing = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closing
    },
  }
}
