// What the operator's monitoring asks, on an address of its own that devices never see: /health and /metrics.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context } from '../context.ts'
import { type Door, openDoor } from '../listen.ts'
import { healthOf, worst } from './health.ts'
import { metrics } from './metrics.ts'

/** Throws `port_in_use` or `listen_failed`. */
export async function openOperatorDoor(
  context: Context,
  { host, port }: { host: string; port: number },
  version: string,
): Promise<Door> {
  return openDoor(host, port, (request, response) => {
    try {
      answer(context, version, request, response)
    } catch (error) {
      // Whoever asks how the box is must not be what ends it.
      context.log.error({ err: error }, 'the operator was not answered')
      if (!response.headersSent) response.writeHead(500)
      response.end()
    }
  })
}

function answer(
  context: Context,
  version: string,
  { method, url }: IncomingMessage,
  response: ServerResponse,
): void {
  if (method !== 'GET') return void response.writeHead(405).end()
  if (url === '/metrics') {
    response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' })
    return void response.end(metrics(context, version))
  }
  if (url !== '/health') return void response.writeHead(404).end()
  const findings = healthOf(context)
  const level = worst(findings)
  response.writeHead(level === 'fail' ? 503 : 200, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify({ level, version, findings }))
}
