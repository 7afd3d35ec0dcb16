// The certificate of the box: read from files that somebody else writes (the operator, or the keeper of
// provisioning/certificates), and read again when they change, under connections that go on.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import type { Server } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import { ProtocolError } from '../protocol/errors.ts'
import type { Logger } from './log.ts'

/** Paths of the chain and of its key, in PEM. */
export type TlsFiles = { cert: string; key: string }
export type Certificate = { context: SecureContextOptions; leaf: X509Certificate }

/**
 * TLS 1.3 only. The hybrid exchange outlives quantum computers; phones that do not know it yet get the plain curve,
 * and contents are sealed for good either way.
 */
const SETTINGS = {
  minVersion: 'TLSv1.3',
  ecdhCurve: 'X25519MLKEM768:X25519:P-256',
} as const

const DAY = 24 * 60 * 60_000
export const WARN_FROM = 0.5
export const ERROR_FROM = 0.8

/** Throws `tls_unusable` for files that are missing, damaged, or do not belong together. */
export function readCertificate({ cert, key }: TlsFiles): Certificate {
  try {
    const chain = readFileSync(cert)
    const secret = readFileSync(key)
    const leaf = new X509Certificate(chain)
    if (!leaf.checkPrivateKey(createPrivateKey(secret))) throw new Error('not its key')
    return { context: { cert: chain, key: secret, ...SETTINGS }, leaf }
  } catch (error) {
    throw new ProtocolError('tls_unusable', `${cert}, ${key}`, { cause: error })
  }
}

/** How much of its life is over, 0 to 1 and beyond; and the whole days that are left. `now`: milliseconds. */
export function ageOf(leaf: X509Certificate, now: number): { used: number; daysLeft: number } {
  const [from, until] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)]
  return { used: (now - from) / (until - from), daysLeft: Math.floor((until - now) / DAY) }
}

/** Whoever renews by hand hears of it with half of its life left, and as an error with a fifth. */
export function tellAge(log: Logger, leaf: X509Certificate, now: number): void {
  const { used, daysLeft } = ageOf(leaf, now)
  const told = { until: leaf.validTo, daysLeft }
  if (used >= 1) log.error(told, 'the certificate has ended: phones refuse the box')
  else if (used >= ERROR_FROM)
    log.error(told, 'the certificate ends soon: phones will refuse the box')
  else if (used >= WARN_FROM) log.warn(told, 'half of the life of the certificate is over')
}

/** Changes when either file is another one; null: one of them is not there right now. */
function stampOf({ cert, key }: TlsFiles): string | null {
  const stats = [cert, key].map((path) => statSync(path, { throwIfNoEntry: false }))
  if (stats.includes(undefined)) return null
  return stats.map((one) => `${one?.ino} ${one?.size} ${one?.mtimeMs}`).join('/')
}

type Told = { renewed(leaf: X509Certificate): void; unusable(error: unknown): void }

/**
 * Returns the look at the files, to be called every few seconds and when somebody says that they are new. What
 * cannot be used leaves the old certificate in place, and is told when it is still so at the next look: between
 * writing one file and the other nothing is wrong yet.
 */
export function renewing(server: Server, files: TlsFiles, told: Told): () => void {
  let known = stampOf(files)
  let doubted: string | null = null
  return () => {
    const stamp = stampOf(files)
    if (stamp === null || stamp === known) return
    try {
      const { context, leaf } = readCertificate(files)
      // The keys of tickets outlive the change: whoever was here before still returns without the certificates.
      const tickets = server.getTicketKeys()
      server.setSecureContext(context)
      server.setTicketKeys(tickets)
      known = stamp
      told.renewed(leaf)
    } catch (error) {
      if (doubted === stamp) {
        known = stamp
        told.unusable(error)
      }
      doubted = stamp
    }
  }
}
