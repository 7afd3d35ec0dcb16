// Requests as an attacker sends them: any host, any header, any body, over a real connection.
import { request, type OutgoingHttpHeaders } from 'node:http'
import { WebSocket } from 'ws'

export type Raw = { status: number; headers: Record<string, unknown>; body: string }

export function send(
  url: string,
  path: string,
  method: string,
  headers: OutgoingHttpHeaders,
  body: Uint8Array = new Uint8Array(0),
): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const length = method === 'GET' || method === 'HEAD' ? {} : { 'content-length': body.length }
    const options = { hostname, port, path, method, headers: { ...headers, ...length } }
    const asking = request(options, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: Buffer.concat(chunks).toString('latin1'),
        }),
      )
    })
    asking.on('error', reject)
    asking.end(body)
  })
}

/** The first thing a live line says after this hello, or the code it is closed with. */
export function hello(url: string, host: string, bytes: Uint8Array): Promise<number | 'alive'> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(url)
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/live`, { headers: { host } })
    socket.on('open', () => socket.send(bytes))
    socket.on('message', () => {
      resolve('alive')
      socket.terminate()
    })
    socket.on('close', (code) => resolve(code))
    socket.on('error', reject)
  })
}
