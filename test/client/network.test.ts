// The line to the box: patient where the box asks for patience, and deaf to whatever is not the box.
import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { BoxLine, type Network, systemNetwork } from '../../client/network.ts'
import { SIGNATURE_HEADER } from '../../protocol/api.ts'
import { encode } from '../../protocol/codec.ts'
import { fromBase64Url, toBase64Url } from '../../protocol/bytes.ts'
import { receiptAnswer } from '../../protocol/api.ts'
import type { DeviceId, LogId, OrgId } from '../../protocol/ids.ts'
import { decodeRequestSignature, verifyRequest } from '../../protocol/request.ts'
import { accepted, refusalOf, WINDOW } from '../helpers/hostile.ts'
import { seededBytes, seededId, seededPair } from '../helpers/seed.ts'

const pair = seededPair('device')
const signer = {
  org: seededId<OrgId>('org'),
  device: seededId<DeviceId>('device'),
  secretKey: pair.secretKey,
}
const input = { log: seededId<LogId>('log') }
const GOOD = encode(receiptAnswer, { receipts: [] })

type Answer = (request: { url: string; init: RequestInit }) => Response | Promise<Response>

/** A line whose answers come from a list, one each; the last one stays. */
function lineTo(...answers: Answer[]) {
  const asked: { url: string; init: RequestInit }[] = []
  const waits: number[] = []
  const network: Network = {
    ...systemNetwork,
    fetch: async (url, init = {}) => {
      const request = { url: url instanceof Request ? url.url : url.toString(), init }
      asked.push(request)
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      assert.ok(answer !== undefined)
      return answer(request)
    },
  }
  const line = new BoxLine('http://box.example:8470/', network, (ms) => {
    waits.push(ms)
    return Promise.resolve()
  })
  return { line, asked, waits, call: () => line.call('receipts', input, signer) }
}

const signatureOf = (init: RequestInit) =>
  decodeRequestSignature(fromBase64Url(new Headers(init.headers).get(SIGNATURE_HEADER) ?? ''))
const good = (): Response => accepted(GOOD)
const inWindow = (value: Uint8Array, answer: Response): Response => {
  answer.headers.set('holdfast-window', toBase64Url(value))
  return answer
}

test('A request is signed for this box, this route, this body and the window it named', async () => {
  const window = seededBytes('window', 16)
  const { call, asked } = lineTo(() => inWindow(window, refusalOf('window')), good)
  await call()
  const [, second] = asked
  assert.ok(second !== undefined)
  const claim = signatureOf(second.init)
  assert.deepEqual(claim.window, window)
  assert.deepEqual([claim.org, claim.device], [signer.org, signer.device])
  const body = second.init.body as Uint8Array
  const request = {
    method: 'POST',
    host: 'box.example:8470',
    target: '/v1/receipts',
    body,
  } as const
  verifyRequest(claim, request, pair.publicKey)
  assert.equal(second.url, 'http://box.example:8470/v1/receipts')
  assert.equal(second.init.redirect, 'error')
})

test('A window that has turned is worth one more try, with a new nonce', async () => {
  const { call, asked } = lineTo(() => refusalOf('window'), good)
  await call()
  const nonces = asked.map(({ init }) => signatureOf(init).nonce)
  assert.equal(nonces.length, 2)
  assert.notDeepEqual(nonces[0], nonces[1])
})

test('A window that keeps turning is a refusal after the second try', async () => {
  const { call, asked } = lineTo(() => refusalOf('window'))
  await assert.rejects(call(), { code: 'window' })
  assert.equal(asked.length, 2)
})

test('No other refusal is tried again', async () => {
  const { call, asked, waits } = lineTo(() => refusalOf('not_found', 'a detail'))
  await assert.rejects(call(), { code: 'not_found', detail: 'a detail' })
  assert.deepEqual([asked.length, waits], [1, []])
})

const paced = (seconds?: string): Response =>
  refusalOf('rate_limited', '', seconds === undefined ? {} : { 'retry-after': seconds })

test('Who is told to wait waits that long', async () => {
  const { call, waits } = lineTo(
    () => paced('7'),
    () => paced(),
    () => paced('900'),
    good,
  )
  await call()
  assert.deepEqual(waits, [7_000, 1_000, 30_000])
})

test('Who is told to wait again and again gives up after a while', async () => {
  const { call, asked, waits } = lineTo(() => paced('2'))
  await assert.rejects(call(), { code: 'rate_limited' })
  assert.deepEqual([asked.length, waits.length], [6, 5])
})

test('A line without a box behind it is out of reach', async () => {
  const { call } = lineTo(() => Promise.reject(new TypeError('fetch failed')))
  await assert.rejects(call(), { code: 'box_unreachable' })
})

