// Every option of the box: environment variable, command line flag, default. Read once at the start.
import { ensure } from '../protocol/errors.ts'
import type { TlsFiles } from './tls.ts'

export type Config = {
  /** Folder of databases and box keys. */
  data: string
  host: string
  port: number
  /** Address under which devices reach the box; its host is part of every request signature. */
  origin: string | null
  /** Further addresses under which devices of before still reach it. */
  also?: string[]
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Files of the certificate chain and its key, in PEM; null: plain HTTP, for loopback. */
  tls: TlsFiles | null
  /** Where /health and /metrics answer; null: nowhere. */
  operator: { host: string; port: number } | null
  /** Socket of the process that sends pushes; null: this one does. */
  deliver: string | null
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
  also: [
    'HOLDFAST_ALSO',
    '--also URL[,URL]',
    'addresses of before, under which devices still find it (default: none)',
  ],
  tlsCert: [
    'HOLDFAST_TLS_CERT',
    '--tls-cert FILE',
    'certificate chain in PEM; with it TLS 1.3 only',
  ],
  tlsKey: ['HOLDFAST_TLS_KEY', '--tls-key FILE', 'its private key in PEM'],
  acme: [
    'HOLDFAST_ACME',
    '--acme NAME[,NAME]',
    'get a certificate for these names from an authority, and keep it good',
  ],
  acmeHttp: [
    'HOLDFAST_ACME_HTTP',
    '--acme-http HOST:PORT',
    'where the authority comes to look (default: 0.0.0.0:80)',
  ],
  acmeDns: [
    'HOLDFAST_ACME_DNS',
    '--acme-dns PROGRAM',
    'show the name through DNS instead: a program, or lexicon:PROVIDER',
  ],
  acmeDnsWait: [
    'HOLDFAST_ACME_DNS_WAIT',
    '--acme-dns-wait SECONDS',
    'until a record stands on all servers (default: 60)',
  ],
  acmeDirectory: [
    'HOLDFAST_ACME_DIRECTORY',
    '--acme-directory URL',
    "another authority (default: Let's Encrypt)",
  ],
  acmeCa: ['HOLDFAST_ACME_CA', '--acme-ca FILE', 'trust this authority of the authority, in PEM'],
  acmeEmail: ['HOLDFAST_ACME_EMAIL', '--acme-email MAIL', 'whom the authority may write to'],
  privateCa: [
    'HOLDFAST_PRIVATE_CA',
    '--private-ca NAME[,NAME]',
    'an authority of your own for these names or addresses; each phone has to trust it once',
  ],
  trustListen: [
    'HOLDFAST_TRUST_LISTEN',
    '--trust-listen HOST:PORT',
    'with --private-ca: page over plain HTTP that guides phones (default: none)',
  ],
  tlsDir: [
    'HOLDFAST_TLS_DIR',
    '--tls-dir DIR',
    'where kept certificates lie (default: tls in the folder of the box)',
  ],
  operator: [
    'HOLDFAST_OPERATOR',
    '--operator HOST:PORT',
    'where /health and /metrics answer over plain HTTP (default: nowhere)',
  ],
  deliver: [
    'HOLDFAST_DELIVER',
    '--deliver SOCKET',
    'let holdfast deliver send the pushes (default: this process does)',
  ],
  backupTo: [
    'HOLDFAST_BACKUP_TO',
    '--backup-to DIR',
    'folder or stick for sealed backups (default: none)',
  ],
  backupEvery: [
    'HOLDFAST_BACKUP_EVERY',
    '--backup-every HOURS',
    'how often serve makes one (default: 24)',
  ],
  backupKeep: ['HOLDFAST_BACKUP_KEEP', '--backup-keep N', 'how many stay there (default: 14)'],
  app: [
    'HOLDFAST_APP',
    '--app DIR',
    'folder of the built app (default: the one that comes with the program)',
  ],
  logLevel: ['HOLDFAST_LOG', '--log LEVEL', 'debug, info, warn, error or silent (default: info)'],
} as const

export type Given = { [K in keyof typeof OPTIONS]?: string | undefined }
const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const

export type Environment = Record<string, string | undefined>

/** A flag wins over the environment; an empty variable is none. */
export function optionReader(
  flags: Given,
  env: Environment,
): (name: keyof typeof OPTIONS) => string | undefined {
  return (name) => flags[name] ?? (env[OPTIONS[name][0]] || undefined)
}

export const readData = (flags: Given, env: Environment): string =>
  optionReader(flags, env)('data') ?? './holdfast-data'

/** Throws `usage` with what is wrong. */
export function readConfig(flags: Given, env: Environment): Config {
  const value = optionReader(flags, env)
  const level = LEVELS.find((known) => known === (value('logLevel') ?? 'info'))
  ensure(level !== undefined, 'usage', `log level "${value('logLevel')}"`)
  const origin = value('origin')
  const operator = value('operator')
  return {
    data: readData(flags, env),
    ...parseListen(value('listen') ?? '127.0.0.1:8470', '--listen'),
    origin: origin === undefined ? null : parseOrigin(origin),
    also: (value('also') ?? '').split(',').flatMap((one) => (one === '' ? [] : [parseOrigin(one)])),
    logLevel: level,
    tls: readTls(value('tlsCert'), value('tlsKey')),
    operator: operator === undefined ? null : parseListen(operator, '--operator'),
    deliver: value('deliver') ?? null,
    app: value('app') ?? null,
  }
}

function readTls(cert: string | undefined, key: string | undefined): Config['tls'] {
  if (cert === undefined && key === undefined) return null
  ensure(cert !== undefined && key !== undefined, 'usage', '--tls-cert and --tls-key go together')
  return { cert, key }
}

/** Throws `usage`. */
export function parseListen(text: string, flag: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  ensure(match !== null && port <= 65535, 'usage', `${flag} wants HOST:PORT, not "${text}"`)
  return { host: (match[1] ?? match[2]) as string, port }
}

/** Throws `usage`. */
export function parseOrigin(text: string): string {
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
