// The configuration of a gateway, from unknown JSON to something that can run.
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { MAX_ANSWERS } from '../../protocol/content.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { Field, type Fields } from './field.ts'
import { readSecret, type Surroundings } from './secret.ts'
import { readPath, readTemplate, type Template } from './template.ts'

const DEEDS = ['alert', 'exercise', 'message'] as const
/** What a webhook becomes. */
export type Deed = (typeof DEEDS)[number]

export type Destination = {
  as: Deed
  /** Title or id of a channel. */
  to: string
  /** The key of the configuration that names it, for complaints. */
  at: string
}
export type Rule = { when: { path: string; text: string }[]; then: Destination }

type Common = { path: string; otherwise: Destination; map: Rule[]; answers: string[] | null }
export type AlertmanagerRoute = Common & {
  type: 'alertmanager'
  bearer: string
  firing: Template
  /** null: nobody is told. */
  resolved: Template | null
}
export type JsonRoute = Common & {
  type: 'json'
  hmac: string
  header: string
  /** null: the whole body tells whether it was seen before. */
  id: Template | null
  text: Template
}
export type Route = AlertmanagerRoute | JsonRoute

export type GatewayConfig = {
  state: string
  host: string
  port: number
  routes: Route[]
  warnings: string[]
}

/** Not Alertmanager's own 9093: the two often share a machine. */
const DEFAULT_LISTEN = '127.0.0.1:9095'
const DEFAULT_HEADER = 'X-Signature'
const COMMON = ['path', 'type', 'to', 'as', 'map', 'answers']
const KEYS = {
  alertmanager: [...COMMON, 'bearer', 'firing', 'resolved'],
  json: [...COMMON, 'hmac', 'header', 'id', 'text'],
}

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

function readRoute(field: Field, around: Surroundings): Route {
  const type = field.object([...KEYS.alertmanager, ...KEYS.json]).need('type')
  const kind = type.oneOf(['alertmanager', 'json'])
  const keys = field.object(KEYS[kind])
  const common = readCommon(field, keys)
  if (kind === 'alertmanager') {
    const resolved = keys.maybe('resolved')
    return {
      ...common,
      type: kind,
      bearer: readSecret(keys.need('bearer'), around),
      firing: readTemplate(keys.need('firing')),
      resolved: resolved === undefined || resolved.isNull ? null : readTemplate(resolved),
    }
  }
  const id = keys.maybe('id')
  return {
    ...common,
    type: kind,
    hmac: readSecret(keys.need('hmac'), around),
    header: readHeader(keys.maybe('header')),
    id: id === undefined ? null : readTemplate(id),
    text: readTemplate(keys.need('text')),
  }
}

function readCommon(field: Field, keys: Fields): Common {
  const to = keys.need('to')
  const otherwise = { as: keys.need('as').oneOf(DEEDS), to: to.text(), at: to.path }
  const path = keys.need('path')
  if (!/^\/[\w.~/-]*$/.test(path.text())) path.fail('a path such as /alertmanager is expected')
  const map = keys.maybe('map')?.list() ?? []
  const rules = map.map((rule) => readRule(rule, otherwise))
  const answers = readAnswers(keys.maybe('answers'))
  const asks = [otherwise, ...rules.map(({ then }) => then)].some(({ as }) => as !== 'message')
  if (answers !== null && !asks) field.fail('"answers" belong to an alert or an exercise')
  return { path: path.text(), otherwise, map: rules, answers }
}

function readRule(field: Field, otherwise: Destination): Rule {
  const keys = field.object(['if', 'as', 'to'])
  const condition = keys.need('if')
  const when = condition.entries().map(({ key, value }) => ({
    path: readPath(value, key, `"${key}"`),
    text: value.scalar(),
  }))
  if (when.length === 0) condition.fail('a rule without a condition would hide those after it')
  const to = keys.maybe('to')
  const place = to === undefined ? otherwise : { to: to.text(), at: to.path }
  return { when, then: { ...place, as: keys.maybe('as')?.oneOf(DEEDS) ?? otherwise.as } }
}

function readAnswers(field: Field | undefined): string[] | null {
  if (field === undefined) return null
  const answers = field.list().map((answer) => {
    const text = answer.text().trim()
    return Buffer.byteLength(text) <= 40 ? text : answer.fail('at most 40 bytes fit on a button')
  })
  const enough = answers.length > 0 && answers.length <= MAX_ANSWERS
  return enough ? answers : field.fail(`one to ${MAX_ANSWERS} answers are expected`)
}

function readHeader(field: Field | undefined): string {
  if (field === undefined) return DEFAULT_HEADER
  const name = field.text()
  return /^[\w-]+$/.test(name) ? name : field.fail('the name of an HTTP header is expected')
}