test('An answer that breaks off is as good as none', async () => {
  const broken = new ReadableStream({
    start(controller) {
      controller.error(new TypeError('terminated'))
    },
  })
  const { call } = lineTo(() => new Response(broken, { headers: WINDOW }))
  await assert.rejects(call(), { code: 'box_unreachable' })
})

/** How much of an answer without end is read before it is given up. */
async function readOf(ask: (line: BoxLine) => Promise<unknown>): Promise<number> {
  let sent = 0
  const endless = new ReadableStream({
    pull(controller) {
      sent += 65_536
      controller.enqueue(new Uint8Array(65_536))
    },
  })
  const { line } = lineTo(() => new Response(endless, { headers: WINDOW }))
  await assert.rejects(ask(line), { code: 'too_large' })
  return sent
}

test('An answer larger than any page is cut off', async () => {
  const prekeys = await readOf((line) => line.call('prekeys', { devices: [] }, signer))
  assert.ok(prekeys < 4 * 1024 * 1024)
})

test('The receipts of the largest audience are read, with every gap that may be in them, and no more', async () => {
  const receipts = Array.from({ length: 10_240 * 2 }, () => new Uint8Array(421))
  const { call } = lineTo(() => accepted(encode(receiptAnswer, { receipts })))
  assert.equal((await call()).receipts.length, receipts.length)
  const sent = await readOf((line) => line.call('receipts', input, signer))
  assert.ok(sent < 12 * 1024 * 1024)
})

const STRANGERS: [string, () => Response][] = [
  ['a web page', () => new Response('<html>Welcome to the hotel</html>')],
  ['a page of errors', () => new Response('Bad Gateway', { status: 502 })],
  ['an empty answer', () => new Response(new Uint8Array(0))],
]
for (const [what, answer] of STRANGERS) {
  test(`Somebody else's ${what} is not taken for the box`, async () => {
    const { call } = lineTo(answer)
    await assert.rejects(call(), { code: 'wrong_box' })
  })
}

test('A refusal in words that nobody knows is a failure of the box', async () => {
  const { call } = lineTo(() => refusalOf('out_of_coffee'))
  await assert.rejects(call(), { code: 'box_failed' })
  const other = lineTo(() => new Response('oops', { status: 500, headers: WINDOW }))
  await assert.rejects(other.call(), { code: 'box_failed', detail: 'status 500' })
})

test('An answer of the box that is not what was asked for is malformed', async () => {
  const { call } = lineTo(() => accepted(new Uint8Array(50)))
  await assert.rejects(call(), { code: 'malformed' })
})

const WINDOWS: [string, string][] = [
  ['is no base64', '***'],
  ['has another length', 'AAAA'],
]
for (const [what, value] of WINDOWS) {
  test(`A window value that ${what} spoils one request, not the line`, async () => {
    const { call } = lineTo(() => {
      const answer = good()
      answer.headers.set('holdfast-window', value)
      return answer
    }, good)
    await call().catch((error: unknown) => {
      assert.equal((error as Error).name, 'ProtocolError')
    })
    await call()
  })
}

async function serving(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('A redirect is not followed: the signature was for this address', async (t) => {
  let followed = false
  const url = await serving(t, (request, response) => {
    if (request.url === '/elsewhere') followed = true
    response.writeHead(307, { Location: '/elsewhere', ...WINDOW }).end()
  })
  const line = new BoxLine(url, systemNetwork, () => Promise.resolve())
  await assert.rejects(line.call('receipts', input, signer), { code: 'box_unreachable' })
  assert.equal(followed, false)
})

test('A card asks without a signature', async () => {
  const { line, asked } = lineTo(() => refusalOf('card_unknown'))
  const asking = line.ask('card', { lookup: new Uint8Array(16) })
  await assert.rejects(asking, { code: 'card_unknown' })
  assert.equal(new Headers(asked[0]?.init.headers).get(SIGNATURE_HEADER), null)
})

test('The live line of a box with a certificate is encrypted as well', () => {
  const opened: string[] = []
  const openSocket = (url: string): WebSocket => {
    opened.push(url)
    return new EventTarget() as WebSocket
  }
  for (const origin of ['https://box.example/', 'http://box.example:8470/'])
    new BoxLine(origin, { ...systemNetwork, openSocket }, () => Promise.resolve()).live(
      signer,
      () => {},
      () => {},
    )
  assert.deepEqual(opened, ['wss://box.example/v1/live', 'ws://box.example:8470/v1/live'])
})

test('An answer without a body is an empty one', async () => {
  const { line } = lineTo(() => new Response(null, { headers: WINDOW }))
  assert.deepEqual(await line.frames('directory', { from: 1 }, signer), [])
})
