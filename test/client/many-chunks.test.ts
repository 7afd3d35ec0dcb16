// An answer in very many very small pieces is an answer like any other, or too large: no box makes a device fail
// by the number of them.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { BoxLine, systemNetwork } from '../../client/network.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { WINDOW } from '../helpers/hostile-network.ts'

/** More than fit on the stack as arguments of one call. */
const CHUNKS = 140_000

async function lineTo(t: TestContext, chunks: number): Promise<BoxLine> {
  const head = Object.entries(WINDOW).map(([name, value]) => `${name}: ${value}\r\n`)
  const server = createServer().on('request', (request, response) => {
    request.resume()
    const socket = response.socket ?? assert.fail()
    socket.write(`HTTP/1.1 200 OK\r\n${head.join('')}Transfer-Encoding: chunked\r\n\r\n`)
    socket.end(`${'1\r\nx\r\n'.repeat(chunks)}0\r\n\r\n`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  return new BoxLine(`http://127.0.0.1:${port}`, systemNetwork, () => Promise.resolve())
}

test('is read to its end, and makes no sense', async (t) => {
  const line = await lineTo(t, CHUNKS)
  await assert.rejects(line.ask('card', { lookup: new Uint8Array(16) }), (error) => {
    assert.ok(error instanceof ProtocolError, String(error))
    return true
  })
})
