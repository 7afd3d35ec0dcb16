// The gateway: its configuration, and the webhooks that monitoring systems send.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type GatewayConfig, readGatewayConfig } from '../../../cli/gateway/config.ts'
import { noticesOf } from '../../../cli/gateway/notices.ts'
import type { Route } from '../../../cli/gateway/routes.ts'
import { bearerFits, hmacFits } from '../../../cli/gateway/secret.ts'
import { utf8 } from '../../../protocol/bytes.ts'
import { type ErrorCode, ProtocolError } from '../../../protocol/errors.ts'
import { must, type Target } from '../../../scripts/fuzz/target.ts'

const ENV = { HOLDFAST_HOOK_SECRET: 'ein Geheimnis' }
const SECRET = { value: 'ein Geheimnis' }

const ROUTES = [
  {
    path: '/alertmanager',
    type: 'alertmanager',
    bearer: SECRET,
    to: 'Betrieb',
    as: 'message',
    map: [{ if: { severity: 'critical', 'team.name': true }, as: 'alert', to: 'Alle' }],
    firing: '{{labels.alertname}} auf {{labels.instance}}: {{annotations.summary}}',
    resolved: 'Vorbei: {{labels.alertname}}',
    answers: ['sicher', 'Hilfe'],
  },
  {
    path: '/hook',
    type: 'json',
    hmac: { env: 'HOLDFAST_HOOK_SECRET' },
    header: 'X-Signature',
    id: '{{event.id}}',
    to: 'Betrieb',
    as: 'exercise',
    text: '{{event.title}}: {{event.details.reason}}',
  },
  { path: '/plain', type: 'json', hmac: SECRET, to: 'Betrieb', as: 'message', text: '{{a.b.c}}' },
]

function onlyCode(code: ErrorCode, work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    must(error.code === code, `${code} and not ${error.code}`)
  }
}

/** A configuration that was accepted can be worked with. */
function judgeConfig({ host, port, routes, state }: GatewayConfig): void {
  must(host !== '' && port >= 0 && port <= 65_535, 'somewhere to listen')
  must(routes.length > 0 && state.startsWith('/'), 'routes and a folder')
  for (const route of routes) {
    const secret = route.type === 'json' ? route.hmac : route.bearer
    must(typeof secret === 'string' && secret !== '', 'a secret is a text')
    bearerFits(`Bearer ${secret}`, secret)
    hmacFits('sha256=00', new Uint8Array(1), secret)
    onlyCode('webhook_malformed', () => void noticesOf(route, utf8('{"alerts":[]}')))
  }
}

function configs(): string[] {
  const whole = { state: '/var/lib/holdfast', listen: '127.0.0.1:9095', routes: ROUTES }
  return [
    JSON.stringify(whole, null, 1),
    JSON.stringify({ state: 's', listen: '[::1]:1', routes: ROUTES.slice(1, 2) }),
    JSON.stringify({ state: 's', routes: ROUTES.slice(2) }),
    JSON.stringify({
      state: 's',
      routes: [{ ...ROUTES[0], resolved: null, bearer: { file: 'none' } }],
    }),
    '{"state":"s","routes":[{"path":"/a","type":"json","hmac":{"env":"__proto__"},"to":"a","as":"message","text":"x"}]}',
  ]
}

export const gatewayConfig: Target = {
  name: 'gateway-config',
  about: 'readGatewayConfig: what an operator writes',
  sources: ['cli/gateway/'],
  longest: 4000,
  batch: 100,
  runs: 800,
  open() {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-fuzz-'))
    const file = join(folder, 'gateway.json')
    return {
      samples: configs().map(utf8),
      run(input) {
        writeFileSync(file, input)
        onlyCode('gateway_config', () => judgeConfig(readGatewayConfig(file, ENV)))
      },
      close: () => Promise.resolve(rmSync(folder, { recursive: true })),
    }
  },
}

function webhooks(): string[] {
  const alert = {
    status: 'firing',
    startsAt: '2031-03-03T08:00:00Z',
    fingerprint: 'abc',
    labels: {
      alertname: 'Ausfall',
      instance: 'UW Nord',
      severity: 'critical',
      'team.name': 'true',
    },
    annotations: { summary: 'Spannung weg' },
  }
  const { fingerprint: _, ...unmarked } = alert
  return [
    JSON.stringify({ alerts: [alert, { ...alert, status: 'resolved' }] }),
    JSON.stringify({ alerts: [unmarked] }),
    JSON.stringify({ event: { id: 7, title: 'Ausfall\u202e', details: { reason: 'x' } } }),
    JSON.stringify({ event: { id: '', 'details.reason': true }, a: { b: { c: '\ud800' } } }),
    `{"alerts":[{"status":"firing","startsAt":"x","labels":{"a":${nested(3)}}}]}`,
    nested(9),
  ]
}

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`

export const webhook: Target = {
  name: 'webhook',
  about: 'noticesOf: what monitoring systems send, with the right secret',
  sources: ['cli/gateway/notices.ts', 'cli/gateway/template.ts'],
  longest: 60_000,
  batch: 200,
  runs: 1500,
  open() {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-fuzz-'))
    const file = join(folder, 'gateway.json')
    writeFileSync(file, JSON.stringify({ state: 's', routes: ROUTES }))
    const { routes } = readGatewayConfig(file, ENV)
    rmSync(folder, { recursive: true })
    return {
      samples: webhooks().map(utf8),
      run(input) {
        for (const route of routes) onlyCode('webhook_malformed', () => judgeNotices(route, input))
      },
    }
  },
}

function judgeNotices(route: Route, input: Uint8Array): void {
  for (const { text, key } of noticesOf(route, input)) {
    must(text !== '' && Array.from(text).length <= 2000, 'a text that fits a screen')
    must(text.isWellFormed() && !/\p{Bidi_Control}/u.test(text), 'no steering marks')
    must(key.length === 32, 'a key to know it again by')
    utf8(text)
  }
}
