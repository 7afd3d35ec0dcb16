// HTTP-01 (RFC 8555, section 8.3): a door on port 80 that stands open while the authority looks, and answers nothing else.
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { listenOn } from '../../../server/listen.ts'
import type { Solver } from './order.ts'

const PATH = '/.well-known/acme-challenge/'
/** An authority asks from a few places; anybody else may ask, too, and gets nothing to hold on to. */
const PATIENCE = 10_000

/** Throws `port_in_use` or `listen_failed` from `show`. */
export function httpSolver(host: string, port: number): Solver {
  const proofs = new Map<string, string>()
  let server: Server | null = null
  return {
    type: 'http-01',
    async show(_, token, proof) {
      proofs.set(PATH + token, proof)
      server ??= await open(host, port, proofs)
    },
    async hide(_, token) {
      proofs.delete(PATH + token)
      if (proofs.size > 0 || server === null) return
      const closing = once(server, 'close')
      server.close()
      server.closeAllConnections()
      server = null
      await closing
    },
  }
}

async function open(host: string, port: number, proofs: Map<string, string>): Promise<Server> {
  const options = { requestTimeout: PATIENCE, headersTimeout: PATIENCE, maxHeaderSize: 8192 }
  const server = createServer(options, (request, response) => {
    const proof = proofs.get(request.url ?? '')
    response.writeHead(proof === undefined ? 404 : 200, { 'Content-Type': 'text/plain' })
    response.end(proof ?? '')
  })
  await listenOn(server, host, port)
  return server
}
