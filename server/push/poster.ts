// Who takes a push out of the house: this process, or one of its own that alone may reach the internet.
import { request } from 'node:http'
import { toBase64Url } from '../../protocol/bytes.ts'
import type { PushService } from './endpoint.ts'
import { NOT_SENT, type Outcome, post, type Push } from './post.ts'

/** Resolves, whatever happens. */
export type Poster = (push: Push) => Promise<Outcome>

export const DELIVER_PATH = '/push'
/** The other process waits five seconds for a service. Milliseconds. */
const PATIENCE = 10_000
const MAX_ANSWER = 1024

export const directly =
  (local: PushService | null): Poster =>
  (push) =>
    post(push, local)

/** A process that is started again takes less. Milliseconds. */
const RETRY = 500
const TRIES = 4

/** Over the UNIX socket of `holdfast deliver`. While nobody listens there, the services have done nothing wrong. */
export const through =
  (socketPath: string): Poster =>
  async (push) => {
    for (let tries = 1; ; tries++) {
      const outcome = await handOver(socketPath, push)
      if (outcome !== null) return outcome
      if (tries === TRIES) return NOT_SENT
      await new Promise((resolve) => setTimeout(resolve, RETRY))
    }
  }

/** Null: nobody listens. */
function handOver(socketPath: string, { endpoint, headers, body }: Push): Promise<Outcome | null> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void =>
      resolve(/^(?:ENOENT|ECONNREFUSED)$/.test(error.code ?? '') ? null : NOT_SENT)
    const options = { socketPath, path: DELIVER_PATH, method: 'POST', agent: false } as const
    const signal = AbortSignal.timeout(PATIENCE)
    const asking = request({ ...options, signal }, (answer) => {
      let said = ''
      answer.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        if (said.length > MAX_ANSWER) answer.destroy()
      })
      answer.on('error', failed)
      answer.on('close', () => resolve(answer.statusCode === 200 ? outcomeOf(said) : NOT_SENT))
    })
    asking.on('error', failed)
    asking.end(JSON.stringify({ endpoint, headers, body: toBase64Url(body) }))
  })
}

function outcomeOf(said: string): Outcome {
  try {
    const { sent, gone, refused, limited, pause } = JSON.parse(said) as Record<string, unknown>
    return {
      sent: sent === true,
      gone: gone === true,
      refused: refused === true,
      limited: limited === true,
      pause: typeof pause === 'number' ? pause : 0,
    }
  } catch {
    return NOT_SENT
  }
}
