import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import {
  type RouteName,
  nothing,
  ROUTES,
  SIGNATURE_HEADER,
  WINDOW_HEADER,
} from '../../protocol/api.ts'
import { fromUtf8, toBase64Url } from '../../protocol/bytes.ts'
import { ERRORS, isErrorCode } from '../../protocol/errors.ts'
import { MAX_BODY, MAX_ENTRY } from '../../protocol/limits.ts'
import { randomBytes } from '../../protocol/sodium.ts'
import { MAX_HEADER_BYTES } from '../../server/limits.ts'
import {
  call,
  joinWith,
  openGroup,
  rawRequest,
  type Reply,
  sealedText,
  sendSigned,
  startTestBox,
  windowOf,
} from './kit.ts'

const NAMES = Object.keys(ROUTES) as RouteName[]

/** Every refusal has the same form, whoever sends it. */
function assertRefusal(reply: Reply, status: number, code: string): void {
  assert.deepEqual([reply.status, reply.code], [status, code])
  assert.match(String(reply.headers['content-type']), /^application\/json/)
  assert.equal(reply.headers['cache-control'], 'no-store')
  assert.equal(String(reply.headers[WINDOW_HEADER]).length, 22)
  const { error } = JSON.parse(fromUtf8(reply.bytes)) as { error: Record<string, string> }
  assert.ok(isErrorCode(error['code']))
  assert.equal(error['todo'], ERRORS[error['code']][2])
  assert.ok(String(error['message']).startsWith(ERRORS[error['code']][1]))
  assert.equal(typeof error['detail'], 'string')
}

/** What comes back for bytes that are only the beginning of a request. */
const answerTo = (port: number, beginning: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', reject)
    socket.setTimeout(5000, () => reject(new Error('no answer while the body is on its way')))
    socket.on('data', (data: Buffer) => {
      resolve(data.toString('latin1'))
      socket.destroy()
    })
    socket.write(beginning)
  })

describe('a body that is too large', () => {
  test('is refused by its announced length, before anything of it is looked at', async (t) => {
    const box = await startTestBox(t)
    for (const name of NAMES) {
      const { path, max } = ROUTES[name]
      const reply = await rawRequest({ port: box.port, path, body: new Uint8Array(max + 1) })
      assertRefusal(reply, 413, 'too_large')
    }
  })

  test('is refused by what arrives, when no length is announced', async (t) => {
    const box = await startTestBox(t)
    for (const name of NAMES) {
      const { path, max } = ROUTES[name]
      const body = new Uint8Array(max + 1)
      const reply = await rawRequest({ port: box.port, path, body, chunked: true })
      assertRefusal(reply, 413, 'too_large')
    }
  })

  test('is refused from a known device as well; a body at the limit is read', async (t) => {
    const box = await startTestBox(t)
    const { signer } = await joinWith(box, box.card)
    const window = await windowOf(box)
    for (const name of NAMES) {
      if (name === 'card' || name === 'enrol') continue
      const { path, max } = ROUTES[name]
      const over = await sendSigned(box, signer, path, new Uint8Array(max + 1), { window })
      assertRefusal(over, 413, 'too_large')
      const full = new Uint8Array(max).fill(0xff)
      const at = await sendSigned(box, signer, path, full, { window, chunked: true })
      assert.ok(['malformed', 'too_large'].includes(at.code), `${name}: ${at.code}`)
      assert.notEqual(at.code, 'bad_signature')
    }
  })

  test('is refused at once: nobody has to send it, or the rest of an endless one', async (t) => {
    const { port } = await startTestBox(t)
    const head = 'POST /v1/card HTTP/1.1\r\nHost: x\r\n'
    const announced = await answerTo(port, `${head}Content-Length: ${ROUTES.card.max + 1}\r\n\r\n`)
    assert.match(announced, /^HTTP\/1\.1 413 /)
    const endless = `${head}Transfer-Encoding: chunked\r\n\r\n100\r\n${'a'.repeat(256)}\r\n`
    assert.match(await answerTo(port, endless), /^HTTP\/1\.1 413 /)
  })

  test('one entry of more than its maximum is refused, also within a small batch', async (t) => {
    const box = await startTestBox(t)
    const owner = await joinWith(box, box.card)
    const log = await openGroup(owner, [])
    const largest = sealedText(owner, log, '', { bytes: MAX_BODY / 2 })
    const none = { card: new Uint8Array(0), wraps: [] }
    const fits = await call(box, owner.signer, 'entries', { items: [{ entry: largest, ...none }] })
    assert.equal(fits.status, 200, fits.code)
    const body = new Uint8Array(2 + 4 + MAX_ENTRY + 1 + 4)
    new DataView(body.buffer).setUint16(0, 1)
    new DataView(body.buffer).setUint32(2, MAX_ENTRY + 1)
    const over = await sendSigned(box, owner.signer, ROUTES.entries.path, body)
    assertRefusal(over, 413, 'too_large')
  })
})

