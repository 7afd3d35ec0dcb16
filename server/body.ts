// The bytes of a request, counted as they come.
import type { IncomingMessage } from 'node:http'
import { ensure, ProtocolError } from '../protocol/errors.ts'

/**
 * Counts what really arrives: a length header may be absent or a lie. Throws `too_large` as soon as it is known.
 * Listens instead of iterating, which costs a quarter of what the box needs for a short message.
 */
export function readBody(incoming: IncomingMessage, max: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const announced = Number(incoming.headers['content-length'] ?? 0)
    ensure(announced <= max, 'too_large', `${announced} bytes, at most ${max}`)
    const chunks: Buffer[] = []
    let size = 0
    const add = (chunk: Buffer): void => {
      size += chunk.length
      if (size <= max) return void chunks.push(chunk)
      incoming.off('data', add)
      reject(new ProtocolError('too_large', `more than ${max} bytes`))
    }
    incoming.on('data', add)
    incoming.once('end', () => {
      const whole = Buffer.concat(chunks)
      resolve(new Uint8Array(whole.buffer, whole.byteOffset, whole.length))
    })
    // Whoever hangs up meanwhile, as phones do, is no fault of the box; nobody hears the refusal.
    incoming.once('error', (cause) =>
      reject(new ProtocolError('malformed', 'the request broke off', { cause })),
    )
  })
}
