// Token buckets, in memory: a restart forgives.
import { ProtocolError } from '../protocol/errors.ts'
import type { Bucket } from './limits.ts'

const MAX_KEYS = 100_000

export class Rate {
  readonly #now: () => number
  readonly #buckets = new Map<string, { tokens: number; at: number }>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Throws `rate_limited` when the bucket is empty; takes nothing. */
  check(name: string, bucket: Bucket): void {
    if (this.#level(name, bucket) < 1) throw new RateLimited(Math.ceil(1 / bucket.perSecond))
  }

  take(name: string, bucket: Bucket, tokens = 1): void {
    if (this.#buckets.size >= MAX_KEYS) this.#buckets.clear()
    this.#buckets.set(name, { tokens: this.#level(name, bucket) - tokens, at: this.#now() })
  }

  spend(name: string, bucket: Bucket, tokens = 1): void {
    this.check(name, bucket)
    this.take(name, bucket, tokens)
  }

  #level(name: string, bucket: Bucket): number {
    const known = this.#buckets.get(name)
    if (known === undefined) return bucket.burst
    return Math.min(
      bucket.burst,
      known.tokens + ((this.#now() - known.at) / 1000) * bucket.perSecond,
    )
  }
}

export class RateLimited extends ProtocolError {
  readonly retryAfter: number

  constructor(retryAfter: number) {
    super('rate_limited')
    this.retryAfter = retryAfter
  }
}

/** One household or office: an IPv4 address, or the /64 of an IPv6 one. */
export function addressKey(address: string): string {
  const v4 = address.replace(/^::ffff:(?=\d+\.)/, '')
  if (!v4.includes(':')) return v4
  return v4.split(':').slice(0, 4).join(':')
}
