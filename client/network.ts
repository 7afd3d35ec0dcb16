// The way to the box: signed requests, its errors as ours, pacing when it says so, and the live line.
import {
  type Input,
  readRefusal,
  LIVE_PATH,
  type Output,
  type RouteName,
  ROUTES,
  SIGNATURE_HEADER,
  WINDOW_HEADER,
} from '../protocol/api.ts'
import { fromBase64Url, toBase64Url } from '../protocol/bytes.ts'
import { type Codec, decode, encode } from '../protocol/codec.ts'
import { isErrorCode, ProtocolError } from '../protocol/errors.ts'
import { type Frame, splitFrames } from '../protocol/frames.ts'
import type { DeviceId, OrgId } from '../protocol/ids.ts'
import { MAX_RECEIPTS, MAX_REQUEST } from '../protocol/limits.ts'
import { signRequest } from '../protocol/request.ts'
import { randomBytes } from '../protocol/sodium.ts'
import { refusalOf, Unreadable } from './refusal.ts'

/** What a device needs from outside; a test gives others. */
export type Network = { fetch: typeof fetch; openSocket(url: string): WebSocket }
export const systemNetwork: Network = {
  fetch: (...args) => fetch(...args),
  openSocket: (url) => new WebSocket(url),
}

/** Routes that answer with frames. */
type Framed = 'sync' | 'directory'
export type Signer = { org: OrgId; device: DeviceId; secretKey: Uint8Array }

/** Without a byte for this long a request is given up; a slow page may take longer as a whole. */
const TIMEOUT = 30_000
const FAREWELL = 1_000
/** The close code of a connection that ended without a word. */
const ABNORMAL = 1006
const MAX_PACING = 30
/** A page of frames is one request's worth, or one entry more. */
const MAX_ANSWER = 2 * MAX_REQUEST
const mostOf = (path: string): number => (path === ROUTES.receipts.path ? MAX_RECEIPTS : MAX_ANSWER)

export class BoxLine {
  readonly url: URL
  readonly #network: Network
  readonly #wait: (milliseconds: number) => Promise<void>
  #window: Uint8Array = new Uint8Array(16)

  /** `wait` passes time when the box asks for a pause. */
  constructor(url: string, network: Network, wait: (milliseconds: number) => Promise<void>) {
    this.url = new URL(url)
    this.#network = network
    this.#wait = wait
  }

  /** Without a signature: what a card may ask before there is a device. */
  async ask<R extends 'card' | 'enrol'>(name: R, input: Input<R>): Promise<Output<R>> {
    const body = encode(ROUTES[name].input as Codec<unknown>, input)
    const answer = await this.#paced(() => this.#post(ROUTES[name].path, body, {}))
    return readAnswer(name, answer)
  }

  /** Throws the box's refusal, `box_unreachable`, or `wrong_box` when something else answers. */
  async call<R extends Exclude<RouteName, Framed>>(
    name: R,
    input: Input<R>,
    signer: Signer,
  ): Promise<Output<R>> {
    const answer = await this.#signed(name, input, signer)
    return readAnswer(name, answer)
  }

  async frames<R extends Framed>(name: R, input: Input<R>, signer: Signer): Promise<Frame[]> {
    const answer = await this.#signed(name, input, signer)
    return readable(() => splitFrames(answer))
  }