describe('headers', () => {
  const overlong = { 'X-Padding': 'a'.repeat(MAX_HEADER_BYTES) }

  test('of more than 8 KiB are refused, of less are read', async (t) => {
    const box = await startTestBox(t)
    const headers = { 'X-Padding': 'a'.repeat(MAX_HEADER_BYTES - 400) }
    const path = ROUTES.card.path
    const body = new Uint8Array(16)
    assert.equal((await rawRequest({ port: box.port, path, headers, body })).code, 'card_unknown')
    assert.equal((await rawRequest({ port: box.port, path, headers: overlong })).status, 431)
  })

  test('that are refused, and bytes that are no HTTP, are refused in the words of the box', async (t) => {
    const box = await startTestBox(t)
    const reply = await rawRequest({ port: box.port, path: '/', headers: overlong })
    assert.deepEqual([reply.status, reply.code], [431, 'too_large'])
    assert.match(String(reply.headers['content-type']), /^application\/json/)
    const { error } = JSON.parse(fromUtf8(reply.bytes)) as { error: Record<string, string> }
    assert.equal(error['todo'], ERRORS.too_large[2])
    assert.equal(Number(reply.headers['content-length']), reply.bytes.length)
    const noise = await answerTo(box.port, 'hello?\r\n\r\n')
    assert.match(noise, /^HTTP\/1\.1 400 [^]*"code":"malformed"/)
  })
})

describe('malformed', () => {
  test('bodies of every open route are refused as such', async (t) => {
    const box = await startTestBox(t)
    for (const body of [new Uint8Array(0), new Uint8Array(3), new Uint8Array(17)]) {
      const reply = await rawRequest({ port: box.port, path: ROUTES.card.path, body })
      assertRefusal(reply, 400, 'malformed')
    }
    const enrol = await rawRequest({
      port: box.port,
      path: ROUTES.enrol.path,
      body: new Uint8Array(99),
    })
    assertRefusal(enrol, 400, 'malformed')
  })

  test('bodies of every signed route are refused as such, after the signature', async (t) => {
    const box = await startTestBox(t)
    const { signer } = await joinWith(box, box.card)
    for (const name of NAMES) {
      if (name === 'card' || name === 'enrol') continue
      // Nothing is what some routes want to hear.
      const empty = ROUTES[name].input === nothing ? [] : [new Uint8Array(0)]
      for (const body of [new Uint8Array(1), ...empty]) {
        const reply = await sendSigned(box, signer, ROUTES[name].path, body)
        assertRefusal(reply, 400, 'malformed')
        const unsigned = await rawRequest({ port: box.port, path: ROUTES[name].path, body })
        assertRefusal(unsigned, 401, 'signature_missing')
      }
    }
  })

  test('batches are refused: none, an entry that is none, wraps where none belong', async (t) => {
    const box = await startTestBox(t)
    const owner = await joinWith(box, box.card)
    const log = await openGroup(owner, [])
    const send = async (entry: Uint8Array, wraps: Uint8Array[] = []): Promise<string> => {
      const items = [{ entry, card: new Uint8Array(0), wraps }]
      return (await call(box, owner.signer, 'entries', { items })).code
    }
    assert.equal((await call(box, owner.signer, 'entries', { items: [] })).code, 'malformed')
    assert.equal(await send(new Uint8Array(0)), 'malformed')
    assert.equal(await send(randomBytes(300)), 'unknown_version')
    const text = sealedText(owner, log, 'with wraps')
    assert.equal(await send(text, [randomBytes(1188)]), 'malformed')
    assert.equal(await send(text), '', 'and nothing of it was kept')
  })
})

describe('other paths and methods', () => {
  test('are not there, in the same words', async (t) => {
    const box = await startTestBox(t)
    for (const name of NAMES) {
      const reply = await rawRequest({ port: box.port, method: 'GET', path: ROUTES[name].path })
      assertRefusal(reply, 404, 'not_found')
    }
    for (const path of ['/', '/v1', '/v1/', '/v1/entries/', '/v2/entries', '/health', '//v1/sync'])
      assertRefusal(await rawRequest({ port: box.port, path }), 404, 'not_found')
    const put = await rawRequest({ port: box.port, method: 'PUT', path: ROUTES.entries.path })
    assertRefusal(put, 404, 'not_found')
  })

  test('a long path, strange escapes and a foreign host do no harm', async (t) => {
    const box = await startTestBox(t)
    for (const path of ['/%ff%00', '/%', `/${'a'.repeat(4000)}`, '/v1/..%2fentries'])
      assertRefusal(await rawRequest({ port: box.port, path }), 404, 'not_found')
    const headers = { Host: 'elsewhere.example', [SIGNATURE_HEADER]: toBase64Url(randomBytes(129)) }
    const reply = await rawRequest({ port: box.port, path: ROUTES.sync.path, headers })
    assert.ok(reply.status >= 400 && reply.status < 500)
  })

  test('no answer, good or bad, may be kept or guessed at by a browser', async (t) => {
    const box = await startTestBox(t)
    const { signer } = await joinWith(box, box.card)
    const log = randomBytes(16)
    for (const reply of [
      await call(box, signer, 'prekeys', { devices: [] }),
      await call(box, signer, 'receipts', { log: log as never }),
    ]) {
      assert.equal(reply.headers['cache-control'], 'no-store')
      assert.equal(reply.headers['x-content-type-options'], 'nosniff')
      assert.equal(reply.headers['referrer-policy'], 'no-referrer')
      assert.equal(reply.headers['x-powered-by'], undefined)
    }
  })
})
