import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { gateway } from '../../cli/gateway-verb.ts'
import { type GatewayConfig, readGatewayConfig } from '../../cli/gateway/config.ts'
import { noticesOf } from '../../cli/gateway/notices.ts'
import { bearerFits, hmacFits } from '../../cli/gateway/secret.ts'
import { utf8 } from '../../protocol/bytes.ts'
import { ProtocolError } from '../../protocol/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-gateway-config-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const file = join(folder, 'gateway.json')
const env = { SECRET: 'from the environment', EMPTY: '' }
const example = new URL('../../provisioning/examples/gateway.json', import.meta.url)

const am = {
  path: '/am',
  type: 'alertmanager',
  bearer: { env: 'SECRET' },
  to: 'Operations',
  as: 'message',
  firing: '{{labels.alertname}}',
}
const json = {
  path: '/hook',
  type: 'json',
  hmac: { env: 'SECRET' },
  to: 'Operations',
  as: 'message',
  text: '{{event.title}}',
}

function read(config: unknown): GatewayConfig {
  writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config))
  return readGatewayConfig(file, env)
}
const withRoute = (route: object) => read({ state: 's', routes: [route] })

function refused(act: () => unknown, detail: RegExp): void {
  assert.throws(act, (error) => {
    assert.ok(error instanceof ProtocolError)
    assert.equal(error.code, 'gateway_config')
    assert.match(error.detail, detail)
    return true
  })
}