  async #signed<R extends RouteName>(
    name: R,
    input: Input<R>,
    signer: Signer,
  ): Promise<Uint8Array> {
    const { path } = ROUTES[name]
    const body = encode(ROUTES[name].input as Codec<unknown>, input)
    const send = (): Promise<Uint8Array> => {
      const signature = this.#sign('POST', path, body, signer)
      return this.#post(path, body, { [SIGNATURE_HEADER]: toBase64Url(signature) })
    }
    return this.#paced(() => onceMoreSigned(send))
  }

  #sign(
    method: 'POST' | 'LIVE',
    target: string,
    body: Uint8Array,
    { org, device, secretKey }: Signer,
  ): Uint8Array {
    const who = { org, device, window: this.#window, nonce: randomBytes(16) }
    return signRequest(who, { method, host: this.url.host, target, body }, secretKey)
  }

  /** The box says how long to wait; a device that is told to slow down does, a few times. */
  async #paced<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof Paced) || attempt >= 5) throw error
        await this.#wait(Math.min(error.retryAfter, MAX_PACING) * 1000)
      }
    }
  }

  async #post(
    path: string,
    body: Uint8Array,
    headers: Record<string, string>,
  ): Promise<Uint8Array> {
    const patience = new Patience()
    try {
      const response = await this.#reach(path, body, headers, patience)
      const window = response.headers.get(WINDOW_HEADER)
      this.#window = readWindow(window, this.url.origin)
      const bytes = await readAll(response, patience, mostOf(path))
      if (response.ok) return bytes
      throw refusal(response, bytes)
    } finally {
      patience.end()
    }
  }

  async #reach(
    path: string,
    body: Uint8Array,
    headers: Record<string, string>,
    patience: Patience,
  ): Promise<Response> {
    try {
      return await this.#network.fetch(new URL(path, this.url), {
        method: 'POST',
        body: body as Uint8Array<ArrayBuffer>,
        headers: { 'Content-Type': 'application/octet-stream', ...headers },
        signal: patience.signal,
        redirect: 'error',
      })
    } catch (cause) {
      throw new ProtocolError('box_unreachable', whyOf(this.url.origin, cause), { cause })
    }
  }

  /** The live line: `onFrame` for each message, `onEnd` once. Returns how to hang up. */
  live(
    signer: Signer,
    onFrame: (bytes: Uint8Array) => void,
    onEnd: (code: number) => void,
  ): () => void {
    const url = new URL(LIVE_PATH, this.url)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    const socket = this.#network.openSocket(url.href)
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('open', () => {
      socket.send(
        this.#sign('LIVE', LIVE_PATH, new Uint8Array(0), signer) as Uint8Array<ArrayBuffer>,
      )
    })
    socket.addEventListener('message', (event: MessageEvent<ArrayBuffer>) =>
      onFrame(new Uint8Array(event.data)),
    )
    let ended = false
    const end = (code: number): void => {
      if (!ended) onEnd(code)
      ended = true
    }
    socket.addEventListener('close', (event) => end(event.code))
    socket.addEventListener('error', () => {})
    return () => {
      socket.close()
      // A peer that went silent never answers the farewell.
      setTimeout(() => end(ABNORMAL), FAREWELL)
    }
  }
}

/** Of Node's own codes those that say that somebody answered, and could not be believed. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)/

/** A browser tells no page why; Node does. */
function whyOf(origin: string, error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'CERT_HAS_EXPIRED') return `${origin}: its certificate has ended`
  return UNTRUSTED.test(code) ? `${origin}: its certificate is not trusted here (${code})` : origin
}

/** What is no window value cannot come from a box of ours. */
function readWindow(text: string | null, origin: string): Uint8Array {
  if (text === null || !/^[\w-]{22}$/.test(text)) throw new ProtocolError('wrong_box', origin)
  return fromBase64Url(text)
}

function readAnswer<R extends RouteName>(name: R, answer: Uint8Array): Output<R> {
  const { output, path } = ROUTES[name]
  return readable(() => decode(output as Codec<unknown>, answer, mostOf(path)) as Output<R>)
}

/** What cannot be read comes from something that stands in the way, and is no answer: it is asked for again. */
function readable<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    const { code, detail } = refusalOf(cause)
    throw new Unreadable(code, detail, { cause })
  }
}

/** Gives a request up when nothing has moved for TIMEOUT. */
class Patience {
  readonly #controller = new AbortController()
  #timer = this.#start()

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  renew(): void {
    clearTimeout(this.#timer)
    this.#timer = this.#start()
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #start(): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#controller.abort(), TIMEOUT)
  }
}

/** Counts what really arrives: a hostile box must not fill the memory of the device. */
async function readAll(response: Response, patience: Patience, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    // Not by iteration, which Safari learned late.
    const reader = response.body?.getReader()
    for (;;) {
      const { done, value: chunk } = (await reader?.read()) ?? { done: true }
      if (done || chunk === undefined) break
      patience.renew()
      size += chunk.length
      if (size > most) throw new Unreadable('too_large', 'answer of the box')
      chunks.push(chunk)
    }
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause
    throw new ProtocolError('box_unreachable', 'the answer broke off', { cause })
  }
  // Not as arguments: so many as a box may send do not fit on the stack.
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

class Paced extends ProtocolError {
  readonly retryAfter: number
  constructor(retryAfter: number) {
    super('rate_limited')
    this.retryAfter = retryAfter
  }
}

/**
 * A restarted box has a new window value; it told us with the refusal. And what something on the way has
 * repeated is answered once and refused once, in any order: signed anew it gets its answer.
 */
async function onceMoreSigned<T>(send: () => Promise<T>): Promise<T> {
  try {
    return await send()
  } catch (error) {
    const again = error instanceof ProtocolError && ['window', 'replayed'].includes(error.code)
    if (again) return send()
    throw error
  }
}

function refusal(response: Response, bytes: Uint8Array): ProtocolError {
  const error = readRefusal(bytes)
  if (error === null || !isErrorCode(error.code))
    return new ProtocolError('box_failed', `status ${response.status}`)
  if (error.code === 'rate_limited')
    return new Paced(Number(response.headers.get('retry-after') ?? 1))
  return new ProtocolError(error.code, error.detail)
}
