// One push on its way: to the address that was checked, without redirects, with a bound on everything that
// comes back.
import { lookup } from 'node:dns/promises'
import { request } from 'node:https'
import { pick, type PushService, readEndpoint } from './endpoint.ts'

export type Push = { endpoint: string; headers: Record<string, string>; body: Uint8Array }
/**
 * `gone`: the service says that this subscription does not exist any more. `refused`: it does not want this push,
 * which says nothing about others. `limited`: too many, of this subscription or of all (RFC 8030, section 8.4).
 * `pause`: seconds it asks for.
 */
export type Outcome = {
  sent: boolean
  gone: boolean
  refused: boolean
  limited: boolean
  pause: number
}

const PATIENCE = 5_000
const MAX_REPLY = 1024
const LONGEST_PAUSE = 3600

/** Nobody has taken it, for whatever reason: it may be tried again. */
export const NOT_SENT: Outcome = {
  sent: false,
  gone: false,
  refused: false,
  limited: false,
  pause: 0,
}

/** Resolves, whatever happens: nothing that a push service does is a fault of the box. */
export async function post(push: Push, local: PushService | null): Promise<Outcome> {
  try {
    const url = readEndpoint(push.endpoint, local)
    for (const address of await addressesOf(url, local)) {
      const outcome = await exchange(push, url, address, local).catch(() => null)
      if (outcome !== null) return outcome
    }
  } catch {
    // Nowhere that a push may go.
  }
  return NOT_SENT
}

async function addressesOf(url: URL, local: PushService | null): Promise<string[]> {
  if (local !== null && url.hostname === local.host) return [local.address]
  const found = await lookup(url.hostname, { all: true })
  return pick(found.map(({ address }) => address))
}

function exchange(
  { headers, body }: Push,
  url: URL,
  address: string,
  local: PushService | null,
): Promise<Outcome> {
  const options = {
    method: 'POST',
    host: address,
    servername: url.hostname,
    port: url.port === '' ? 443 : Number(url.port),
    path: url.pathname + url.search,
    headers: { ...headers, Host: url.host, 'Content-Length': body.length },
    signal: AbortSignal.timeout(PATIENCE),
    agent: false,
    ...(local === null ? {} : { ca: local.ca }),
  } as const
  return new Promise((resolve, reject) => {
    const asking = request(options, (answer) => {
      const status = answer.statusCode ?? 0
      const pause = Math.min(Number(answer.headers['retry-after'] ?? 0) || 0, LONGEST_PAUSE)
      let size = 0
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > MAX_REPLY) answer.destroy()
      })
      answer.on('error', reject)
      answer.on('close', () => resolve({ ...meaningOf(status), pause }))
    })
    asking.on('error', reject)
    asking.end(body)
  })
}

function meaningOf(status: number): Omit<Outcome, 'pause'> {
  const gone = status === 404 || status === 410
  const limited = status === 429
  // Wherever it would send the box to, the box does not go: that push ends here.
  const refused = status >= 300 && status < 500 && !gone && !limited
  return { sent: status >= 200 && status < 300, gone, refused, limited }
}
