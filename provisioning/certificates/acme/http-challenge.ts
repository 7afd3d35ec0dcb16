// HTTP-01 (RFC 8555, section 8.3): a door on port 80 that stands open while the authority looks, and answers nothing else.
import { type Door, openDoor } from '../../../server/listen.ts'
import type { Solver } from './order.ts'

const PATH = '/.well-known/acme-challenge/'

/** Throws `port_in_use` or `listen_failed` from `show`. */
export function httpSolver(host: string, port: number): Solver {
  const proofs = new Map<string, string>()
  let door: Door | null = null
  return {
    type: 'http-01',
    async show(_, token, proof) {
      proofs.set(PATH + token, proof)
      door ??= await open(host, port, proofs)
    },
    async hide(_, token) {
      proofs.delete(PATH + token)
      if (proofs.size > 0) return
      const closing = door?.close()
      door = null
      await closing
    },
  }
}

/** An authority asks from a few places; anybody else may ask, too, and gets nothing to hold on to. */
const open = (host: string, port: number, proofs: Map<string, string>): Promise<Door> =>
  openDoor(host, port, (request, response) => {
    const proof = proofs.get(request.url ?? '')
    response.writeHead(proof === undefined ? 404 : 200, { 'Content-Type': 'text/plain' })
    response.end(proof ?? '')
  })