describe('a configuration that cannot be used names the place', () => {
  const cases: [string, object, RegExp][] = [
    [
      'a mistyped key',
      { ...am, fireing: 'x' },
      /^routes\[0\]\.fireing: there is no such key; possible are path,/,
    ],
    [
      'a key of the other type',
      { ...am, hmac: { env: 'SECRET' } },
      /^routes\[0\]\.hmac: there is no such key/,
    ],
    ['a missing key', { ...am, firing: undefined }, /^routes\[0\]: "firing" is missing$/],
    ['an unknown type', { ...am, type: 'nagios' }, /^routes\[0\]\.type: one of alertmanager, json/],
    [
      'an unknown deed',
      { ...am, as: 'alarm' },
      /^routes\[0\]\.as: one of alert, exercise, message/,
    ],
    [
      'a key of a secret',
      { ...am, bearer: { fil: 'x' } },
      /^routes\[0\]\.bearer\.fil: there is no such key/,
    ],
    [
      'two secrets',
      { ...am, bearer: { env: 'SECRET', value: 'x' } },
      /^routes\[0\]\.bearer: exactly one/,
    ],
    [
      'a secret that is not set',
      { ...am, bearer: { env: 'NOWHERE' } },
      /^routes\[0\]\.bearer\.env: \$NOWHERE is not set/,
    ],
    [
      'a variable that every object has',
      { ...am, bearer: { env: 'constructor' } },
      /\.env: \$constructor is not set/,
    ],
    ['an empty secret', { ...am, bearer: { env: 'EMPTY' } }, /\.env: \$EMPTY is not set/],
    [
      'a secret file',
      { ...am, bearer: { file: 'gone' } },
      /^routes\[0\]\.bearer\.file: .*gone cannot be read: ENOENT/,
    ],
    [
      'a rule without condition',
      { ...am, map: [{ if: {}, as: 'alert' }] },
      /^routes\[0\]\.map\[0\]\.if: a rule without/,
    ],
    [
      'a mistyped rule',
      { ...am, map: [{ if: { a: 'b' }, too: 'x' }] },
      /^routes\[0\]\.map\[0\]\.too: there is no/,
    ],
    [
      'a condition on a list',
      { ...am, map: [{ if: { a: ['b'] } }] },
      /^routes\[0\]\.map\[0\]\.if\.a: a text, a number/,
    ],
    [
      'a template with code',
      { ...am, firing: '{{ labels[0] }}' },
      /^routes\[0\]\.firing: \{\{ labels\[0\] \}\} is not a dotted path/,
    ],
    ['an open template', { ...am, firing: 'x {{labels.a' }, /^routes\[0\]\.firing: a \{\{ has no/],
    ['a path', { ...am, path: 'am' }, /^routes\[0\]\.path: a path such as/],
    [
      'answers without an alert',
      { ...am, answers: ['a'] },
      /^routes\[0\]: "answers" belong to an alert/,
    ],
    [
      'too long an answer',
      { ...am, as: 'alert', answers: ['ä'.repeat(21)] },
      /^routes\[0\]\.answers\[0\]: at most 40 bytes/,
    ],
    [
      'too many answers',
      { ...am, as: 'alert', answers: 'abcdefghi'.split('') },
      /^routes\[0\]\.answers: one to 8/,
    ],
    ['a header', { ...json, header: 'X Y' }, /^routes\[0\]\.header: the name of an HTTP header/],
  ]
  for (const [name, route, detail] of cases)
    test(name, () => refused(() => withRoute(route), detail))

  test('outside the routes', () => {
    refused(
      () => read({ state: 's', routes: [am], port: 1 }),
      /^port: there is no such key; possible are state, listen/,
    )
    refused(() => read({ routes: [am] }), /^"state" is missing$/)
    refused(() => read({ state: 's', routes: [] }), /^routes: at least one route/)
    refused(() => read({ state: 's', routes: {} }), /^routes: a list/)
    refused(
      () => read({ state: 's', listen: '9095', routes: [am] }),
      /^listen: HOST:PORT is expected/,
    )
    refused(() => read({ state: 's', listen: 'h:70000', routes: [am] }), /^listen: HOST:PORT/)
    refused(
      () => read({ state: 's', routes: [am, json, am] }),
      /^routes\[2\]\.path: \/am is routes\[0\] already/,
    )
    refused(() => read([]), /^an object/)
    refused(() => readGatewayConfig(join(folder, 'gone.json'), env), /gone\.json/)
  })

  test('a fault in the JSON does not print the secret beside it', () => {
    const text = '{"state":"s","routes":[{"bearer":{"value":hush}}]}'
    refused(() => read(text), /not JSON/)
    refused(() => read(text), /^(?!.*hush)/s)
  })
})

describe('a configuration that works', () => {
  const bodyOf = (routes: unknown) => JSON.stringify(routes)

  test('the example, and the one in the help, are whole and the same in kind', () => {
    const secrets = (text: string) =>
      text.replaceAll(/\{ "(?:file|env)": "[^"]*" \}/g, '{ "env": "SECRET" }')
    const shipped = read(secrets(readFileSync(example, 'utf8')))
    const help = gateway.help.slice(
      gateway.help.indexOf('  {\n'),
      gateway.help.indexOf('\n  }\n') + 4,
    )
    const taught = read(secrets(help))
    for (const { routes, host, warnings } of [shipped, taught]) {
      assert.deepEqual(
        routes.map(({ type }) => type),
        ['alertmanager', 'json'],
      )
      assert.equal(host, '127.0.0.1')
      assert.deepEqual(warnings, [])
    }
  })

  test('stays on this machine unless told, and warns when it does not', () => {
    assert.deepEqual([withRoute(am).host, withRoute(am).warnings], ['127.0.0.1', []])
    const open = read({ state: 's', listen: '0.0.0.0:9095', routes: [am] })
    assert.match(open.warnings.join(), /0\.0\.0\.0 can be reached from other machines/)
    assert.deepEqual(read({ state: 's', listen: '[::1]:0', routes: [am] }).warnings, [])
  })

  test('a secret in the file works with a warning that does not repeat it', () => {
    const { routes, warnings } = withRoute({ ...am, bearer: { value: 'hush' } })
    assert.ok(routes[0]?.type === 'alertmanager' && routes[0].bearer === 'hush')
    assert.match(warnings.join(), /^routes\[0\]\.bearer: the secret stands in the file/)
    assert.equal(warnings.join().includes('hush'), false)
  })

  test('relative paths start at the folder of the file', () => {
    writeFileSync(join(folder, 'secret'), 'from a file\n')
    const { state, routes } = withRoute({ ...am, bearer: { file: 'secret' } })
    assert.equal(state, join(folder, 's'))
    assert.ok(routes[0]?.type === 'alertmanager' && routes[0].bearer === 'from a file')
  })

  function textFor(template: string, body: object): string {
    const [route] = withRoute({ ...json, text: template }).routes
    assert.ok(route !== undefined)
    return noticesOf(route, utf8(JSON.stringify(body)))[0]?.text ?? ''
  }

  test('templates fill dotted paths; what is missing is empty', () => {
    const body = { a: { b: 'deep', 'c.d': 'dotted key', n: 7, no: false, list: ['first'] } }
    assert.equal(
      textFor('{{a.b}} {{ a.c.d }} {{a.n}} {{a.no}} {{a.list.0}}', body),
      'deep dotted key 7 false first',
    )
    assert.equal(textFor(' x{{a.gone}}{{a}}{{constructor.name}}{{a.b.length}}y ', body), 'xy')
  })

  test('control characters go, long texts are cut, and nothing becomes silent', () => {
    const evil = 'one\u0007\u001b[31m\u202etwo\r\nthree\u0000\tfour\ud800'
    assert.equal(textFor('{{t}}', { t: evil }), 'one[31mtwo\nthree four\ufffd')
    const long = textFor('{{t}}', { t: '😀'.repeat(5000) })
    assert.equal(Array.from(long).length, 2000)
    assert.ok(long.endsWith('😀…'))
    assert.equal(textFor('{{gone}}', {}), 'Event without text from /hook')
  })

  test('the first rule that fits decides; the rest is as the route says', () => {
    const map = [
      { if: { 'event.level': 'fatal', 'event.site': 3 }, as: 'alert', to: 'All staff' },
      { if: { 'event.level': 'fatal' }, to: 'Duty' },
      { if: { 'event.level': 'fatal' }, to: 'Never' },
    ]
    const [route] = withRoute({ ...json, map }).routes
    assert.ok(route !== undefined)
    const goal = (event: object) => {
      const [notice] = noticesOf(route, utf8(JSON.stringify({ event })))
      return [notice?.as, notice?.destination.to, notice?.destination.at]
    }
    assert.deepEqual(goal({ level: 'fatal', site: 3 }), [
      'alert',
      'All staff',
      'routes[0].map[0].to',
    ])
    assert.deepEqual(goal({ level: 'fatal' }), ['message', 'Duty', 'routes[0].map[1].to'])
    assert.deepEqual(goal({ level: 'low' }), ['message', 'Operations', 'routes[0].to'])
  })

  test('what makes an event the same: route, and id or the whole body', () => {
    const routes = read({
      state: 's',
      routes: [
        { ...json, id: '{{event.id}}' },
        { ...json, path: '/b' },
      ],
    }).routes
    const key = (i: number, body: object) =>
      Buffer.from(
        noticesOf(routes[i] as (typeof routes)[number], utf8(bodyOf(body)))[0]?.key ?? [],
      ).toString('hex')
    assert.equal(key(0, { event: { id: 1, x: 1 } }), key(0, { event: { id: 1, x: 2 } }))
    assert.notEqual(key(0, { event: { id: 1 } }), key(0, { event: { id: 2 } }))
    assert.notEqual(key(0, { event: { x: 1 } }), key(0, { event: { x: 2 } }))
    assert.equal(key(1, { event: { id: 1 } }), key(1, { event: { id: 1 } }))
    assert.notEqual(key(1, { event: { id: 1, x: 1 } }), key(1, { event: { id: 1, x: 2 } }))
    assert.notEqual(key(0, { event: { x: 1 } }), key(1, { event: { x: 1 } }))
  })

  test('an alert is the same by fingerprint or labels, status and start', () => {
    const [route] = withRoute({ ...am, resolved: 'over' }).routes
    assert.ok(route !== undefined)
    const alert = { status: 'firing', startsAt: 't1', labels: { a: '1', b: '2' } }
    const keys = (...alerts: object[]) =>
      new Set(noticesOf(route, utf8(JSON.stringify({ alerts }))).map(({ key }) => key.join())).size
    assert.equal(keys(alert, { ...alert, labels: { b: '2', a: '1' } }), 1)
    assert.equal(keys(alert, { ...alert, labels: { a: '1' } }), 2)
    assert.equal(
      keys({ ...alert, fingerprint: 'f' }, { ...alert, labels: {}, fingerprint: 'f' }),
      1,
    )
    assert.equal(keys(alert, { ...alert, startsAt: 't2' }, { ...alert, status: 'resolved' }), 3)
  })

  test('without a text for it, an all-clear says nothing', () => {
    for (const resolved of [null, undefined]) {
      const [route] = withRoute({ ...am, resolved }).routes
      assert.ok(route !== undefined)
      const alerts = [{ status: 'resolved', startsAt: 't', labels: {} }]
      assert.deepEqual(noticesOf(route, utf8(JSON.stringify({ alerts }))), [])
    }
  })
})

test('secrets fit exactly', () => {
  assert.equal(bearerFits('Bearer abc', 'abc'), true)
  assert.equal(bearerFits('bearer  abc', 'abc'), true)
  for (const bad of [undefined, '', 'abc', 'Bearer', 'Bearer abcd', 'Bearer ab', 'Basic abc'])
    assert.equal(bearerFits(bad, 'abc'), false, String(bad))
  const body = utf8('{"a":1}')
  const right = createHmac('sha256', 'key').update(body).digest('hex')
  for (const good of [right, `sha256=${right}`, right.toUpperCase()])
    assert.equal(hmacFits(good, body, 'key'), true)
  for (const bad of [undefined, '', `sha1=${right}`, right.slice(1), `${right}0`])
    assert.equal(hmacFits(bad, body, 'key'), false, String(bad))
  assert.equal(hmacFits(right, utf8('{"a":2}'), 'key'), false)
  assert.equal(hmacFits(right, body, 'kez'), false)
})
