// Every option of the box: environment variable, command line flag, default. Read once at the start.
import { ensure } from '../protocol/errors.ts'

export type Config = {
  /** Folder of databases and box keys. */
  data: string
  host: string
  port: number
  /** Address under which devices reach the box; its host is part of every request signature. */
  origin: string | null
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Files of the certificate chain and its key, in PEM; null: plain HTTP, for loopback. */
  tls: { cert: string; key: string } | null
  /** Folder of the built app; null: what the executable carries, if anything. */
  app: string | null
}

/** Name of the variable, the flag that overrides it, what it is for. */
export const OPTIONS = {
  data: ['HOLDFAST_DATA', '--data DIR', 'folder of the box (default: ./holdfast-data)'],
  listen: [
    'HOLDFAST_LISTEN',
    '--listen HOST:PORT',
    'where the box listens (default: 127.0.0.1:8470)',
  ],
  origin: [
    'HOLDFAST_ORIGIN',
    '--origin URL',
    'address that devices use (default: http://HOST:PORT)',
  ],
  tlsCert: [
    'HOLDFAST_TLS_CERT',
    '--tls-cert FILE',
    'certificate chain in PEM; with it TLS 1.3 only',
  ],
  tlsKey: ['HOLDFAST_TLS_KEY', '--tls-key FILE', 'its private key in PEM'],
  app: [
    'HOLDFAST_APP',
    '--app DIR',
    'folder of the built app (default: the one that comes with the program)',
  ],
  logLevel: ['HOLDFAST_LOG', '--log LEVEL', 'debug, info, warn, error or silent (default: info)'],
} as const

type Given = { [K in keyof typeof OPTIONS]?: string | undefined }
const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const

/** Throws `usage` with what is wrong. A flag wins over the environment. */
export function readConfig(flags: Given, env: Record<string, string | undefined>): Config {
  const value = (name: keyof typeof OPTIONS): string | undefined =>
    flags[name] ?? env[OPTIONS[name][0]]
  const level = LEVELS.find((known) => known === (value('logLevel') ?? 'info'))
  ensure(level !== undefined, 'usage', `log level "${value('logLevel')}"`)
  const origin = value('origin')
  return {
    data: value('data') ?? './holdfast-data',
    ...parseListen(value('listen') ?? '127.0.0.1:8470'),
    origin: origin === undefined ? null : parseOrigin(origin),
    logLevel: level,
    tls: readTls(value('tlsCert'), value('tlsKey')),
    app: value('app') ?? null,
  }
}

function readTls(cert: string | undefined, key: string | undefined): Config['tls'] {
  if (cert === undefined && key === undefined) return null
  ensure(cert !== undefined && key !== undefined, 'usage', '--tls-cert and --tls-key go together')
  return { cert, key }
}

function parseListen(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  ensure(match !== null && port <= 65535, 'usage', `--listen wants HOST:PORT, not "${text}"`)
  return { host: (match[1] ?? match[2]) as string, port }
}

function parseOrigin(text: string): string {
  ensure(
    URL.canParse(text),
    'usage',
    `--origin wants an address such as https://crisis.example, not "${text}"`,
  )
  const url = new URL(text)
  const plain = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === ''
  ensure(
    plain && /^https?:$/.test(url.protocol),
    'usage',
    `--origin wants an address without a path, not "${text}"`,
  )
  return url.origin
}
