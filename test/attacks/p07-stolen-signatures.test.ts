// A box that lets a phone sign what it chooses, keeps what was signed, and uses it: at another box, a second time,
// for another request, or as something that is no request at all.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { BoxLine, type Network } from '../../client/network.ts'
import { ROUTES, SIGNATURE_HEADER, WINDOW_HEADER } from '../../protocol/api.ts'
import { concat, fromBase64Url, toBase64Url, utf8 } from '../../protocol/bytes.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { hash, SIGN_LABELS, verify } from '../../protocol/labels.ts'
import { MINUTE } from '../helpers/seed.ts'
import { headOf, Siege, twin } from '../helpers/hostile.ts'
import { say } from '../helpers/town.ts'
import { attack, thwarted, tries } from './attack.ts'
import { hello, send } from './raw-http.ts'

const siege = await Siege.lay()
after(() => siege.end())
const { town, anna, malte, team } = siege
const ATTACKER = 'http://box.attacker.example'
const real = new URL(town.url).host

type Captured = { path: string; body: Uint8Array; signature: string }

/** The attacker's box: it asks the real one for its window, hands that on, and keeps what the phone signs. */
class Relay implements Network {
  readonly captured: Captured[] = []
  readonly hellos: Uint8Array[] = []
  window = async (): Promise<string> => {
    const { headers } = await send(town.url, '/v1/sync', 'POST', {})
    return String(headers[WINDOW_HEADER])
  }

  fetch: typeof fetch = async (input, init = {}) => {
    const { pathname: path } = new URL(input instanceof Request ? input.url : input)
    const signature = new Headers(init.headers).get(SIGNATURE_HEADER) ?? ''
    this.captured.push({ path, body: init.body as Uint8Array, signature })
    const headers = { [WINDOW_HEADER]: await this.window() }
    const code = this.captured.length === 1 ? 'window' : 'box_failed'
    return Response.json({ error: { code, detail: '' } }, { status: 401, headers })
  }

  openSocket = (): WebSocket => {
    const listeners: Record<string, () => void> = {}
    const socket = {
      addEventListener: (name: string, listener: () => void) => (listeners[name] = listener),
      send: (bytes: Uint8Array) => this.hellos.push(bytes),
      close: () => {},
    }
    queueMicrotask(() => listeners['open']?.())
    return socket as unknown as WebSocket
  }
}

const line = (network: Network): BoxLine => new BoxLine(ATTACKER, network, () => Promise.resolve())

async function capturedBy(relay: Relay): Promise<Captured> {
  const asking = line(relay).call('receipts', { log: team }, anna.core.signer)
  await assert.rejects(asking, ProtocolError)
  return relay.captured.at(-1) ?? assert.fail()
}

attack('P7', 'What a phone signs for one box is worth nothing at another', async () => {
  const { path, body, signature } = await capturedBy(new Relay())
  for (const host of ['box.attacker.example', real]) {
    const told = await send(town.url, path, 'POST', { host, [SIGNATURE_HEADER]: signature }, body)
    thwarted(told.status === 200, `the box takes what was signed for another, as ${host}`)
    assert.match(told.body, /bad_signature/)
  }
  const relay = new Relay()
  const calling = line(relay)
  await assert.rejects(calling.call('receipts', { log: team }, anna.core.signer), ProtocolError)
  calling.live(
    anna.core.signer,
    () => {},
    () => {},
  )
  await new Promise((resolve) => setTimeout(resolve, 10))
  const [greeting] = relay.hellos
  assert.ok(greeting !== undefined)
  for (const host of ['box.attacker.example', real]) {
    const told = await hello(town.url, host, greeting)
    thwarted(told === 'alive', `the live line opens for what was signed for another, as ${host}`)
  }
  return { requests: 2, hellos: 2 }
})

/** A request that the real box has taken. */
async function taken(): Promise<Captured> {
  const phone = await twin(town, anna)
  await phone.core.line.call('receipts', { log: team }, phone.core.signer)
  const asked = phone.network.asked.at(-1) ?? assert.fail()
  const signature = new Headers(asked.init.headers).get(SIGNATURE_HEADER) ?? ''
  return { path: asked.path, body: asked.body, signature }
}

