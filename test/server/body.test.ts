// The body of a request on a real socket: what arrives counts, whatever was announced.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { ProtocolError } from '../../protocol/errors.ts'
import { readBody } from '../../server/body.ts'

const MAX = 10

/** Sends the text; what became of the body: its bytes as text, or the code of the refusal. */
async function read(
  t: TestContext,
  text: string,
): Promise<{ read: Promise<string>; socket: Socket }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const asked = once(server, 'request') as Promise<[IncomingMessage]>
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => {})
  t.after(() => {
    socket.destroy()
    server.close()
  })
  socket.write(text)
  const [incoming] = await asked
  const outcome = readBody(incoming, MAX).then(
    (body) => new TextDecoder().decode(body),
    (error: unknown) => (error instanceof ProtocolError ? error.code : String(error)),
  )
  return { read: outcome, socket }
}

const head = (header: string): string => `POST / HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n`
const CHUNKED = head('Transfer-Encoding: chunked')

test('a body comes whole, in one piece or in several', async (t) => {
  const announced = await read(t, `${head('Content-Length: 10')}0123456789`)
  assert.equal(await announced.read, '0123456789')
  const pieces = await read(t, `${CHUNKED}5\r\n01234\r\n`)
  pieces.socket.write('5\r\n56789\r\n0\r\n\r\n')
  assert.equal(await pieces.read, '0123456789')
  const none = await read(t, head('Content-Length: 0'))
  assert.equal(await none.read, '')
})

test('too much is refused when it is announced, and when it comes, before the rest is there', async (t) => {
  const announced = await read(t, head('Content-Length: 11'))
  assert.equal(await announced.read, 'too_large')
  const endless = await read(t, `${CHUNKED}b\r\n0123456789a\r\n`)
  assert.equal(await endless.read, 'too_large')
})

test('whoever hangs up is told apart from a failing box', async (t) => {
  const { read: outcome, socket } = await read(t, `${CHUNKED}5\r\n01234\r\n`)
  socket.destroy()
  assert.equal(await outcome, 'malformed')
})
