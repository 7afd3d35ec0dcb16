// What Node or its libraries turn away before a route sees it is refused in the words of the one table, and
// whoever hangs up in the middle of a request is no fault of the box.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, test, type TestContext } from 'node:test'
import { pino } from 'pino'
import { LIVE_PATH, ROUTES } from '../../protocol/api.ts'
import { ERRORS, type ErrorCode } from '../../protocol/errors.ts'
import { foundIn, rawRequest, serveData, startTestBox, until } from './kit.ts'

const SYNC = ROUTES.sync.path
const UPGRADE = 'Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'

/** Everything the box says to these bytes until it closes the connection. */
async function said(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(bytes)
  const late = setTimeout(() => socket.destroy(), 2_000)
  const answer = await text(socket)
  clearTimeout(late)
  return answer
}

function assertRefusal(answer: string, code: ErrorCode): void {
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  assert.match(head, new RegExp(`^HTTP/1\\.1 ${ERRORS[code][0]} `), answer)
  assert.match(head, /^content-type: application\/json/im, answer)
  assert.match(head, /^cache-control: no-store/im)
  assert.match(head, /^x-content-type-options: nosniff/im)
  const { error } = JSON.parse(body) as { error: Record<string, string> }
  assert.deepEqual([error['code'], error['todo']], [code, ERRORS[code][2]])
}

describe('refused in the words of the table', () => {
  const close = 'Connection: close\r\n\r\n'
  const host = 'Host: 127.0.0.1\r\n'
  const cases: [what: string, request: string, code: ErrorCode][] = [
    ['a target that is no path', `OPTIONS * HTTP/1.1\r\n${host}${close}`, 'malformed'],
    ['an address without a host', `POST http:// HTTP/1.1\r\n${host}${close}`, 'malformed'],
    ['a backslash', `POST /v1\\sync HTTP/1.1\r\n${host}${close}`, 'malformed'],
    ['no host', `POST ${SYNC} HTTP/1.1\r\n${close}`, 'malformed'],
    ['a host that is none', `POST ${SYNC} HTTP/1.1\r\nHost: a b\r\n${close}`, 'malformed'],
    ['a tunnel', `CONNECT krise.example:443 HTTP/1.1\r\n${host}${close}`, 'not_found'],
    [
      'an expectation',
      `POST ${SYNC} HTTP/1.1\r\n${host}Expect: more\r\n${close}`,
      'signature_missing',
    ],
    ['an upgrade elsewhere', `GET /v1/nowhere HTTP/1.1\r\n${host}${UPGRADE}\r\n`, 'not_found'],
    [
      'an offer of HTTP/2, as some clients make with every request',
      `POST ${SYNC} HTTP/1.1\r\n${host}Connection: Upgrade, close\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n`,
      'signature_missing',
    ],
    [
      'a live connection with a key that is none',
      `GET ${LIVE_PATH} HTTP/1.1\r\n${host}${UPGRADE}Sec-WebSocket-Key: x\r\n\r\n`,
      'malformed',
    ],
  ]
  for (const [what, request, code] of cases) {
    test(what, async (t) => {
      const box = await startTestBox(t)
      assertRefusal(await said(box.port, request), code)
    })
  }
})

async function loggingBox(t: TestContext) {
  const data = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  await foundIn(data)
  const lines: string[] = []
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      lines.push(chunk.toString())
      done()
    },
  })
  const box = await serveData(data, { log: pino({ level: 'debug' }, sink) })
  t.after(async () => {
    await box.stop()
    rmSync(data, { recursive: true })
  })
  return { port: Number(new URL(box.url).port), lines }
}

test('whoever hangs up in the middle of a request is no fault of the box', async (t) => {
  const { port, lines } = await loggingBox(t)
  const socket = connect(port, '127.0.0.1')
  socket.write('POST /v1/card HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 16\r\n\r\n1234')
  await once(socket, 'connect')
  // Another connection is answered behind this one, so the box has read the first half.
  await rawRequest({ port, path: '/' })
  socket.destroy()
  await once(socket, 'close')
  await rawRequest({ port, path: '/' })
  await until(async () => (await rawRequest({ port, path: '/' })).status === 404, 'the box')
  assert.deepEqual(
    lines.filter((line) => /"level":[4-6]0/.test(line)),
    [],
  )
})