const at = (path: string, signature: string, body: Uint8Array, method = 'POST') =>
  send(town.url, path, method, { host: real, [SIGNATURE_HEADER]: signature }, body)

attack('P7', 'A copied request is worth nothing, at once and later', async () => {
  const { path, body, signature } = await taken()
  const count = tries(1000, 50)
  for (let i = 0; i < count; i++) {
    const { status, body: said } = await at(path, signature, body)
    thwarted(status === 200, 'the box does a copied request')
    assert.match(said, /replayed|rate_limited/)
    town.clock.advance(200)
  }
  town.clock.advance(11 * MINUTE)
  const late = await at(path, signature, body)
  thwarted(late.status === 200, 'the box does an old request')
  assert.match(late.body, /window|rate_limited/)
  return { replays: count + 1 }
})

attack('P7', 'A signature for one request is not good for another', async () => {
  town.clock.advance(60 * MINUTE)
  const unused = async (): Promise<Captured> => {
    const phone = await twin(town, anna)
    await phone.core.line.call('receipts', { log: team }, phone.core.signer)
    phone.network.lie('receipts', () => Promise.reject(new TypeError('cut')))
    await assert.rejects(phone.core.line.call('receipts', { log: team }, phone.core.signer))
    const asked = phone.network.asked.at(-1) ?? assert.fail()
    const signature = new Headers(asked.init.headers).get(SIGNATURE_HEADER) ?? ''
    return { path: asked.path, body: asked.body, signature }
  }
  const { path, body, signature } = await unused()
  const raw = fromBase64Url(signature)
  const byMalte = toBase64Url(concat(raw.subarray(0, 17), malte.device, raw.subarray(33)))
  const tampered: [string, () => ReturnType<typeof at>][] = [
    ['another body', () => at(path, signature, siege.all)],
    ['another path', () => at(ROUTES.sync.path, signature, body)],
    ['a question behind the path', () => at(`${path}?x`, signature, body)],
    ['another spelling of the path', () => at('/v1/%72eceipts', signature, body)],
    ['another sender', () => at(path, byMalte, body)],
    ['another method', () => at(path, signature, body, 'PUT')],
  ]
  for (const [what, ask] of tampered) {
    const { status } = await ask()
    thwarted(status === 200, `the box takes it with ${what}`)
  }
  assert.equal((await at(path, signature, body)).status, 200, 'as it was signed it is good, once')
  return { changes: tampered.length }
})

attack('P7', 'A box that chooses what a phone signs gets nothing but requests', async () => {
  const { publicKey } = anna.core.replica.pair
  const wanted = [
    utf8('holdfast/1/dir\0\u0001'),
    concat(Uint8Array.of(1, 64, 2, 0), anna.core.replica.identity.org),
    hash('head0', utf8('x')),
    new Uint8Array(16).fill(0xff),
  ]
  let signatures = 0
  for (const choice of wanted) {
    const relay = new Relay()
    relay.window = () => Promise.resolve(toBase64Url(choice.slice(0, 16)))
    const { path, body, signature } = await capturedBy(relay)
    const raw = fromBase64Url(signature)
    const host = utf8('box.attacker.example')
    const target = utf8(path)
    const signed = concat(
      raw.subarray(0, -64),
      Uint8Array.of(2, host.length),
      host,
      Uint8Array.of(0, target.length),
      target,
      hash('request-body', body),
    )
    assert.ok(verify('req', raw.subarray(-64), signed, publicKey), 'it is a request')
    for (const label of SIGN_LABELS) {
      signatures++
      if (label === 'req') continue
      const good = [signed, signed.subarray(33), choice].some((bytes) =>
        verify(label, raw.subarray(-64), bytes, publicKey),
      )
      thwarted(good, `the phone has signed something else: ${label}`)
    }
  }
  await say(anna, team, 'and goes on')
  assert.ok(headOf(anna, team) > 0)
  return { challenges: wanted.length, signatures }
})
