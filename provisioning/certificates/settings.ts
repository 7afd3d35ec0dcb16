// Where the certificate of the box comes from, as the operator says it.
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { ensure } from '../../protocol/errors.ts'
import {
  type Environment,
  type Given,
  optionReader,
  parseListen,
  parseOrigin,
} from '../../server/config.ts'
import { dnsSolver } from './acme/dns-challenge.ts'
import { httpSolver } from './acme/http-challenge.ts'
import type { Solver } from './acme/order.ts'
import type { Keeping } from './keeper.ts'
import type { Names } from './x509.ts'

const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory'
/** A zone's servers mostly agree within this. Seconds. */
const DNS_WAIT = '60'
/** Providers answer within seconds; what takes longer hangs. Milliseconds. */
const HOOK_PATIENCE = 180_000
const HTTPS = 443
const HOST_NAME = /^(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/
/** What a phone shows of an authority that somebody has added. */
const LABEL = 'Holdfast'

export type CertificateSettings = Keeping & {
  /** Where the page stands that guides phones; null: nowhere. */
  trust: { host: string; port: number } | null
  /** The origin under which devices find the box. */
  address: string
}
type Read = ReturnType<typeof optionReader>

/** Null: the operator gives files, or none. `data`: the folder of the box. Throws `usage`. */
export function readCertificates(
  flags: Given,
  env: Environment,
  data: string,
): CertificateSettings | null {
  const value = optionReader(flags, env)
  const [acme, own] = [value('acme'), value('privateCa')]
  const ways = [acme, own, value('tlsCert')].filter((one) => one !== undefined)
  ensure(ways.length <= 1, 'usage', 'one of --acme, --private-ca and --tls-cert')
  const first = (acme ?? own ?? '').split(',')[0] ?? ''
  const origin = value('origin')
  const guessed = addressOf(first.trim(), value('listen'))
  const address = origin === undefined ? guessed : parseOrigin(origin)
  const folder = value('tlsDir') ?? join(data, 'tls')
  if (acme !== undefined) {
    const names = readNames(acme)
    ensure(!names.some((name) => isIP(name) !== 0), 'usage', '--acme wants names, not addresses')
    return { folder, names, source: acmeSource(value), trust: null, address }
  }
  if (own === undefined) return null
  const listen = value('trustListen')
  const trust = listen === undefined ? null : parseListen(listen, '--trust-listen')
  return {
    folder,
    names: readNames(own),
    source: { type: 'private', label: LABEL },
    trust,
    address,
  }
}

function addressOf(name: string, listen: string | undefined): string {
  const { port } = parseListen(listen ?? `0.0.0.0:${HTTPS}`, '--listen')
  const host = name.includes(':') ? `[${name}]` : name
  return port === HTTPS ? `https://${host}` : `https://${host}:${port}`
}

function readNames(text: string): Names {
  const names = text.split(',').map((name) => name.trim().toLowerCase())
  const wrong = names.find((name) => isIP(name) === 0 && !HOST_NAME.test(name))
  ensure(wrong === undefined, 'usage', `"${wrong}" is no name of a host`)
  return names
}

function acmeSource(value: Read): Keeping['source'] {
  const directory = value('acmeDirectory') ?? LETS_ENCRYPT
  const plain = URL.canParse(directory) && new URL(directory).protocol === 'https:'
  ensure(plain, 'usage', `--acme-directory wants an address with https, not "${directory}"`)
  const ca = value('acmeCa')
  return {
    type: 'acme',
    directory,
    ca: ca === undefined ? null : readFileSync(ca, 'utf8'),
    email: value('acmeEmail') ?? null,
    solver: solver(value),
  }
}

function solver(value: Read): Solver {
  const hook = value('acmeDns')
  if (hook === undefined) {
    const { host, port } = parseListen(value('acmeHttp') ?? '0.0.0.0:80', '--acme-http')
    return httpSolver(host, port)
  }
  const seconds = Number(value('acmeDnsWait') ?? DNS_WAIT)
  ensure(seconds >= 0 && seconds <= 3600, 'usage', '--acme-dns-wait is 0 to 3600 seconds')
  return dnsSolver({ hook, wait: seconds * 1000, patience: HOOK_PATIENCE })
}
