// The configuration of a gateway, from unknown JSON to something that can run.
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ProtocolError } from '../../protocol/errors.ts'
import { Field } from './field.ts'
import { readRoute, type Route } from './routes.ts'

export type GatewayConfig = {
  state: string
  host: string
  port: number
  routes: Route[]
  warnings: string[]
}

/** Not Alertmanager's own 9093: the two often share a machine. */
const DEFAULT_LISTEN = '127.0.0.1:9095'
/** Throws `gateway_config` with the key and what is wrong with it. */
export function readGatewayConfig(
  file: string,
  env: Record<string, string | undefined>,
): GatewayConfig {
  const warnings: string[] = []
  const folder = dirname(resolve(file))
  const around = { folder, env, warn: (text: string) => void warnings.push(text) }
  const keys = new Field('', parseFile(file)).object(['state', 'listen', 'routes'])
  const routes = keys.need('routes').list()
  if (routes.length === 0) keys.need('routes').fail('at least one route is needed')
  const { host, port } = readListen(keys.maybe('listen') ?? new Field('listen', DEFAULT_LISTEN))
  if (!isLoopback(host)) {
    warnings.push(
      `listen: ${host} can be reached from other machines, and webhooks travel unencrypted.`,
    )
  }
  return {
    state: resolve(folder, keys.need('state').text()),
    host,
    port,
    routes: distinct(routes.map((route) => readRoute(route, around))),
    warnings,
  }
}

function parseFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : ''
    // The engine quotes the file around the fault, where a secret may stand.
    const safe = reason.replace(/,? (?:\.\.\.)?".*$/s, '')
    const detail = cause instanceof SyntaxError ? `${file}: not JSON: ${safe}` : reason
    throw new ProtocolError('gateway_config', detail, { cause })
  }
}

function readListen(field: Field): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(field.text())
  const port = Number(match?.[3])
  if (match === null || port > 65_535) field.fail('HOST:PORT is expected, as in 127.0.0.1:9095')
  return { host: (match[1] ?? match[2]) as string, port }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

function distinct(routes: Route[]): Route[] {
  for (const [i, { path }] of routes.entries()) {
    const first = routes.findIndex((route) => route.path === path)
    if (first !== i)
      new Field(`routes[${i}].path`, path).fail(`${path} is routes[${first}] already`)
  }
  return routes
}
