// What a box on this machine says of itself: which release it hands out, and what fails.
import { createHash } from 'node:crypto'
import { request as plain } from 'node:http'
import { request as secure } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import { MAX_MANIFEST, RELEASE_PATH } from '../../protocol/release.ts'
import type { Config } from '../../server/config.ts'
import type { Finding } from '../../server/operate/health.ts'

type Door = Pick<Config, 'host' | 'port' | 'tls' | 'operator'>
/** `manifest`: SHA-256 of what it hands out; null: it does not answer. `failing`: names of checks. */
export type Seen = { manifest: string | null; failing: string[] }

const PATIENCE = 5000
const MAX_HEALTH = 256 * 1024
const AGAIN = 500

export async function lookAt({ host, port, tls, operator }: Door): Promise<Seen> {
  const [manifest, health] = await Promise.all([
    get({ host, port, path: RELEASE_PATH.manifest, most: MAX_MANIFEST, tls: tls !== null }),
    operator === null ? null : get({ ...operator, path: '/health', most: MAX_HEALTH, tls: false }),
  ])
  return {
    manifest: manifest === null ? null : createHash('sha256').update(manifest).digest('hex'),
    failing: health === null ? [] : failingIn(health),
  }
}

function failingIn(health: Uint8Array): string[] {
  try {
    const { findings } = JSON.parse(Buffer.from(health).toString()) as { findings: Finding[] }
    return findings.filter(({ level }) => level === 'fail').map(({ check }) => check)
  } catch {
    return ['health']
  }
}

/**
 * Until it hands out this manifest (null: any) and nothing fails that did not fail before. Returns null, or what was
 * wrong when the time was over. `patience`: milliseconds.
 */
export async function waitUntilWell(
  door: Door,
  manifest: string | null,
  before: readonly string[],
  patience: number,
): Promise<string | null> {
  const end = performance.now() + patience
  for (;;) {
    const seen = await lookAt(door)
    const fresh = seen.failing.filter((check) => !before.includes(check))
    const handsOut = seen.manifest !== null && (manifest ?? seen.manifest) === seen.manifest
    if (handsOut && fresh.length === 0) return null
    if (performance.now() > end) return wrong(seen, handsOut, fresh)
    await wait(AGAIN)
  }
}

function wrong({ manifest }: Seen, handsOut: boolean, fresh: string[]): string {
  if (manifest === null) return 'it does not answer'
  return handsOut ? `it fails: ${fresh.join(', ')}` : 'it hands out another release'
}

type Asked = { host: string; port: number; path: string; most: number; tls: boolean }

/** The body of a good answer; null: there was none. It asks this machine alone, whatever name the certificate has. */
function get({ host, port, path, most, tls }: Asked): Promise<Uint8Array | null> {
  const here = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  const options = { host: here, port, path, timeout: PATIENCE, agent: false } as const
  return new Promise((resolve) => {
    const asking = tls ? secure({ ...options, rejectUnauthorized: false }) : plain(options)
    asking.on('timeout', () => asking.destroy())
    asking.on('error', () => resolve(null))
    asking.on('response', (answer) => {
      const parts: Buffer[] = []
      let length = 0
      answer.on('data', (part: Buffer) => {
        parts.push(part)
        if ((length += part.length) > most) asking.destroy()
      })
      answer.on('error', () => resolve(null))
      answer.on('end', () =>
        resolve(answer.statusCode === 404 || length > most ? null : Buffer.concat(parts)),
      )
    })
    asking.end()
  })
}
