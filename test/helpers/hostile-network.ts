// A box that lies, as one phone sees it: its true answers are rewritten on the way, or replaced.
import { type Network, systemNetwork } from '../../client/network.ts'
import { type Input, type Output, type RouteName, ROUTES } from '../../protocol/api.ts'
import { type Codec, decode, encode } from '../../protocol/codec.ts'
import type { ErrorCode } from '../../protocol/errors.ts'
import { encodeFrame, type Frame, joinFrames, splitFrames } from '../../protocol/frames.ts'
import { MAX_REQUEST } from '../../protocol/limits.ts'
import { townNetwork } from './town-network.ts'

type Fetch = typeof fetch
type Plain = Exclude<RouteName, 'sync' | 'directory'>
type Lie = (honest: () => Promise<Response>) => Promise<Response>

export const WINDOW = { 'holdfast-window': 'AAAAAAAAAAAAAAAAAAAAAA' }

export class HostileNetwork implements Network {
  /** What the phone has asked, in order. */
  readonly asked: { path: string; body: Uint8Array; init: RequestInit }[] = []
  readonly #lies = new Map<string, { lie: Lie; times: number }>()
  #window = WINDOW['holdfast-window']
  openSocket = (url: string): WebSocket => systemNetwork.openSocket(url)

  fetch: Fetch = async (input, init = {}) => {
    const path = new URL(input instanceof Request ? input.url : input).pathname
    this.asked.push({ path, body: init.body as Uint8Array, init })
    const slot = this.#lies.get(path)
    const honest = async (): Promise<Response> => {
      const answer = await townNetwork.fetch(input, init)
      this.#window = answer.headers.get('holdfast-window') ?? this.#window
      return answer
    }
    if (slot === undefined || slot.times === 0) return honest()
    slot.times--
    return this.#inWindow(await slot.lie(honest))
  }

  /** A lie speaks with the window of the box, or the next honest request would be turned away. */
  #inWindow(answer: Response): Response {
    if (answer.headers.get('holdfast-window') === WINDOW['holdfast-window'])
      answer.headers.set('holdfast-window', this.#window)
    return answer
  }

  /** Replaces the whole answer of a route. */
  lie(route: RouteName, lie: Lie, times = Infinity): this {
    this.#lies.set(ROUTES[route].path, { lie, times })
    return this
  }

  /** Refusals, as of a window that has turned, pass and do not count. */
  #rewrite(route: RouteName, rewrite: (bytes: Uint8Array) => Uint8Array, times = Infinity): this {
    const slot = { times, lie: (honest: () => Promise<Response>) => told(honest) }
    const told = async (honest: () => Promise<Response>): Promise<Response> => {
      const answer = await honest()
      if (answer.ok) return respond(rewrite(await bytesOf(answer)), answer)
      slot.times++
      return answer
    }
    this.#lies.set(ROUTES[route].path, slot)
    return this
  }

  honest(): this {
    this.#lies.clear()
    return this
  }

  /** Rewrites the frames of catch-ups. */
  showing(rewrite: (frames: Frame[]) => Frame[], times?: number): this {
    return this.#rewrite(
      'sync',
      (bytes) => joinFrames(rewrite(splitFrames(bytes)).map(encodeFrame)),
      times,
    )
  }

  /** Old entries of the directory come so many at a time. */
  inPagesOf(entries: number): this {
    return this.#rewrite('directory', (bytes) =>
      joinFrames(splitFrames(bytes).slice(0, entries).map(encodeFrame)),
    )
  }

  answering<R extends Plain>(route: R, rewrite: (o: Output<R>) => Output<R>, times?: number): this {
    const codec = ROUTES[route].output as Codec<unknown>
    const read = (bytes: Uint8Array) => decode(codec, bytes, 2 * MAX_REQUEST) as Output<R>
    return this.#rewrite(route, (bytes) => encode(codec, rewrite(read(bytes))), times)
  }

  /** Refuses without having done anything. */
  refusing(route: RouteName, code: ErrorCode, detail = '', times?: number): this {
    return this.lie(route, () => Promise.resolve(refusalOf(code, detail)), times)
  }

  /** What was asked of a route, decoded. */
  requests<R extends RouteName>(route: R): Input<R>[] {
    const { path, input, max } = ROUTES[route]
    return this.asked
      .filter((one) => one.path === path)
      .map(({ body }) => decode(input as Codec<unknown>, body, max) as Input<R>)
  }
}

export async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer())
}

function respond(bytes: Uint8Array, like: Response): Response {
  const window = like.headers.get('holdfast-window') ?? ''
  return new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { 'holdfast-window': window } })
}

/** What a route without an answer says when it has done its work, or pretends to. */
export function accepted(body: Uint8Array = new Uint8Array(0)): Response {
  return new Response(body as Uint8Array<ArrayBuffer>, { headers: WINDOW })
}

export function refusalOf(
  code: string,
  detail = '',
  headers: Record<string, string> = {},
): Response {
  return Response.json(
    { error: { code, detail } },
    { status: 400, headers: { ...WINDOW, ...headers } },
  )
}
